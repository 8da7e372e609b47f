/**
 * What of MSR decides which interpreter runs, and how.
 *
 * @module
 */
import type { Registers } from "../registers.ts";
import { MSR } from "../state.ts";

/** Bits of {@linkcode modeOf}: MSR's own, but for SF, which has RI's place. */
export const MODE = {
  littleEndian: Number(MSR.LE),
  sixtyFour: 2,
  /** Either asks for a trace interrupt after an instruction. */
  singleStep: Number(MSR.SE | MSR.BE),
} as const;

/** A thread's mode as bits of {@linkcode MODE}. */
export function modeOf(registers: Registers): number {
  const low = registers.low("MSR") & (MODE.littleEndian | MODE.singleStep);
  return low | (registers.high("MSR") >>> 31 ? MODE.sixtyFour : 0);
}
