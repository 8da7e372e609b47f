import {
  cells,
  createNode,
  type DeviceTreeNode,
  EMPTY,
} from "../../device_tree/node.ts";
import type { TreeOptions } from "../tree_options.ts";

/**
 * Builds `/event-sources`: the interrupts after which the guest asks RTAS
 * check-exception what happened (LoPAR 2.9, appendix B, "/event-sources Node").
 *
 * @param options The partition.
 * @returns The node, or `undefined` if there is no such interrupt.
 */
export function eventSourcesNode(
  { eventSources = {} }: TreeOptions,
): DeviceTreeNode | undefined {
  const sources = [
    ["epow-events", eventSources.epow],
    ["hot-plug-events", eventSources.hotPlug],
  ] as const;
  const present = sources.filter((source): source is [
    typeof source[0],
    number,
  ] => source[1] !== undefined);
  if (present.length === 0) return undefined;
  return createNode("event-sources", {
    properties: {
      "interrupt-controller": EMPTY,
      "#interrupt-cells": cells(2),
      "#address-cells": cells(0),
      "interrupt-ranges": cells(
        ...present.flatMap(([, source]) => [source, 1]),
      ),
    },
    children: present.map(([name, source]) =>
      createNode(name, { properties: { interrupts: cells(source, 0) } })
    ),
  });
}
