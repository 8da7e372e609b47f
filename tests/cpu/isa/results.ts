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

/** Operand field of an instruction word, `first` as the book counts bits. */
function operand({ word }: ResultCase, first: number): number {
  return (word >>> (27 - first)) & 31;
}

/** Whether a division has no quotient that RT could hold (Book I 3.3.9). */
function cannotDivide(name: string, before: ResultCase): boolean {
  const parts = /^(div|mod)([swdu]+)(e?)(u?)$/.exec(name) ?? [];
  const bits = parts[2]?.includes("w") ? 32 : 64;
  const signed = !/u/.test(`${parts[2]}${parts[4]}`);
  const extend = signed ? BigInt.asIntN : BigInt.asUintN;
  const a = extend(bits, before.gpr[operand(before, 11)] ?? 0n);
  const b = extend(bits, before.gpr[operand(before, 16)] ?? 0n);
  if (b === 0n) return true;
  const quotient = (parts[3] ? a << BigInt(bits) : a) / b;
  return quotient !== extend(bits, quotient);
}

/** The defined bits of RT and CR after a case: QEMU's others are not POWER9's. */
function definedBits(before: ResultCase): { rt: bigint; cr: number } {
  const name = /^\w+/.exec(before.syntax)?.[0] ?? "";
  const withoutCr0 = 0x1fff_ffff;
  if (/^(div|mod)/.test(name) && cannotDivide(name, before)) {
    return { rt: 0n, cr: withoutCr0 };
  }
  if (/^(divw|mulhw)/.test(name)) {
    const cr = before.sixtyFour ? withoutCr0 : 0xffff_ffff;
    return { rt: 0xffff_ffffn, cr };
  }
  return { rt: -1n, cr: 0xffff_ffff };
}

/** The registers that a case has changed: "r3=5 xer=20000000 target". */
export function describeOutcome(before: ResultCase, after: Outcome): string {
  const words: string[] = [];
  function note(name: string, old: bigint | number, now: bigint | number) {
    if (old !== now) words.push(`${name}=${now.toString(16)}`);
  }
  const defined = definedBits(before);
  const rt = operand(before, 6);
  after.gpr.forEach((now, i) => {
    const mask = i === rt ? defined.rt : -1n;
    note(`r${i}`, (before.gpr[i] ?? 0n) & mask, now & mask);
  });
  note(
    "cr",
    (before.cr & defined.cr) >>> 0,
    (after.cr & defined.cr) >>> 0,
  );
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
