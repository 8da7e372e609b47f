/** What a case of result_cases.ts does, as text, and who computes it. */
import { MSR, STATE } from "../../../cpu/state.ts";
import type {
  InstructionResult,
  PlainState,
} from "../../../cpu/engine/reference_harness.ts";
import { type ResultCase, SLOT, TARGET } from "./result_cases.ts";

/** Registers after a case. */
export interface Outcome {
  readonly gpr: readonly bigint[];
  readonly cr: number;
  readonly xer: number;
  readonly ctr: bigint;
  readonly lr: bigint;
  /** "next", "target", "program" for a trap or an illegal instruction. */
  readonly went: string;
}

/** The registers that a case has changed: "r3=5 xer=20000000 target". */
export function describeOutcome(before: ResultCase, after: Outcome): string {
  const words: string[] = [];
  function note(name: string, old: bigint | number, now: bigint | number) {
    if (old !== now) words.push(`${name}=${now.toString(16)}`);
  }
  after.gpr.forEach((now, i) => note(`r${i}`, before.gpr[i] ?? 0n, now));
  note("cr", before.cr, after.cr);
  note("xer", before.xer, after.xer);
  note("ctr", before.ctr, after.ctr);
  note("lr", before.lr, after.lr);
  if (after.went !== "next") words.push(after.went);
  return words.join(" ");
}

const XER_BITS = { SO: 31, OV: 30, CA: 29, OV32: 19, CA32: 18 } as const;

/** A case as registers of a vCPU. */
export function stateOf(before: ResultCase): PlainState {
  const state: Record<string, bigint | readonly bigint[]> = {
    GPR: before.gpr,
    CR: Array.from(
      { length: STATE.CR.count },
      (_, i) => BigInt((before.cr >>> (28 - 4 * i)) & 15),
    ),
    CTR: before.ctr,
    LR: before.lr,
    TAR: before.tar,
    NIA: SLOT,
    MSR: before.sixtyFour ? MSR.SF : 0n,
  };
  for (const [name, bit] of Object.entries(XER_BITS)) {
    state[name] = BigInt((before.xer >>> bit) & 1);
  }
  return state;
}

/** What a vCPU's registers say that a case did. */
export function outcomeOf(
  { state, raised }: Pick<InstructionResult, "state" | "raised">,
): Outcome {
  const cr = (state.CR as bigint[]).reduce((all, f) => (all << 4n) | f, 0n);
  let xer = 0;
  for (const [name, bit] of Object.entries(XER_BITS)) {
    xer |= Number(state[name as keyof typeof XER_BITS]) << bit;
  }
  let went = "next";
  if (raised !== undefined) went = raised;
  else if (state.NIA === TARGET) went = "target";
  else if (state.NIA !== SLOT + 4n) went = `nia=${state.NIA}`;
  return {
    gpr: state.GPR as bigint[],
    cr: Number(cr),
    xer: xer >>> 0,
    ctr: state.CTR as bigint,
    lr: state.LR as bigint,
    went,
  };
}
