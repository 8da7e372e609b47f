import * as z from "zod";
import { hexBytes } from "../hex.ts";
import { method } from "../table.ts";

/** A property as bytes, and as what the bytes look like. */
export interface DeviceTreeProperty {
  /** The value. */
  hex: string;
  /** The value as strings, if it can be read so. */
  strings?: string[] | undefined;
  /** The value as big-endian 32-bit cells, if its length allows. */
  cells?: number[] | undefined;
}

/** A node with all below it. */
export interface DeviceTreeNode {
  /** Name with unit address; empty for the root. */
  name: string;
  /** Properties in their order. */
  properties: Record<string, DeviceTreeProperty>;
  /** Nodes in their order. */
  children: DeviceTreeNode[];
}

const property = z.strictObject({
  hex: hexBytes,
  strings: z.array(z.string()).optional().describe("If it can be read so"),
  cells: z.array(z.int().min(0).max(0xffff_ffff)).optional().describe(
    "Big-endian 32-bit cells, if the length allows",
  ),
});

const node: z.ZodType<DeviceTreeNode> = z.lazy(() =>
  z.strictObject({
    name: z.string().describe("With unit address; empty for the root"),
    properties: z.record(z.string(), property),
    children: z.array(node),
  })
).meta({ id: "DeviceTreeNode" });

/** The tree as the guest was given it, and as it changed since. */
export const queryDeviceTree = method({
  name: "query-device-tree",
  summary: "The device tree, or a part of it",
  params: z.strictObject({
    path: z.string().max(1024).startsWith("/").default("/"),
    depth: z.int().min(0).max(32).default(32).describe(
      "Levels of children below the node",
    ),
  }),
  result: node,
  when: "any",
  example: {
    params: { path: "/chosen" },
    result: {
      name: "chosen",
      properties: {
        bootargs: {
          hex: "636f6e736f6c653d6876633000",
          strings: ["console=hvc0"],
        },
      },
      children: [],
    },
  },
});
