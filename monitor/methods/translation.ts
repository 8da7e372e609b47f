import * as z from "zod";
import { hex32, hex64 } from "../hex.ts";
import { method } from "../table.ts";
import { byteOrder, space, vcpuParam } from "./_parts.ts";

/** Walks the tables without touching them. */
export const translate = method({
  name: "translate",
  summary: "Translate an effective address as a vCPU would now",
  params: z.strictObject({
    address: hex64,
    access: z.enum(["read", "write", "execute"]).default("read"),
    vcpu: vcpuParam,
  }),
  result: z.discriminatedUnion("mapped", [
    z.strictObject({
      mapped: z.literal(true),
      physical: hex64,
      mode: z.enum(["real", "hash", "radix"]),
      pageSize: z.int().describe("Bytes; 0 in real mode"),
      readable: z.boolean(),
      writable: z.boolean(),
      executable: z.boolean(),
    }),
    z.strictObject({
      mapped: z.literal(false),
      mode: z.enum(["real", "hash", "radix"]),
      interrupt: z.string().describe(
        "The interrupt that the access would take, by the book's name",
      ),
      reason: z.string(),
    }),
  ]),
  when: "any",
  example: {
    params: { address: "0xc000000000000100", access: "execute" },
    result: {
      mapped: true,
      physical: "0x100",
      mode: "radix",
      pageSize: 2097152,
      readable: true,
      writable: false,
      executable: true,
    },
  },
});

/** Shows instructions as text. */
export const disassemble = method({
  name: "disassemble",
  summary: "Instructions as text",
  params: z.strictObject({
    address: hex64.optional().describe(
      "A multiple of 4; the vCPU's next instruction if absent",
    ),
    count: z.int().min(1).max(256).default(8).describe("Instructions"),
    space: space.default("effective"),
    byteOrder: byteOrder.optional().describe("The vCPU's MSR[LE] if absent"),
    vcpu: vcpuParam,
  }),
  result: z.strictObject({
    byteOrder,
    instructions: z.array(z.strictObject({
      address: hex64,
      word: hex32,
      text: z.string().describe("The book's syntax, or .long"),
    })).describe("Fewer than asked for where storage ends"),
  }),
  when: "any",
  example: {
    params: { address: "0x100", count: 1, space: "physical" },
    result: {
      byteOrder: "big",
      instructions: [{ address: "0x100", word: "0x48000008", text: "b 0x108" }],
    },
  },
});
