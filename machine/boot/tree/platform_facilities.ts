import {
  createNode,
  type DeviceTreeNode,
  strings,
} from "../../device_tree/node.ts";
import type { TreeOptions } from "../tree_options.ts";

/**
 * Builds `/ibm,platform-facilities`, which announces H_RANDOM (LoPAR 2.9,
 * "Platform Facilities Enable" of option vector 5).
 *
 * @param options The partition.
 * @returns The node, or `undefined` if H_RANDOM does not answer.
 */
export function platformFacilitiesNode(
  { hardwareRandom = false }: TreeOptions,
): DeviceTreeNode | undefined {
  if (!hardwareRandom) return undefined;
  return createNode("ibm,platform-facilities", {
    properties: { device_type: strings("ibm,platform-facilities") },
    children: [
      createNode("ibm,random-v1", {
        properties: { compatible: strings("ibm,random") },
      }),
    ],
  });
}
