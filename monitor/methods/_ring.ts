// The schema of a ring, which is a long one.
import * as z from "zod";
import { base64Bytes, hex64 } from "../hex.ts";
import { byteOrder, count } from "./_parts.ts";

const descriptor = {
  index: count.describe("Place in its table"),
  address: hex64,
  length: count,
  flags: z.array(z.string()).describe("By the book's names"),
  unknownFlags: count.describe("Flags that have no name, as bits"),
  next: count.nullable().describe("Split rings: where the chain goes on"),
  id: count.nullable().describe("Packed rings: the buffer's id"),
};

const chain = z.strictObject({
  id: count.describe("Head's index, or the buffer's id"),
  place: count.describe("In the available ring, or the descriptor ring"),
  progress: z.enum(["waiting", "taken", "done"]).describe(
    "waiting: not seen by the device; taken: it has it; done: given back",
  ),
  descriptors: z.array(z.strictObject({
    ...descriptor,
    indirect: z.boolean().describe("Whether it lies in an indirect table"),
  })),
  readable: count.describe("Bytes that the device may read"),
  writable: count.describe("Bytes that the device may write"),
  problem: z.string().nullable().describe("Why the device would refuse it"),
});

const place = z.strictObject({ place: count, wrap: z.boolean() });

const suppression = z.strictObject({
  mode: z.enum(["enable", "disable", "at-place", "reserved"]),
  place: count,
  wrap: z.boolean(),
});

const common = {
  order: byteOrder.describe("In which it was read"),
  size: count,
  descriptors: z.array(z.strictObject(descriptor)),
  chains: z.array(chain).describe("Oldest first, through indirect tables"),
  truncated: z.boolean().describe("Whether there are more chains than these"),
  problems: z.array(z.string()).describe("What the device would refuse"),
  raw: z.array(z.strictObject({
    name: z.enum(["descriptors", "driver", "device"]),
    address: hex64,
    data: base64Bytes,
  })).describe("The ring's parts as they lie in memory"),
  memory: z.exactOptional(z.array(z.strictObject({
    address: hex64,
    length: count,
    write: z.boolean().describe("Whether the device writes there"),
    data: base64Bytes.nullable().describe("First bytes; null: not there"),
  }))).describe("Buffers of the chain asked for"),
};

/** A ring. */
export const ringResult = z.discriminatedUnion("form", [
  z.strictObject({
    form: z.literal("split"),
    ...common,
    available: z.strictObject({
      flags: z.array(z.string()),
      index: count.describe("In guest memory"),
      deviceIndex: count.describe("The next that the device takes"),
      waiting: count.describe("Chains that the device has not seen"),
      entries: z.array(count).describe("Heads, by place"),
      usedEvent: count.nullable().describe(
        "The driver wants an interrupt when this index is used",
      ),
    }),
    used: z.strictObject({
      flags: z.array(z.string()),
      index: count.describe("In guest memory"),
      deviceIndex: count.describe("The next that the device gives"),
      entries: z.array(z.strictObject({ id: count, length: count })),
      availableEvent: count.nullable().describe(
        "The device wants a kick when this index is available",
      ),
    }),
  }),
  z.strictObject({
    form: z.literal("packed"),
    ...common,
    next: place.describe("Where the device takes from next"),
    used: place.describe("Where the device gives next"),
    driverEvent: suppression,
    deviceEvent: suppression,
  }),
]);
