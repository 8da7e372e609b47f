import {
  cells,
  createNode,
  type DeviceTreeNode,
  EMPTY,
  type PropertyValue,
  strings,
  u64,
} from "../../device_tree/node.ts";
import type { TreeOptions, XiveOptions } from "../tree_options.ts";

/** What `interrupt-map` and `interrupt-parent` call the interrupt controller. */
export const INTERRUPT_CONTROLLER_PHANDLE = 0x1111;

/**
 * Builds the interrupt controller's node (LoPAR 2.9, appendix B, "Interrupt
 * Controller Nodes").
 *
 * @param options The partition.
 * @returns The node: presentation layer of XICS, or virtualization engine.
 */
export function interruptControllerNode(options: TreeOptions): DeviceTreeNode {
  const common = {
    "interrupt-controller": EMPTY,
    // Two cells: source number, and 1 for a level-sensitive source.
    "#interrupt-cells": cells(2),
    "#address-cells": cells(0),
    phandle: cells(INTERRUPT_CONTROLLER_PHANDLE),
    "linux,phandle": cells(INTERRUPT_CONTROLLER_PHANDLE),
  };
  if (options.interruptController === "xive") {
    return xiveNode(options.xive!, common);
  }
  return createNode("interrupt-controller", {
    properties: {
      device_type: strings("PowerPC-External-Interrupt-Presentation"),
      compatible: strings("IBM,ppc-xicp"),
      "ibm,interrupt-server-ranges": cells(0, options.vcpus),
      ...common,
    },
  });
}

/**
 * Builds `ibm,plat-res-int-priorities` of the root: the priorities of XIVE
 * that the guest may not use.
 */
export function reservedPriorities(
  options: TreeOptions,
): PropertyValue | undefined {
  return options.interruptController === "xive"
    ? cells(...options.xive!.reservedPriorities)
    : undefined;
}

function xiveNode(
  xive: XiveOptions,
  common: Record<string, PropertyValue>,
): DeviceTreeNode {
  const { timaUserAddress, timaOsAddress, timaPageBytes } = xive;
  return createNode(`interrupt-controller@${timaUserAddress.toString(16)}`, {
    properties: {
      device_type: strings("power-ivpe"),
      compatible: strings("ibm,power-ivpe"),
      reg: cells(
        ...u64(timaUserAddress),
        ...u64(timaPageBytes),
        ...u64(timaOsAddress),
        ...u64(timaPageBytes),
      ),
      "ibm,xive-eq-sizes": cells(...xive.queueShifts),
      "ibm,xive-lisn-ranges": cells(...xive.lisnRanges.flat()),
      ...common,
    },
  });
}
