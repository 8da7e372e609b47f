import {
  cells,
  createNode,
  type DeviceTreeNode,
  EMPTY,
  strings,
} from "../../device_tree/node.ts";
import type { TreeOptions, VioUnit } from "../tree_options.ts";

/**
 * Builds `/vdevice`, the virtual I/O bus (LoPAR 2.9, appendix B, "/vdevice
 * Node").
 *
 * @param options The partition.
 * @returns The node with terminal, NVRAM and further devices.
 */
export function vdeviceNode(options: TreeOptions): DeviceTreeNode {
  const { console, nvram, vioNodes = [] } = options;
  return createNode("vdevice", {
    properties: {
      device_type: strings("vdevice"),
      compatible: strings("IBM,vdevice"),
      "#address-cells": cells(1),
      "#size-cells": cells(0),
      "interrupt-controller": EMPTY,
      "#interrupt-cells": cells(2),
    },
    children: [
      createNode(vtyName(console), {
        properties: {
          device_type: strings("serial"),
          compatible: strings("hvterm1"),
          ...location(console),
        },
      }),
      nvram && createNode(`nvram@${nvram.unit.toString(16)}`, {
        properties: {
          device_type: strings("nvram"),
          compatible: strings("qemu,spapr-nvram"),
          "#bytes": cells(nvram.bytes),
          ...location(nvram),
        },
      }),
      ...vioNodes,
    ],
  });
}

/** Name of the terminal's node. */
export function vtyName(console: VioUnit): string {
  return `vty@${console.unit.toString(16)}`;
}

function location({ unit, interrupt }: VioUnit) {
  return {
    reg: cells(unit),
    // Sources of this bus are edges: 0 in the second cell.
    interrupts: interrupt === undefined ? undefined : cells(interrupt, 0),
  };
}
