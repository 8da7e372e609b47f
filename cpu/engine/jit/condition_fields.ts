/**
 * CR's fields in locals while a region runs.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import type { OpName } from "../../wasm/opcodes.ts";

/**
 * A CR field. As a comparison it is the two sides of what made it, and LT, GT
 * and EQ are only worked out where asked for: of integers (a signed compare,
 * with SO as it was then) or of numbers, x being a NaN where they were
 * unordered. `whole` tells which; until the first comparison it is the field
 * as it was loaded. Where something else than a comparison writes the field in
 * the region, it is four bits all the time.
 */
type CrCell =
  | {
    readonly kind: "comparison";
    readonly a: Local;
    readonly b: Local;
    readonly so: Local;
    readonly x: Local;
    readonly y: Local;
    readonly whole: Local;
  }
  | { readonly kind: "bits"; readonly bits: readonly Local[] };

type Comparison = Extract<CrCell, { kind: "comparison" }>;

/** `whole` where the field is a comparison. */
const WHOLE = { integers: -1, numbers: -2 } as const;

/**
 * What is known of a comparison at some place: what was compared last, that it
 * is as it was loaded, or nothing.
 */
export type FieldState = "integers" | "numbers" | "loaded" | "either";

/** What a region does with fields, on any of its ways. */
export interface FieldUses {
  /** Whether a field is written otherwise than by comparisons. */
  isBits(n: number): boolean;
  /** Whether a field is written by comparing numbers. */
  hasNumbers(n: number): boolean;
}

/** Comparisons that give LT, GT and EQ. */
const RELATIONS = {
  integers: ["i64.lt_s", "i64.gt_s", "i64.eq"],
  numbers: ["f64.lt", "f64.gt", "f64.eq"],
} as const satisfies Record<string, readonly OpName[]>;

/** The fields of one region, 0 to 7. */
export class ConditionFields {
  /** What is known of fields at the place that is being emitted. */
  readonly states: FieldState[] = new Array(8).fill("either");
  readonly #code: Code;
  readonly #uses: FieldUses;
  readonly #cells: CrCell[] = [];

  constructor(code: Code, uses: FieldUses) {
    this.#code = code;
    this.#uses = uses;
  }

  #cell(n: number): CrCell {
    const c = this.#code;
    return this.#cells[n] ??= this.#uses.isBits(n)
      ? { kind: "bits", bits: [0, 1, 2, 3].map(() => c.local("i32")) }
      : {
        kind: "comparison",
        a: c.local("i64"),
        b: c.local("i64"),
        so: c.local("i32"),
        x: c.local("f64"),
        y: c.local("f64"),
        whole: c.local("i32"),
      };
  }

  /** Pushes a field's four bits (i32). */
  push(n: number): void {
    const c = this.#code;
    const cell = this.#cell(n);
    if (cell.kind === "comparison") {
      return this.#choose(n, cell, {
        loaded: () => c.get(cell.whole),
        compared: (kind) =>
          this.#gather((bit) => this.#relate(cell, kind, bit)),
      });
    }
    this.#gather((bit) => c.get(cell.bits[bit] ?? 0));
  }

  #gather(pushBit: (bit: number) => void): void {
    const c = this.#code;
    for (let bit = 0; bit < 4; bit++) {
      pushBit(bit);
      if (bit < 3) {
        c.i32(3 - bit);
        c.op("i32.shl");
      }
      if (bit > 0) c.op("i32.or");
    }
  }

  /** Pushes LT, GT, EQ or SO (0 to 3) of a field as 0 or 1 (i32). */
  pushBit(n: number, bit: number): void {
    const cell = this.#cell(n);
    if (cell.kind === "bits") return this.#code.get(cell.bits[bit] ?? 0);
    this.#choose(n, cell, {
      loaded: () => this.#shifted(cell.whole, bit),
      compared: (kind) => this.#relate(cell, kind, bit),
    });
  }

  #shifted(value: Local, bit: number): void {
    const c = this.#code;
    c.get(value);
    c.i32(3 - bit);
    c.op("i32.shr_u");
    c.i32(1);
    c.op("i32.and");
  }

  #relate(
    cell: Comparison,
    kind: "integers" | "numbers",
    bit: number,
  ): void {
    const c = this.#code;
    const [left, right] = kind === "integers"
      ? [cell.a, cell.b]
      : [cell.x, cell.y];
    const relation = RELATIONS[kind][bit];
    if (relation) {
      c.get(left);
      c.get(right);
      c.op(relation);
    } else if (kind === "integers") c.get(cell.so);
    else {
      c.get(cell.x);
      c.get(cell.x);
      c.op("f64.ne");
    }
  }

  /** By what is known of the field; all ways, where it is nothing. */
  #choose(
    n: number,
    { whole }: Comparison,
    { loaded, compared }: {
      loaded: () => void;
      compared: (kind: "integers" | "numbers") => void;
    },
  ): void {
    const c = this.#code;
    const state = this.states[n];
    if (state === "loaded") return loaded();
    if (state !== undefined && state !== "either") return compared(state);
    loaded();
    compared("integers");
    if (this.#uses.hasNumbers(n)) {
      compared("numbers");
      c.get(whole);
      c.i32(WHOLE.integers);
      c.op("i32.eq");
      c.select();
    }
    c.get(whole);
    c.i32(0);
    c.op("i32.ge_s");
    c.select();
  }

  /** Sets a field to the four bits that are pushed (i32). */
  set(n: number): void {
    const c = this.#code;
    const cell = this.#cell(n);
    // Only while notes are taken: a region knows beforehand what are bits.
    if (cell.kind === "comparison") return c.set(cell.whole);
    this.#scatter(cell.bits);
  }

  #scatter(bits: readonly Local[]): void {
    const c = this.#code;
    const value = c.temporary("i32");
    c.set(value);
    bits.forEach((local, bit) => {
      this.#shifted(value, bit);
      c.set(local);
    });
  }

  /** Sets a bit to what is pushed (0 or 1, i32). */
  setBit(n: number, bit: number): void {
    const cell = this.#cell(n);
    this.#code.set(
      cell.kind === "bits" ? cell.bits[bit] ?? 0 : cell.whole,
    );
  }

  /** Sets a field by comparing two values; pushes them and SO (i32). */
  compareIntegers(
    n: number,
    { a, b, so }: { a: () => void; b: () => void; so: () => void },
  ): void {
    const c = this.#code;
    const cell = this.#cell(n);
    if (cell.kind === "bits") return this.#setBits(cell, "integers", a, b, so);
    a();
    c.set(cell.a);
    b();
    c.set(cell.b);
    so();
    c.set(cell.so);
    c.i32(WHOLE.integers);
    c.set(cell.whole);
    this.states[n] = "integers";
  }

  /** Sets a field by comparing two numbers (f64), of which none is a NaN. */
  compareNumbers(n: number, a: () => void, b: () => void): void {
    const c = this.#code;
    const cell = this.#cell(n);
    if (cell.kind === "bits") {
      return this.#setBits(cell, "numbers", a, b, () => c.i32(0));
    }
    a();
    c.set(cell.x);
    b();
    c.set(cell.y);
    c.i32(WHOLE.numbers);
    c.set(cell.whole);
    this.states[n] = "numbers";
  }

  #setBits(
    { bits }: Extract<CrCell, { kind: "bits" }>,
    kind: "integers" | "numbers",
    a: () => void,
    b: () => void,
    so: () => void,
  ): void {
    const c = this.#code;
    RELATIONS[kind].forEach((relation, bit) => {
      a();
      b();
      c.op(relation);
      c.set(bits[bit] ?? 0);
    });
    so();
    c.set(bits[3] ?? 0);
  }

  /** Loads a field. */
  load(n: number, state: Local): void {
    const c = this.#code;
    const cell = this.#cell(n);
    c.get(state);
    c.memory("i32.load8_u", STATE.CR.offset + n);
    if (cell.kind === "bits") return this.#scatter(cell.bits);
    c.set(cell.whole);
    this.states[n] = "loaded";
  }

  /**
   * Loads a field that a comparison of numbers has set, as if the comparison
   * had been made here: what is known of it stays true.
   */
  loadNumbers(n: number, state: Local): void {
    const c = this.#code;
    const cell = this.#cell(n);
    this.load(n, state);
    if (cell.kind === "bits") return;
    const is = (bit: number) => this.#shifted(cell.whole, bit);
    // LT is 0 and 1, GT is 1 and 0, EQ is 0 and 0, SO a NaN and 0.
    c.i64(0x7ff8n << 48n);
    c.op("f64.reinterpret_i64");
    is(1);
    c.op("f64.convert_i32_s");
    is(3);
    c.select();
    c.set(cell.x);
    is(0);
    c.op("f64.convert_i32_s");
    c.set(cell.y);
    c.i32(WHOLE.numbers);
    c.set(cell.whole);
    this.states[n] = "numbers";
  }

  /** Stores a field. */
  store(n: number, state: Local): void {
    const c = this.#code;
    c.get(state);
    this.push(n);
    c.memory("i32.store8", STATE.CR.offset + n);
  }
}
