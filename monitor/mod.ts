/**
 * The JSON-RPC 2.0 monitor: server, client, prompt, and the table of methods
 * that all three derive from.
 *
 * @module
 */
export * from "./backend.ts";
export * from "./call.ts";
export * from "./client.ts";
export * from "./errors.ts";
export * from "./event_stream.ts";
export * from "./handlers.ts";
export * from "./prompt.ts";
export * from "./server.ts";
