/**
 * The JSON-RPC 2.0 monitor: server, client, prompt, and the table of methods
 * that all three derive from.
 *
 * @module
 */
export * from "./backend.ts";
export * from "./call.ts";
export * from "./client.ts";
export type { ClientTls } from "./dial.ts";
export * from "./errors.ts";
export * from "./event_stream.ts";
export {
  EVENT_NAMES,
  type EventData,
  type EventName,
  EVENTS,
} from "./events.ts";
export * from "./handlers.ts";
export * from "./limits.ts";
export {
  type CheckedParams,
  type MachineMethodName,
  type MethodName,
  type MethodParams,
  type MethodResult,
  type MethodRow,
  type MethodRowOf,
  METHODS,
} from "./methods/mod.ts";
export * from "./prompt.ts";
export * from "./server.ts";
export type { Subscription } from "./subscription.ts";
export { RUN_STATES, type RunState } from "./table.ts";
export type { Connection } from "./transports/connection.ts";
export type { ListenOptions } from "./transports/mod.ts";
export type { ServerCertificate } from "./transports/tcp.ts";
export * from "./version.ts";
export type { VirtioPlace } from "./virtio_filter.ts";
