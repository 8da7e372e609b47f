import * as z from "zod";
import { hex32, hex64 } from "../hex.ts";
import { method } from "../table.ts";
import { count, hcallResult, nothing } from "./_parts.ts";

const names = z.array(z.string().max(64)).max(256).optional().describe(
  "Only these; every one that was called if absent",
);

/** Counts the hypercalls. */
export const queryHcalls = method({
  name: "query-hcalls",
  summary: "How often each hypercall was made, and its last result",
  params: z.strictObject({ names }),
  result: z.array(z.strictObject({
    name: z.string(),
    number: hex64.describe("r3"),
    count,
    last: hcallResult.nullable().describe("null if it was never made"),
  })),
  when: "any",
  example: {
    params: { names: ["H_SET_MODE"] },
    result: [{
      name: "H_SET_MODE",
      number: "0x31c",
      count: 2,
      last: { value: 0, name: "H_SUCCESS" },
    }],
  },
});

/** Counts the RTAS calls. */
export const queryRtas = method({
  name: "query-rtas",
  summary: "How often each RTAS call was made, and its last status",
  params: z.strictObject({ names }),
  result: z.array(z.strictObject({
    name: z.string(),
    token: z.int(),
    count,
    last: z.int().nullable().describe("Status; null if it was never made"),
  })),
  when: "any",
  example: {
    params: {},
    result: [{ name: "get-time-of-day", token: 3, count: 1, last: 0 }],
  },
});

/** Counts what the CPU model lacks. */
export const queryUnimplemented = method({
  name: "query-unimplemented",
  summary: "Instructions that were met but are not there, by name",
  params: nothing,
  result: z.array(z.strictObject({
    name: z.string().describe("Mnemonic, or .long where none is known"),
    count: count.describe("How often it was met since the machine was made"),
    words: z.array(z.strictObject({ word: hex32, text: z.string(), count }))
      .describe("The most frequent of its encodings, at most 16"),
  })).describe("The most frequent first, at most 256"),
  when: "any",
  example: {
    params: {},
    result: [{
      name: "hashst",
      count: 1,
      words: [{
        word: "0x7c4335a5",
        text: ".long 0x7c4335a5",
        count: 1,
      }],
    }],
  },
});
