/**
 * Runs cases on the reference engine.
 *
 * @module
 */
import { runInstruction } from "../../../cpu/engine/reference_harness.ts";
import { MSR } from "../../../cpu/state.ts";
import type { FloatCase } from "./cases.ts";
import type { Outcome } from "./qemu.ts";

/** What the rows make of a case, floating-point interrupts being on. */
export function runCase(one: FloatCase): Outcome {
  const { state, raised } = runInstruction(one.word, {
    MSR: MSR.SF | MSR.FP | MSR.VSX | MSR.FE0 | MSR.FE1,
    VSR: [0n, ...one.fpr.map((bits) => bits << 64n)],
    FPSCR: one.fpscr,
    CR: Array.from({ length: 8 }, (_, i) => BigInt(one.cr >>> 28 - 4 * i & 15)),
  }, { instruction: one.instruction });
  const vsr = state.VSR as readonly bigint[];
  const cr = state.CR as readonly bigint[];
  return {
    fpr: (vsr[1] ?? 0n) >> 64n,
    fpscr: state.FPSCR as bigint,
    cr: Number(cr.reduce((sum, field) => sum << 4n | field, 0n)),
    interrupted: raised === "program",
  };
}
