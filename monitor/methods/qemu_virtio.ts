// What QEMU's monitor calls these methods, with QEMU's fields. Numbers are
// JSON's, as they are there: addresses beyond 2^53 do not come up.
import * as z from "zod";
import { method } from "../table.ts";
import { count } from "./_parts.ts";

const path = z.string().max(128).describe(
  "Path, as x-query-virtio gives it, or the device's name",
);
const queue = z.int().min(0).max(65535);

const features = z.strictObject({
  transports: z.array(z.string()),
  "dev-features": z.exactOptional(z.array(z.string())),
  "unknown-dev-features": z.exactOptional(z.number()),
});

const EXAMPLE_FEATURES = {
  transports: ["VIRTIO_RING_F_EVENT_IDX: Notifications wanted by index"],
  "dev-features": [],
};

/** QEMU's list of virtio devices. */
export const xQueryVirtio = method({
  name: "x-query-virtio",
  summary: "QEMU's: paths and names of virtio devices",
  params: z.strictObject({}),
  result: z.array(z.strictObject({ path, name: z.string() })),
  when: "any",
  example: {
    params: {},
    result: [{
      path: "/machine/peripheral/rng0/virtio-backend",
      name: "virtio-rng",
    }],
  },
});

/** QEMU's status of a virtio device. */
export const xQueryVirtioStatus = method({
  name: "x-query-virtio-status",
  summary: "QEMU's: a virtio device's status",
  params: z.strictObject({ path }),
  result: z.strictObject({
    name: z.string(),
    "device-id": z.int(),
    "vhost-started": z.boolean(),
    "device-endian": z.enum(["little", "big", "unknown"]),
    "guest-features": features,
    "host-features": features,
    "backend-features": features,
    "num-vqs": count,
    status: z.strictObject({
      statuses: z.array(z.string()),
      "unknown-statuses": z.exactOptional(z.int()),
    }),
    isr: z.int(),
    "queue-sel": z.int(),
    "vm-running": z.boolean(),
    broken: z.boolean(),
    disabled: z.boolean(),
    "use-started": z.boolean(),
    started: z.boolean(),
    "start-on-kick": z.boolean(),
    "disable-legacy-check": z.boolean(),
    "bus-name": z.string(),
    "use-guest-notifier-mask": z.boolean(),
  }),
  when: "any",
  example: {
    params: { path: "rng0" },
    result: {
      name: "virtio-rng",
      "device-id": 4,
      "vhost-started": false,
      "device-endian": "big",
      "guest-features": EXAMPLE_FEATURES,
      "host-features": EXAMPLE_FEATURES,
      "backend-features": { transports: [], "dev-features": [] },
      "num-vqs": 1,
      status: {
        statuses: [
          "VIRTIO_CONFIG_S_ACKNOWLEDGE: The guest has seen the device",
        ],
      },
      isr: 0,
      "queue-sel": 0,
      "vm-running": true,
      broken: false,
      disabled: false,
      "use-started": true,
      started: true,
      "start-on-kick": false,
      "disable-legacy-check": false,
      "bus-name": "",
      "use-guest-notifier-mask": false,
    },
  },
});

/** QEMU's status of a queue. */
export const xQueryVirtioQueueStatus = method({
  name: "x-query-virtio-queue-status",
  summary: "QEMU's: a virtio queue's status",
  params: z.strictObject({ path, queue }),
  result: z.strictObject({
    name: z.string(),
    "queue-index": queue,
    inuse: count,
    "vring-num": count,
    "vring-num-default": count,
    "vring-align": count,
    "vring-desc": z.number(),
    "vring-avail": z.number(),
    "vring-used": z.number(),
    "last-avail-idx": z.exactOptional(count),
    "shadow-avail-idx": z.exactOptional(count),
    "used-idx": count,
    "signalled-used": count,
    "signalled-used-valid": z.boolean(),
  }),
  when: "any",
  example: {
    params: { path: "rng0", queue: 0 },
    result: {
      name: "virtio-rng",
      "queue-index": 0,
      inuse: 0,
      "vring-num": 8,
      "vring-num-default": 8,
      "vring-align": 4096,
      "vring-desc": 44109824,
      "vring-avail": 44109952,
      "vring-used": 44113920,
      "last-avail-idx": 3,
      "shadow-avail-idx": 3,
      "used-idx": 3,
      "signalled-used": 3,
      "signalled-used-valid": true,
    },
  },
});

/** QEMU's view of a chain. */
export const xQueryVirtioQueueElement = method({
  name: "x-query-virtio-queue-element",
  summary: "QEMU's: a chain of a queue, its end first",
  params: z.strictObject({
    path,
    queue,
    index: z.int().min(0).max(65535).optional().describe(
      "In the available ring; what the device takes next if absent",
    ),
  }),
  result: z.strictObject({
    name: z.string(),
    index: count.describe("Index of the chain's first descriptor"),
    descs: z.array(z.strictObject({
      addr: z.number(),
      len: count,
      flags: z.array(z.string()),
    })),
    avail: z.strictObject({ flags: count, idx: count, ring: count }),
    used: z.strictObject({ flags: count, idx: count }),
  }),
  when: "any",
  example: {
    params: { path: "rng0", queue: 0 },
    result: {
      name: "virtio-rng",
      index: 0,
      descs: [{ addr: 44244992, len: 64, flags: ["write"] }],
      avail: { flags: 0, idx: 1, ring: 0 },
      used: { flags: 0, idx: 0 },
    },
  },
});
