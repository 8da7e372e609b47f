import * as z from "zod";
import { BYTE_ORDER_POLICIES } from "../../virtio/byte_order.ts";
import { hex64 } from "../hex.ts";
import { method } from "../table.ts";
import { byteOrder, count, vcpu } from "./_parts.ts";
import { ringResult } from "./_ring.ts";

const device = z.string().max(64).describe("Name of the device");
const queue = z.int().min(0).max(65535).describe("Index of the queue");

const features = z.strictObject({
  mask: hex64,
  transport: z.array(z.string()).describe("Of rings and transports"),
  device: z.array(z.string()).describe("Of the device's kind"),
  unknown: hex64.describe("Bits that have no name"),
});

const orderReport = z.strictObject({
  order: byteOrder,
  policy: z.enum(BYTE_ORDER_POLICIES).describe("--virtio-byte-order"),
  reason: z.enum(["forced", "version-1", "policy", "default"]),
  explanation: z.string().describe("The reason in words"),
  forced: byteOrder.nullable().describe("By force-byte-order; null: not"),
  unforced: byteOrder.describe("What would hold without a force"),
  vcpu: vcpu.nullable().describe("Whose state was taken; null: nobody's"),
  latchedAt: z.number().nullable().describe("Virtual seconds"),
});

const breakage = z.strictObject({
  fault: z.string().describe("What is wrong, as one word"),
  message: z.string(),
  queue: queue.nullable(),
});

const deviceResult = z.strictObject({
  device,
  type: z.enum(["net", "blk", "console", "rng", "balloon", "scsi", "p9"]),
  id: z.int().describe("Device id of the virtio book"),
  transport: z.enum(["legacy", "transitional", "modern"]).describe("Over PCI"),
  slot: z.int().min(0).max(31),
  status: z.array(z.string()).describe("Bits of the status, by name"),
  active: z.boolean().describe("Whether the driver has set it up"),
  broken: breakage.nullable(),
  offered: features,
  driver: features.describe("What the driver wrote"),
  agreed: features.describe("What holds"),
  byteOrder: orderReport,
  queues: count,
});

const queueResult = z.strictObject({
  device,
  queue,
  name: z.string(),
  maximum: count,
  size: count.describe("As the driver set it"),
  enabled: z.boolean(),
  form: z.enum(["split", "packed"]).nullable().describe("null: no ring"),
  descriptor: hex64.describe("Address of the descriptors"),
  driver: hex64.describe("Of the driver's area, the available ring"),
  deviceArea: hex64.describe("Of the device's area, the used ring"),
  vector: z.int().nullable().describe("MSI-X vector"),
  open: z.array(count).describe("Requests that the device has, by id"),
  held: count.describe("Completions that a fault or breakage holds back"),
  availableIndex: count.nullable().describe("The next that the device takes"),
  usedIndex: count.nullable().describe("The next that the device gives"),
  armed: z.boolean().describe("Whether the driver was told to kick"),
});

const EXAMPLE_FEATURES = {
  mask: "0x10000000",
  transport: ["VIRTIO_RING_F_INDIRECT_DESC"],
  device: [],
  unknown: "0x0",
};

/** All virtio devices. */
export const queryVirtio = method({
  name: "query-virtio",
  summary: "Virtio devices: status, features, byte order and why",
  params: z.strictObject({
    device: device.optional().describe("The only one wanted; all if absent"),
  }),
  result: z.array(deviceResult),
  when: "any",
  example: {
    params: {},
    result: [{
      device: "rng0",
      type: "rng",
      id: 4,
      transport: "legacy",
      slot: 0,
      status: ["ACKNOWLEDGE", "DRIVER", "DRIVER_OK"],
      active: true,
      broken: null,
      offered: EXAMPLE_FEATURES,
      driver: EXAMPLE_FEATURES,
      agreed: EXAMPLE_FEATURES,
      byteOrder: {
        order: "big",
        policy: "ile-at-reset",
        reason: "policy",
        explanation: "vCPU 0 had LPCR[ILE]=0 when it reset the device",
        forced: null,
        unforced: "big",
        vcpu: 0,
        latchedAt: 1.25,
      },
      queues: 1,
    }],
  },
});

/** One queue. */
export const queryVirtioQueue = method({
  name: "query-virtio-queue",
  summary: "A virtio device's queue: where it lies, how far it is",
  params: z.strictObject({ device, queue }),
  result: queueResult,
  when: "any",
  example: {
    params: { device: "rng0", queue: 0 },
    result: {
      device: "rng0",
      queue: 0,
      name: "requests",
      maximum: 8,
      size: 8,
      enabled: true,
      form: "split",
      descriptor: "0x2a10000",
      driver: "0x2a10080",
      deviceArea: "0x2a11000",
      vector: 1,
      open: [],
      held: 0,
      availableIndex: 3,
      usedIndex: 3,
      armed: true,
    },
  },
});

/** A whole ring. */
export const queryVirtioRing = method({
  name: "query-virtio-ring",
  summary: "A whole ring as it lies in memory, in either byte order",
  params: z.strictObject({
    device,
    queue,
    as: z.enum(["device", "big", "little"]).default("device").describe(
      "The order to read it in",
    ),
    memory: count.max(65535).optional().describe(
      "Id of a chain whose buffers are wanted too",
    ),
  }),
  result: ringResult,
  when: "any",
  example: {
    params: { device: "rng0", queue: 0, as: "device" },
    result: {
      form: "split",
      order: "big",
      size: 2,
      descriptors: [
        {
          index: 0,
          address: "0x2a20000",
          length: 64,
          flags: ["write"],
          unknownFlags: 0,
          next: null,
          id: null,
        },
      ],
      chains: [{
        id: 0,
        place: 0,
        progress: "waiting",
        descriptors: [{
          index: 0,
          address: "0x2a20000",
          length: 64,
          flags: ["write"],
          unknownFlags: 0,
          next: null,
          id: null,
          indirect: false,
        }],
        readable: 0,
        writable: 64,
        problem: null,
      }],
      truncated: false,
      problems: [],
      raw: [{ name: "descriptors", address: "0x2a10000", data: "AAAAAA==" }],
      available: {
        flags: [],
        index: 1,
        deviceIndex: 0,
        waiting: 1,
        entries: [0, 0],
        usedEvent: null,
      },
      used: {
        flags: [],
        index: 0,
        deviceIndex: 0,
        entries: [{ id: 0, length: 0 }, { id: 0, length: 0 }],
        availableEvent: null,
      },
    },
  },
});

/** Whether device and driver mean the same order. */
export const diagnoseVirtio = method({
  name: "diagnose-virtio",
  summary: "Read a device's rings in both byte orders and compare",
  params: z.strictObject({ device }),
  result: z.strictObject({
    device,
    order: byteOrder.describe("In which the device reads"),
    verdict: z.enum(["right", "swapped", "empty", "unclear"]),
    findings: z.array(z.string()),
    queues: z.array(z.strictObject({
      queue,
      name: z.string(),
      verdict: z.enum(["right", "swapped", "empty", "unclear"]),
      readings: z.array(z.strictObject({
        order: byteOrder,
        availableIndex: count.nullable(),
        waiting: count.nullable().describe("How far it is ahead of the device"),
        sound: count.describe("Descriptors in use that make sense"),
        unsound: count.describe("Descriptors in use that do not"),
      })),
      findings: z.array(z.string()),
    })),
  }),
  when: "any",
  example: {
    params: { device: "rng0" },
    result: {
      device: "rng0",
      order: "big",
      verdict: "empty",
      findings: [
        "the device reads big-endian: vCPU 0 had LPCR[ILE]=0 when it reset the device",
      ],
      queues: [],
    },
  },
});

/** The order that a device is made to have. */
export const forceByteOrder = method({
  name: "force-byte-order",
  summary: "Force a device's, or vCPU's interrupts', byte order",
  params: z.strictObject({
    target: z.union([
      z.strictObject({ device }),
      z.strictObject({ vcpu }),
      z.literal("all-vcpus"),
    ]).describe("A device, or vCPUs, whose LPCR[ILE] is set and held"),
    order: z.enum(["big", "little", "auto"]).describe("auto lifts the force"),
  }),
  result: z.union([
    z.strictObject({ device, byteOrder: orderReport }),
    z.strictObject({
      vcpus: z.array(z.strictObject({
        vcpu,
        interruptByteOrder: byteOrder,
        forced: z.boolean(),
      })),
    }),
  ]),
  when: "any",
  example: {
    params: { target: { device: "rng0" }, order: "little" },
    result: {
      device: "rng0",
      byteOrder: {
        order: "little",
        policy: "ile-at-reset",
        reason: "forced",
        explanation: "forced by the monitor",
        forced: "little",
        unforced: "big",
        vcpu: 0,
        latchedAt: 1.25,
      },
    },
  },
});

/** Faults for those who write drivers. */
export const virtioInject = method({
  name: "virtio-inject",
  summary: "Inject a fault into a queue, to try a driver",
  params: z.strictObject({
    device,
    queue,
    fault: z.discriminatedUnion("kind", [
      z.strictObject({
        kind: z.literal("delay-completions"),
        count: z.exactOptional(z.int().min(1).max(65536)),
        nanoseconds: z.exactOptional(z.int().min(0)).describe(
          "Of virtual time; if absent, until release",
        ),
      }),
      z.strictObject({ kind: z.literal("release") }),
      z.strictObject({
        kind: z.literal("swap-order"),
        at: z.exactOptional(z.enum(["used", "available"])),
      }),
      z.strictObject({
        kind: z.literal("lose-interrupt"),
        count: z.exactOptional(z.int().min(1).max(65536)),
      }),
      z.strictObject({
        kind: z.literal("corrupt-used-length"),
        length: z.exactOptional(z.int().min(0).max(0xffff_ffff)),
      }),
      z.strictObject({ kind: z.literal("break") }),
    ]),
  }),
  result: z.strictObject({}),
  when: "any",
  example: {
    params: { device: "rng0", queue: 0, fault: { kind: "break" } },
    result: {},
  },
});
