/**
 * CR's fields in locals while a region runs.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import type { OpName } from "../../wasm/opcodes.ts";

/**
 * A CR field. As a comparison of integers it is one number that says which way
 * it went: below 0, above 0 or 0 for LT, GT and EQ, of which SO is XER's as it
 * is. As a comparison of numbers it is both of them, x being a NaN where they
 * were unordered, and the order is {@linkcode NUMBERS}. From {@linkcode WHOLE}
 * up the order's low bits are the field as it was loaded. Where something else
 * than a comparison writes the field in the region, or something writes SO, it
 * is four bits all the time.
 */
type CrCell =
  | {
    readonly kind: "comparison";
    /** i64, between -2^62 and 2^62 after a comparison of integers. */
    readonly order: Local;
    /** Integers that were compared, within a block only. */
    readonly a: Local;
    readonly b: Local;
    readonly x: Local;
    readonly y: Local;
  }
  | { readonly kind: "bits"; readonly bits: readonly Local[] };

type Comparison = Extract<CrCell, { kind: "comparison" }>;

/** Where orders of integers end. */
const WHOLE = 1n << 62n;
/** The order of a field that is a comparison of numbers. */
const NUMBERS = WHOLE + 16n;

/** Integers whose comparison sets a field. */
export interface ComparedIntegers {
  readonly signedness: "signed" | "unsigned";
  /** Pushes the first (i64). */
  readonly a: () => void;
  /** Pushes the second, or is it. */
  readonly b: (() => void) | bigint;
  /** Whether both have 33 bits at most, with their signs. */
  readonly narrow: boolean;
  /** Whether the comparison is made only sometimes. */
  readonly conditional: boolean;
}

/**
 * What is known of a comparison at some place: what was compared last, that it
 * is as it was loaded, or nothing.
 */
export type FieldState = "integers" | "numbers" | "loaded" | "either";

/** What a region does with fields, on any of its ways. */
export interface FieldUses {
  /** Pushes XER's SO (i32). */
  pushSo(): void;
  /** Whether a field is written otherwise than by comparisons. */
  isBits(n: number): boolean;
  /** Whether a field is written by comparing numbers. */
  hasNumbers(n: number): boolean;
}

/** Comparisons that give LT, GT and EQ. */
const RELATIONS = {
  signed: ["i64.lt_s", "i64.gt_s", "i64.eq"],
  unsigned: ["i64.lt_u", "i64.gt_u", "i64.eq"],
  numbers: ["f64.lt", "f64.gt", "f64.eq"],
} as const satisfies Record<string, readonly OpName[]>;

/** The fields of one region, 0 to 7. */
export class ConditionFields {
  /** What is known of fields at the place that is being emitted. */
  readonly #states: FieldState[] = new Array(8).fill("either");
  /** Comparisons of the block whose operands are at hand. */
  readonly #recent: (ComparedIntegers | undefined)[] = [];
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
        order: c.local("i64"),
        a: c.local("i64"),
        b: c.local("i64"),
        x: c.local("f64"),
        y: c.local("f64"),
      };
  }

  /** Takes what is known of fields where a block begins. */
  startBlock(states: readonly FieldState[]): void {
    states.forEach((state, n) => this.#states[n] = state);
    this.#recent.length = 0;
  }

  /** Pushes a field's four bits (i32). */
  push(n: number): void {
    const c = this.#code;
    const cell = this.#cell(n);
    if (cell.kind === "comparison") {
      return this.#choose(n, cell, {
        loaded: () => {
          c.get(cell.order);
          c.op("i32.wrap_i64");
        },
        compared: (kind) =>
          this.#gather((bit) => this.#relate(n, cell, { kind, bit })),
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
      loaded: () => this.#loadedBit(cell, bit),
      compared: (kind) => this.#relate(n, cell, { kind, bit }),
    });
  }

  #loadedBit({ order }: Comparison, bit: number): void {
    this.#code.get(order);
    this.#code.op("i32.wrap_i64");
    this.#shift(bit);
  }

  #shift(bit: number): void {
    const c = this.#code;
    if (bit < 3) {
      c.i32(3 - bit);
      c.op("i32.shr_u");
    }
    c.i32(1);
    c.op("i32.and");
  }

  #relate(
    n: number,
    cell: Comparison,
    { kind, bit }: { kind: "integers" | "numbers"; bit: number },
  ): void {
    const c = this.#code;
    if (kind === "numbers") {
      c.get(cell.x);
      c.get(bit < 3 ? cell.y : cell.x);
      return c.op(RELATIONS.numbers[bit] ?? "f64.ne");
    }
    if (bit === 3) return this.#uses.pushSo();
    const recent = this.#recent[n];
    c.get(recent ? cell.a : cell.order);
    if (!recent) c.i64(0);
    else if (typeof recent.b === "bigint") c.i64(recent.b);
    else c.get(cell.b);
    c.op(RELATIONS[recent?.signedness ?? "signed"][bit] ?? "i64.eq");
  }

  /** By what is known of the field; all ways, where it is nothing. */
  #choose(
    n: number,
    { order }: Comparison,
    { loaded, compared }: {
      loaded: () => void;
      compared: (kind: "integers" | "numbers") => void;
    },
  ): void {
    const c = this.#code;
    const state = this.#states[n];
    if (state === "loaded") return loaded();
    if (state !== undefined && state !== "either") return compared(state);
    const hasNumbers = this.#uses.hasNumbers(n);
    if (hasNumbers) compared("numbers");
    loaded();
    compared("integers");
    c.get(order);
    c.i64(WHOLE);
    c.op("i64.ge_s");
    c.select();
    if (!hasNumbers) return;
    c.get(order);
    c.i64(NUMBERS);
    c.op("i64.eq");
    c.select();
  }

  /** Sets a field to the four bits that are pushed (i32). */
  set(n: number): void {
    const c = this.#code;
    const cell = this.#cell(n);
    // Only while notes are taken: a region knows beforehand what are bits.
    if (cell.kind === "comparison") return c.set(c.temporary("i32"));
    this.#scatter(cell.bits);
  }

  #scatter(bits: readonly Local[]): void {
    const c = this.#code;
    const value = c.temporary("i32");
    c.set(value);
    bits.forEach((local, bit) => {
      c.get(value);
      this.#shift(bit);
      c.set(local);
    });
  }

  /** Sets a bit to what is pushed (0 or 1, i32). */
  setBit(n: number, bit: number): void {
    const cell = this.#cell(n);
    const c = this.#code;
    c.set(cell.kind === "bits" ? cell.bits[bit] ?? 0 : c.temporary("i32"));
  }

  /** Sets a field by comparing two integers. */
  compareIntegers(n: number, compared: ComparedIntegers): void {
    const c = this.#code;
    const cell = this.#cell(n);
    const { a, b, signedness, narrow, conditional } = compared;
    const pushB = () => typeof b === "bigint" ? c.i64(b) : b();
    if (cell.kind === "bits") {
      return this.#setBits(cell, signedness, a, pushB, () => {
        this.#uses.pushSo();
      });
    }
    a();
    c.set(cell.a);
    if (typeof b !== "bigint") {
      b();
      c.set(cell.b);
    }
    c.get(cell.a);
    if (narrow) {
      pushB();
      c.op("i64.sub");
    } else if (b === 0n && signedness === "signed") {
      // Half of it has its sign, and is 0 only with it.
      c.i64(1);
      c.op("i64.shr_s");
      c.get(cell.a);
      c.i64(1);
      c.op("i64.and");
      c.op("i64.or");
    } else {
      pushB();
      c.op(RELATIONS[signedness][1]);
      c.get(cell.a);
      pushB();
      c.op(RELATIONS[signedness][0]);
      c.op("i32.sub");
      c.op("i64.extend_i32_s");
    }
    c.set(cell.order);
    this.#recent[n] = conditional ? undefined : compared;
    if (!conditional) this.#states[n] = "integers";
    else if (this.#states[n] !== "integers") this.#states[n] = "either";
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
    c.i64(NUMBERS);
    c.set(cell.order);
    this.#states[n] = "numbers";
    this.#recent[n] = undefined;
  }

  #setBits(
    { bits }: Extract<CrCell, { kind: "bits" }>,
    kind: keyof typeof RELATIONS,
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
    if (cell.kind === "bits") {
      c.memory("i32.load8_u", STATE.CR.offset + n);
      return this.#scatter(cell.bits);
    }
    c.memory("i64.load8_u", STATE.CR.offset + n);
    c.i64(WHOLE);
    c.op("i64.or");
    c.set(cell.order);
    this.#states[n] = "loaded";
    this.#recent[n] = undefined;
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
    const is = (bit: number) => this.#loadedBit(cell, bit);
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
    c.i64(NUMBERS);
    c.set(cell.order);
    this.#states[n] = "numbers";
  }

  /** Stores a field. */
  store(n: number, state: Local): void {
    const c = this.#code;
    c.get(state);
    this.push(n);
    c.memory("i32.store8", STATE.CR.offset + n);
  }
}
