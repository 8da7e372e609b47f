import * as z from "zod";
import { hex64 } from "../hex.ts";
import { method } from "../table.ts";
import { nothing, vcpu } from "./_parts.ts";

/** Virtual time. */
export const queryClock = method({
  name: "query-clock",
  summary: "Virtual time: timebase, decrementers, real-time clock",
  params: nothing,
  result: z.strictObject({
    policy: z.enum(["host", "instructions"]).describe("--clock"),
    instructions: hex64.describe("Instructions executed"),
    seconds: z.number().describe("Virtual seconds since the machine was made"),
    timebase: hex64,
    timebaseFrequency: z.int().describe("Hz"),
    realTime: z.iso.datetime().describe("What get-time-of-day would say"),
    vcpus: z.array(z.strictObject({
      vcpu,
      decrementer: hex64,
      idle: z.boolean().describe("Whether it waits for an interrupt"),
    })),
  }),
  when: "any",
  example: {
    params: {},
    result: {
      policy: "host",
      instructions: "0x1e240",
      seconds: 0.25,
      timebase: "0x7a12000",
      timebaseFrequency: 512_000_000,
      realTime: "2030-01-01T00:00:00Z",
      vcpus: [{ vcpu: 0, decrementer: "0x7fffffff", idle: false }],
    },
  },
});
