import * as z from "zod";
import { EVENT_NAMES } from "../events.ts";
import { serverMethod } from "../table.ts";
import { nothing } from "./_parts.ts";

const eventName = z.enum(EVENT_NAMES);
const hcallNames = z.array(z.string().max(64)).max(256);

const virtioPlaces = z.array(z.strictObject({
  device: z.string().max(64).describe("Name of the device"),
  queue: z.exactOptional(z.int().min(0).max(65535)).describe(
    "Index of the queue; all if absent",
  ),
})).max(256);

const subscription = z.strictObject({
  events: z.array(eventName).describe("All that this client now gets"),
  hcalls: z.union([z.literal("all"), hcallNames]).describe(
    "The hypercalls whose HCALL events it gets",
  ),
  virtio: z.union([z.literal("all"), virtioPlaces]).describe(
    "The devices and queues whose VIRTIO_ events it gets",
  ),
});

/** Shows the token. */
export const authenticate = serverMethod({
  name: "authenticate",
  summary: "Show the token; the first message where one is needed",
  params: z.strictObject({ token: z.string().max(1024) }),
  result: nothing,
  when: "any",
  example: { params: { token: "secret" }, result: {} },
});

/** Starts events. */
export const subscribe = serverMethod({
  name: "subscribe",
  summary: "Get events from now on, beside those subscribed to before",
  params: z.strictObject({
    events: z.array(eventName).max(64).optional().describe(
      "All but HCALL, VIRTIO_NOTIFY and VIRTIO_USED if absent",
    ),
    hcalls: hcallNames.optional().describe(
      "With HCALL: only of these hypercalls",
    ),
    virtio: virtioPlaces.optional().describe(
      "With VIRTIO_ events, all of them if none is named: only of these",
    ),
  }),
  result: subscription,
  when: "any",
  example: {
    params: { events: ["STOP", "HCALL"], hcalls: ["H_SET_MODE"] },
    result: {
      events: ["STOP", "HCALL"],
      hcalls: ["H_SET_MODE"],
      virtio: [],
    },
  },
});

/** Ends events. */
export const unsubscribe = serverMethod({
  name: "unsubscribe",
  summary: "Get events no longer",
  params: z.strictObject({
    events: z.array(eventName).max(64).optional().describe("All if absent"),
  }),
  result: subscription,
  when: "any",
  example: {
    params: { events: ["HCALL"] },
    result: { events: ["STOP"], hcalls: [], virtio: [] },
  },
});

/** Describes all methods. */
export const rpcDiscover = serverMethod({
  name: "rpc.discover",
  summary: "This table, as an OpenRPC document",
  params: nothing,
  result: z.looseObject({
    openrpc: z.string(),
    info: z.looseObject({ title: z.string(), version: z.string() }),
    methods: z.array(z.looseObject({ name: z.string() })),
  }),
  when: "any",
  example: {
    params: {},
    result: {
      openrpc: "1.3.2",
      info: { title: "Janus monitor", version: "0.1.0" },
      methods: [],
    },
  },
});
