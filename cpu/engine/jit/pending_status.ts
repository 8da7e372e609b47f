/**
 * What a region has not entered into FPSCR yet: the last floating-point
 * operation with its operands, and behind it the last that gives FR and FI
 * alone, and the last comparison. Those two do not touch the same bits.
 *
 * Within a block the compiler knows what it is, and nothing is written; at its
 * end it goes into the vCPU's block (FP_DEFERRED), where `enter` finds it. To
 * enter it more than once does no harm, so that it may also be known where the
 * operation was carried out, and entered, by another engine.
 *
 * @module
 */
import type { Subroutine } from "../../isa/subroutine.ts";
import { deferredNumber, PATIENT } from "../../isa/softfloat/mod.ts";
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";

/** First operand and byte of FP_DEFERRED_NUMBERS, by what is deferred. */
const PLACES = {
  result: { operand: 0, byte: 0 },
  rounding: { operand: 3, byte: 1 },
  comparison: { operand: 4, byte: 2 },
} as const;

/** What is deferred. */
export type DeferredKind = keyof typeof PLACES;

/** An operation whose operands are in locals. */
interface Deferred {
  readonly number: number;
  readonly operands: readonly Local[];
}

/** What one region knows of it. */
export class PendingStatus {
  readonly #code: Code;
  readonly #enter: number;
  /** Deferred in this block; what is not here is in the vCPU's block. */
  #known: Partial<Record<DeferredKind, Deferred>> = {};
  /** Locals for operands of a kind, two sets by turns. */
  readonly #sets = new Map<DeferredKind, Local[][]>();
  #patient: Local | undefined;

  /** `enter` is the function (state) that enters what waits. */
  constructor(code: Code, enter: number) {
    this.#code = code;
    this.#enter = enter;
  }

  /** Pushes whether an operation's effect on FPSCR may wait (i32). */
  pushPatient(): void {
    this.#code.get(this.#patient ??= this.#code.local("i32"));
  }

  /** A block begins: nothing is known. */
  startBlock(): void {
    this.#known = {};
  }

  /**
   * Keeps operands, which the closures push (f64). The function that it gives
   * is to be called where the operation is done: from there on it waits.
   */
  prepare(
    kind: DeferredKind,
    enter: Subroutine | undefined,
    push: readonly (() => void)[],
  ): () => void {
    const c = this.#code;
    const sets = this.#sets.get(kind) ?? [[], []];
    // The last one's are wanted until this one is done.
    sets.reverse();
    this.#sets.set(kind, sets);
    const [locals = []] = sets;
    const operands = push.map((push, i) => {
      push();
      const local = locals[i] ??= c.local("f64");
      c.set(local);
      return local;
    });
    const number = enter ? deferredNumber(enter) : 1;
    return () => {
      if (kind === "result") this.#known = {};
      this.#known[kind] = { number, operands };
    };
  }

  /** FPSCR is in the vCPU's block as it should be. */
  load(state: Local): void {
    const c = this.#code;
    this.#known = {};
    c.get(state);
    c.memory("i64.load", STATE.FPSCR.offset);
    c.i64(PATIENT.mask);
    c.op("i64.and");
    c.i64(PATIENT.value);
    c.op("i64.eq");
    c.set(this.#patient ??= c.local("i32"));
  }

  /** Writes what is known into the vCPU's block. */
  flush(state: Local): void {
    const c = this.#code;
    const { result } = this.#known;
    let numbers = 0;
    for (const [kind, { number, operands }] of this.#entries()) {
      const { operand, byte } = PLACES[kind];
      operands.forEach((local, i) => {
        c.get(state);
        c.get(local);
        c.memory("f64.store", STATE.FP_DEFERRED.offset + 8 * (operand + i));
      });
      numbers |= number << (8 * byte);
      if (result) continue;
      c.get(state);
      c.i32(number);
      c.memory("i32.store8", STATE.FP_DEFERRED_NUMBERS.offset + byte);
    }
    if (!result) return;
    // Nothing else waits any more.
    c.get(state);
    c.i32(numbers);
    c.memory("i32.store", STATE.FP_DEFERRED_NUMBERS.offset);
  }

  #entries() {
    return Object.entries(this.#known) as [DeferredKind, Deferred][];
  }

  /** Enters what waits into FPSCR. */
  store(state: Local): void {
    this.flush(state);
    this.#code.get(state);
    this.#code.call(this.#enter);
    this.#code.drop();
  }
}
