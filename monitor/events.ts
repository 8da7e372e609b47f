import * as z from "zod";
import { base64Bytes, hex64 } from "./hex.ts";
import { hcallResult, reason, vcpu } from "./methods/_parts.ts";
import { LPCR_FIELDS, type LpcrField } from "./fields.ts";

/** One row of the table of events. */
export interface EventDescription {
  /** One sentence without full stop. */
  readonly summary: string;
  /** Schema of the event's `data`. */
  readonly data: z.ZodObject;
}

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
