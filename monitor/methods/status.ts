import * as z from "zod";
import { method } from "../table.ts";
import { nothing, reason, runState } from "./_parts.ts";

/** Who answers, and in which version. */
export const queryVersion = method({
  name: "query-version",
  summary: "Name and version of the emulator",
  params: nothing,
  result: z.strictObject({
    name: z.literal("janus"),
    version: z.string().describe("Semantic version"),
    deno: z.string().describe("Version of the runtime"),
    v8: z.string().describe("Version of its WebAssembly engine"),
  }),
  when: "any",
  example: {
    params: {},
    result: { name: "janus", version: "0.1.0", deno: "2.9.6", v8: "15.0" },
  },
});

/** Whether the machine runs. */
export const queryStatus = method({
  name: "query-status",
  summary: "State of the machine",
  params: nothing,
  result: z.strictObject({
    status: runState,
    running: z.boolean().describe("Whether status is running"),
    reason: reason.optional().describe("Why it is shut down or panicked"),
    message: z.string().optional().describe("What the guest said of it"),
  }),
  when: "any",
  example: { params: {}, result: { status: "running", running: true } },
});
