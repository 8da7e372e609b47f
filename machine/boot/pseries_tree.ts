import {
  cells,
  createNode,
  type DeviceTreeNode,
  strings,
} from "../device_tree/node.ts";
import { chosenNode } from "./tree/chosen.ts";
import { cpusNode } from "./tree/cpus.ts";
import { eventSourcesNode } from "./tree/event_sources.ts";
import {
  interruptControllerNode,
  reservedPriorities,
} from "./tree/interrupt_controller.ts";
import { memoryNodes } from "./tree/memory.ts";
import { platformFacilitiesNode } from "./tree/platform_facilities.ts";
import { rtasNode } from "./tree/rtas.ts";
import { vdeviceNode } from "./tree/vdevice.ts";
import { checkTreeOptions, type TreeOptions } from "./tree_options.ts";

/**
 * Builds the device tree of a pseries partition (LoPAR 2.9, appendix B) as it
 * stands after negotiation, for a kernel that is entered without firmware.
 *
 * It announces only what the options name. There are no dynamic
 * reconfiguration connectors, so nothing can be plugged in or out.
 *
 * @param options The partition.
 * @returns The root of the tree.
 * @throws {RangeError} If the options ask for what the processor has not, or
 * a number is out of range.
 * @throws {TypeError} If an option is missing.
 */
export function buildPseriesTree(options: TreeOptions): DeviceTreeNode {
  checkTreeOptions(options);
  const { memoryBytes, pciNodes = [], uuid } = options;
  return createNode("", {
    properties: {
      device_type: strings("chrp"),
      model: strings("IBM pSeries (emulated by Janus)"),
      // The second name: numbers and private calls are the same as there.
      compatible: strings("janus,pseries", "qemu,pseries"),
      "#address-cells": cells(2),
      "#size-cells": cells(2),
      "vm,uuid": uuid === undefined ? undefined : strings(uuid),
      "ibm,plat-res-int-priorities": reservedPriorities(options),
    },
    children: [
      chosenNode(options),
      rtasNode(options),
      cpusNode(options),
      ...memoryNodes(memoryBytes),
      eventSourcesNode(options),
      vdeviceNode(options),
      platformFacilitiesNode(options),
      ...pciNodes,
      interruptControllerNode(options),
    ],
  });
}
