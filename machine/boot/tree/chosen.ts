import {
  bytes,
  cells,
  createNode,
  type DeviceTreeNode,
  strings,
} from "../../device_tree/node.ts";
import type { TreeOptions } from "../tree_options.ts";
import { optionVector5, optionVector5Support } from "./option_vector_5.ts";
import { vtyName } from "./vdevice.ts";

/**
 * Builds `/chosen`: what was decided for this boot (LoPAR 2.9, appendix B,
 * "OF Root Node"; Devicetree Specification 0.4, 3.6).
 *
 * @param options The partition.
 * @returns The node.
 */
export function chosenNode(options: TreeOptions): DeviceTreeNode {
  const { bootargs, initrd, rngSeed } = options;
  const consolePath = strings(`/vdevice/${vtyName(options.console)}`);
  return createNode("chosen", {
    properties: {
      bootargs: strings(bootargs),
      "linux,initrd-start": initrd && cells(initrd.start),
      "linux,initrd-end": initrd && cells(initrd.end),
      "stdout-path": consolePath,
      "linux,stdout-path": consolePath,
      "linux,pci-probe-only": cells(0),
      "ibm,architecture-vec-5": bytes(optionVector5(options)),
      "ibm,arch-vec-5-platform-support": bytes(optionVector5Support(options)),
      "rng-seed": rngSeed && bytes(rngSeed),
    },
  });
}
