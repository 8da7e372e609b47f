/**
 * What a region has not entered into FPSCR yet: the last floating-point
 * operation with its operands, and behind it the last that gives FR and FI
 * alone, and the last comparison. Those two do not touch the same bits.
 *
 * @module
 */
import type { Subroutine } from "../../isa/subroutine.ts";
import { deferredNumber, PATIENT } from "../../isa/softfloat/mod.ts";
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import type { Signature } from "../../wasm/module.ts";

/**
 * (state, number of an operation, three operands, number of one that gives FR
 * and FI alone, its operand, 1 if compared, two operands).
 */
export const ENTER_STATUS: Signature = {
  parameters: [
    ...["i32", "i32", "f64", "f64", "f64"] as const,
    ...["i32", "f64", "i32", "f64", "f64"] as const,
  ],
  results: [],
};

/**
 * Writes the function that enters it, by {@linkcode ENTER_STATUS}, out of
 * those that know what operations and comparisons do to FPSCR.
 */
export function defineEnterStatus(
  c: Code,
  { deferred, compared }: { deferred: number; compared: number },
): void {
  function enter(number: Local, operands: readonly Local[]): void {
    c.get(number);
    c.if();
    c.get(0);
    c.get(number);
    c.op("i64.extend_i32_u");
    for (const operand of operands) {
      c.get(operand);
      c.op("i64.reinterpret_f64");
    }
    c.call(deferred);
    c.drop();
    c.end();
  }
  enter(1, [2, 3, 4]);
  // The first operand, and what is of no meaning.
  enter(5, [6, 6, 6]);
  c.get(7);
  c.if();
  c.get(0);
  for (const operand of [8, 9]) {
    c.get(operand);
    c.op("i64.reinterpret_f64");
  }
  c.call(compared);
  c.drop();
  c.end();
}

/** The locals of one region for it; made when first needed. */
export class PendingStatus {
  readonly #code: Code;
  readonly #enter: number;
  #locals:
    | {
      readonly patient: Local;
      readonly number: Local;
      readonly operands: readonly Local[];
      readonly rounding: Local;
      readonly rounded: Local;
      readonly compared: Local;
      readonly sides: readonly [Local, Local];
    }
    | undefined;

  /** `enter` is the function that {@linkcode defineEnterStatus} writes. */
  constructor(code: Code, enter: number) {
    this.#code = code;
    this.#enter = enter;
  }

  get #all() {
    const c = this.#code;
    return this.#locals ??= {
      patient: c.local("i32"),
      number: c.local("i32"),
      operands: [c.local("f64"), c.local("f64"), c.local("f64")],
      rounding: c.local("i32"),
      rounded: c.local("f64"),
      compared: c.local("i32"),
      sides: [c.local("f64"), c.local("f64")],
    };
  }

  /** Pushes whether an operation's effect on FPSCR may wait (i32). */
  pushPatient(): void {
    this.#code.get(this.#all.patient);
  }

  /** Leaves an operation's effect for later; `push` pushes operands (f64). */
  defer(subroutine: Subroutine, push: readonly (() => void)[]): void {
    const c = this.#code;
    const { number, operands, rounding, compared } = this.#all;
    push.forEach((push, i) => {
      push();
      c.set(operands[i] ?? 0);
    });
    c.i32(deferredNumber(subroutine));
    c.set(number);
    c.i32(0);
    c.set(rounding);
    c.i32(0);
    c.set(compared);
  }

  /** The same of one that gives FR and FI alone, of one operand. */
  deferRounding(subroutine: Subroutine, push: readonly (() => void)[]): void {
    const c = this.#code;
    const { rounding, rounded } = this.#all;
    push[0]?.();
    c.set(rounded);
    c.i32(deferredNumber(subroutine));
    c.set(rounding);
  }

  /** The same of a comparison. */
  deferComparison(push: readonly [() => void, () => void]): void {
    const c = this.#code;
    const { compared, sides } = this.#all;
    sides.forEach((side, i) => {
      push[i]?.();
      c.set(side);
    });
    c.i32(1);
    c.set(compared);
  }

  /** Nothing waits: FPSCR is in the vCPU's block as it should be. */
  load(state: Local): void {
    const c = this.#code;
    const { patient, number, rounding, compared } = this.#all;
    c.i32(0);
    c.set(number);
    c.i32(0);
    c.set(rounding);
    c.i32(0);
    c.set(compared);
    c.get(state);
    c.memory("i64.load", STATE.FPSCR.offset);
    c.i64(PATIENT.mask);
    c.op("i64.and");
    c.i64(PATIENT.value);
    c.op("i64.eq");
    c.set(patient);
  }

  /** Enters what waits into FPSCR; once more does no harm. */
  store(state: Local): void {
    const c = this.#code;
    const { number, operands, rounding, rounded, compared, sides } = this.#all;
    c.get(state);
    for (const local of [number, ...operands]) c.get(local);
    for (const local of [rounding, rounded, compared, ...sides]) c.get(local);
    c.call(this.#enter);
  }
}
