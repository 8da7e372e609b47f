import * as z from "zod";
import { method } from "../table.ts";
import { boundedBase64, MAX_MEMORY_LENGTH } from "./_parts.ts";

/** Types at the guest's console. */
export const consoleWrite = method({
  name: "console-write",
  summary: "Type at a console of the guest",
  params: z.strictObject({
    text: z.string().max(MAX_MEMORY_LENGTH).optional().describe(
      "Sent as UTF-8; a line ends with \\r or \\n as typed",
    ),
    data: boundedBase64.optional(),
    vty: z.int().min(0).max(255).default(0),
  }).refine(
    ({ text, data }) => (text === undefined) !== (data === undefined),
    "Exactly one of text and data is needed",
  ).describe("Exactly one of text and data is needed"),
  result: z.strictObject({
    accepted: z.int().min(0).describe("Bytes; the rest did not fit"),
  }),
  when: ["prelaunch", "running", "paused"],
  example: { params: { text: "uname -m\n" }, result: { accepted: 9 } },
});
