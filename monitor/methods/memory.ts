import * as z from "zod";
import { base64Bytes, hex64, hexBytes } from "../hex.ts";
import { method } from "../table.ts";
import {
  boundedBase64,
  MAX_MEMORY_LENGTH,
  space,
  vcpuParam,
} from "./_parts.ts";

const length = z.int().min(1).max(MAX_MEMORY_LENGTH);

/** Reads guest memory. */
export const memoryRead = method({
  name: "memory-read",
  summary: "Read guest memory, at most 64 KiB",
  params: z.strictObject({
    address: hex64,
    length: length.describe("Bytes"),
    space: space.default("physical"),
    vcpu: vcpuParam,
  }),
  result: z.strictObject({
    address: hex64,
    length,
    data: base64Bytes,
    hex: hexBytes.describe("The same bytes"),
  }),
  when: "any",
  example: {
    params: { address: "0x100", length: 4 },
    result: {
      address: "0x100",
      length: 4,
      data: "SAAACA==",
      hex: "48000008",
    },
  },
});

/** Writes guest memory. */
export const memoryWrite = method({
  name: "memory-write",
  summary: "Write guest memory, at most 64 KiB, all or nothing",
  params: z.strictObject({
    address: hex64,
    data: boundedBase64.optional(),
    hex: hexBytes.max(2 * MAX_MEMORY_LENGTH).optional(),
    space: space.default("physical"),
    vcpu: vcpuParam,
  }).refine(
    ({ data, hex }) => (data === undefined) !== (hex === undefined),
    "Exactly one of data and hex is needed",
  ).refine(
    ({ data, hex }) => (data ?? hex) !== "",
    "There is nothing to write",
  ).describe("Exactly one of data and hex is needed"),
  result: z.strictObject({ address: hex64, length }),
  when: "any",
  example: {
    params: { address: "0x100", hex: "60000000" },
    result: { address: "0x100", length: 4 },
  },
});
