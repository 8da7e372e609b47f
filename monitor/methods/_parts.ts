// Pieces of schemas that several methods and events share.
import * as z from "zod";
import { base64Length } from "../bytes.ts";
import { base64Bytes, hex64 } from "../hex.ts";
import { RUN_STATES } from "../table.ts";

/** Bytes that one memory access of the monitor may move. */
export const MAX_MEMORY_LENGTH = 65_536;

/** Base64 of at most so many bytes. */
export const boundedBase64 = base64Bytes.refine(
  (text) => base64Length(text) <= MAX_MEMORY_LENGTH,
  `Too many bytes, at most ${MAX_MEMORY_LENGTH} are taken`,
);

/** A vCPU as every answer names it. */
export const vcpu = z.int().min(0).max(2047).describe("Index of the vCPU");

/** A vCPU as parameter. */
export const vcpuParam = vcpu.default(0);

/** A vCPU as parameter of what otherwise answers for all. */
export const vcpuFilter = vcpu.optional().describe(
  "Index of the only vCPU wanted; all if absent",
);

/** No parameters, or nothing to say. */
export const nothing = z.strictObject({});

/** A state of the machine. */
export const runState = z.enum(RUN_STATES);

/** A short word that says why. */
export const reason = z.string().max(64);

/** A byte order. */
export const byteOrder = z.enum(["big", "little"]);

/** Which address space an address belongs to. */
export const space = z.enum(["physical", "effective"]).describe(
  "Guest physical (real), or effective as the vCPU would translate a load now",
);

/** A moment of the guest's run. */
export const instant = z.strictObject({
  instructions: hex64.describe("Instructions executed"),
  seconds: z.number().describe("Virtual seconds"),
});

/** What a hypercall returned in r3. */
export const hcallResult = z.strictObject({
  value: z.int().describe("r3, signed"),
  name: z.string().nullable().describe("PAPR's name of it, if it has one"),
});

/** How often something was called or met, never negative. */
export const count = z.int().min(0);
