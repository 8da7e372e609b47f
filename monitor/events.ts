import * as z from "zod";
import { base64Bytes, hex64 } from "./hex.ts";
import { BYTE_ORDER_POLICIES } from "../virtio/byte_order.ts";
import {
  byteOrder,
  count,
  hcallResult,
  reason,
  vcpu,
} from "./methods/_parts.ts";
import { LPCR_FIELDS, type LpcrField } from "./fields.ts";

/** One row of the table of events. */
export interface EventDescription {
  /** One sentence without full stop. */
  readonly summary: string;
  /** Schema of the event's `data`. */
  readonly data: z.ZodObject;
}

const device = z.string().describe("Name of the device");
const queue = z.int().min(0).describe("Index of the queue");
const statusBits = z.array(z.string()).describe("Bits of the status, by name");
const actingVcpu = z.exactOptional(vcpu).describe(
  "The vCPU that did it; absent if none did",
);

/** Every event that a client can subscribe to, and DROPPED, which comes unasked. */
export const EVENTS = {
  STOP: {
    summary: "The vCPUs have stopped",
    data: z.strictObject({}),
  },
  RESUME: {
    summary: "The vCPUs run, for the first time or again",
    data: z.strictObject({}),
  },
  RESET: {
    summary: "The machine was reset",
    data: z.strictObject({
      guest: z.boolean().describe("Whether the guest asked for it"),
      reason,
    }),
  },
  SHUTDOWN: {
    summary: "The machine is off",
    data: z.strictObject({
      guest: z.boolean().describe("Whether the guest asked for it"),
      reason,
    }),
  },
  GUEST_PANICKED: {
    summary: "The guest has died",
    data: z.strictObject({
      reason: reason.describe("Such as os-term or checkstop"),
      message: z.string().describe("What the guest said, or what stopped it"),
    }),
  },
  LPCR_CHANGE: {
    summary: "A vCPU's LPCR took another value",
    data: z.strictObject({
      vcpu,
      before: hex64,
      after: hex64,
      changed: z.array(z.enum(Object.keys(LPCR_FIELDS) as LpcrField[])),
      by: z.string().describe("The hypercall or method that set it"),
    }),
  },
  HCALL: {
    summary: "A hypercall was answered",
    data: z.strictObject({
      vcpu,
      name: z.string(),
      number: hex64.describe("r3"),
      args: z.record(z.string(), hex64).describe(
        "By PAPR's names, from r4 on; r4 to r7 of a call that is not there",
      ),
      result: hcallResult,
    }),
  },
  CONSOLE: {
    summary: "The guest wrote to a console",
    data: z.strictObject({
      vty: z.int().describe("Number of the vty, 0 first"),
      data: base64Bytes,
      text: z.string().describe("The same, as far as it is UTF-8"),
    }),
  },
  VIRTIO_RESET: {
    summary: "A virtio device was reset",
    data: z.strictObject({
      device,
      by: z.enum(["guest", "outside"]).describe(
        "guest: by its driver; outside: with the machine or the bus",
      ),
      before: statusBits,
      order: byteOrder.describe("The device's byte order from now on"),
      vcpu: actingVcpu,
      interrupts: z.exactOptional(byteOrder).describe("That vCPU's LPCR[ILE]"),
      running: z.exactOptional(byteOrder).describe("That vCPU's MSR[LE]"),
    }),
  },
  VIRTIO_STATUS: {
    summary: "A virtio device's status changed",
    data: z.strictObject({
      device,
      before: statusBits,
      after: statusBits,
      through: z.enum(["legacy", "modern"]).describe("Whose registers"),
      refused: z.exactOptional(z.string()).describe(
        "Why the device did not take FEATURES_OK",
      ),
      vcpu: actingVcpu,
    }),
  },
  VIRTIO_BYTE_ORDER: {
    summary: "A virtio device has another byte order",
    data: z.strictObject({
      device,
      old: byteOrder,
      new: byteOrder,
      policy: z.enum(BYTE_ORDER_POLICIES).describe("--virtio-byte-order"),
      reason: z.enum(["forced", "version-1", "policy", "default"]),
      vcpu: actingVcpu,
    }),
  },
  VIRTIO_NOTIFY: {
    summary: "A driver kicked a queue",
    data: z.strictObject({ device, queue, vcpu: actingVcpu }),
  },
  VIRTIO_USED: {
    summary: "A device gave a request back to its driver",
    data: z.strictObject({
      device,
      queue,
      id: z.int().describe("The chain's head, or the buffer's id"),
      written: z.int().describe("Bytes that the device wrote"),
      sequence: count.describe("Requests of the queue that came before it"),
    }),
  },
  VIRTIO_BROKEN: {
    summary: "A driver broke a device, which waits for its reset",
    data: z.strictObject({
      device,
      queue: z.exactOptional(queue),
      fault: z.string().describe("What is wrong, as one word"),
      message: z.string(),
    }),
  },
  BALLOON_CHANGE: {
    summary: "A guest gave memory to its balloon, or took it back",
    data: z.strictObject({
      device,
      actual: z.int().describe("Bytes that the guest has now"),
    }),
  },
  DROPPED: {
    summary:
      "Events to this client were dropped because it reads too slowly; never subscribed to",
    data: z.strictObject({
      count: z.int().min(1).describe("Events dropped since the last of these"),
    }),
  },
} as const satisfies Record<string, EventDescription>;

/** The name of an event that can be subscribed to. */
export type EventName = Exclude<keyof typeof EVENTS, "DROPPED">;

/** The `data` of an event. */
export type EventData<Name extends keyof typeof EVENTS> =
  typeof EVENTS[Name]["data"]["_zod"]["output"];

/** The names of all events that can be subscribed to. */
export const EVENT_NAMES: readonly EventName[] = Object.keys(EVENTS).filter(
  (name): name is EventName => name !== "DROPPED",
);
