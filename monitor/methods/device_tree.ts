import * as z from "zod";
import type {
  DeviceTreeJson,
  PropertyJson,
} from "../../machine/device_tree/json.ts";
import { hex32, hexBytes } from "../hex.ts";
import { method } from "../table.ts";

const property: z.ZodType<PropertyJson> = z.union([
  z.literal(true),
  z.string(),
  z.array(z.string()),
  z.strictObject({ cells: z.array(hex32) }),
  z.strictObject({ bytes: hexBytes }),
]).meta({
  id: "DeviceTreeProperty",
  description:
    "True for an empty property, a string or several, big-endian 32-bit cells, or bytes",
});

const node: z.ZodType<DeviceTreeJson> = z.lazy(() =>
  z.strictObject({
    name: z.string().describe("With unit address; empty for the root"),
    path: z.string(),
    phandle: z.exactOptional(hex32).describe("How other nodes refer to it"),
    properties: z.record(z.string(), property),
    children: z.array(node),
  })
).meta({ id: "DeviceTreeNode" });

/** The tree as the guest was given it. */
export const queryDeviceTree = method({
  name: "query-device-tree",
  summary: "The device tree that the guest was given, or a part",
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
      path: "/chosen",
      properties: {
        bootargs: "console=hvc0",
        "linux,initrd-start": { cells: ["0x0", "0x4000000"] },
      },
      children: [],
    },
  },
});
