/**
 * Which instructions MSR[SE] and MSR[BE] trace, and what the trace interrupt
 * says of them (Book III 7.5.15).
 *
 * @module
 */
import { rowAccesses } from "./engine/row_accesses.ts";
import type { Instruction } from "./isa/row.ts";
import { MSR } from "./state.ts";

/** SRR1 bits 35 and 36: a load or a store was traced. */
const SRR1 = { load: 1n << 28n, store: 1n << 27n };

/** Instructions after which MSR[BE] traces. */
const BRANCHES: ReadonlySet<string> = new Set([
  "b",
  "bc",
  "bclr",
  "bcctr",
  "bctar",
]);

/** Instructions that are not traced, as they set MSR or leave. */
const NOT_TRACED: ReadonlySet<string> = new Set([
  "rfid",
  "hrfid",
  "rfscv",
  "sc",
  "scv",
  "stop",
]);

/**
 * SRR1 bits of the trace interrupt that follows an instruction carried out
 * under `msr`, or undefined where none does.
 */
export function traceInterrupt(
  instruction: Instruction | undefined,
  msr: bigint,
): bigint | undefined {
  if (!instruction || NOT_TRACED.has(instruction.name)) return undefined;
  const everything = (msr & MSR.SE) !== 0n;
  if (!everything && !BRANCHES.has(instruction.name)) return undefined;
  const { loads, stores } = rowAccesses(instruction);
  return (loads ? SRR1.load : 0n) | (stores ? SRR1.store : 0n);
}
