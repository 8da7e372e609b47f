/**
 * Guest registers in locals while a region runs: loaded before its first
 * instruction, stored again after its last.
 *
 * @module
 */
import { STATE, type StateName } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";

/** Registers beside GPRs and CR that live in locals. */
export const CACHED = [
  "LR",
  "CTR",
  "CA",
  "CA32",
  "OV",
  "OV32",
  "SO",
] as const satisfies readonly StateName[];

/** Name of such a register. */
export type CachedName = (typeof CACHED)[number];

interface Cell {
  readonly local: Local;
  /** Whether it has been written. */
  dirty: boolean;
}

/**
 * A CR field. As a pair it is the two sides of the signed compare that made
 * it, and SO as it was then: LT, GT and EQ are only worked out where asked
 * for. `whole` is -1 then; until the first compare it is the field as the
 * region found it. Where something else than a compare writes the field in
 * the region, it is a value all the time.
 */
export type CrCell =
  | {
    readonly kind: "pair";
    readonly a: Local;
    readonly b: Local;
    readonly so: Local;
    readonly whole: Local;
    /** A compare has come before in the block that is being emitted. */
    fresh: boolean;
    dirty: boolean;
  }
  | { readonly kind: "value"; readonly local: Local; dirty: boolean };

/** The locals of one region. */
export class RegionRegisters {
  readonly #code: Code;
  readonly #gprs: (Cell | undefined)[] = [];
  readonly #cached = new Map<CachedName, Cell>();
  readonly #fields: (CrCell | undefined)[] = [];
  readonly #values: ReadonlySet<number>;

  /** `values` names the CR fields that are not written by compares alone. */
  constructor(code: Code, values: ReadonlySet<number>) {
    this.#code = code;
    this.#values = values;
  }

  gpr(n: number): Cell {
    return this.#gprs[n] ??= { local: this.#code.local("i64"), dirty: false };
  }

  cached(name: CachedName): Cell {
    let cell = this.#cached.get(name);
    if (!cell) {
      cell = { local: this.#code.local("i64"), dirty: false };
      this.#cached.set(name, cell);
    }
    return cell;
  }

  field(n: number): CrCell {
    const c = this.#code;
    return this.#fields[n] ??= this.#values.has(n)
      ? { kind: "value", local: c.local("i32"), dirty: false }
      : {
        kind: "pair",
        a: c.local("i64"),
        b: c.local("i64"),
        so: c.local("i32"),
        whole: c.local("i32"),
        fresh: false,
        dirty: false,
      };
  }

  /** Pushes a field's four bits (i32). */
  pushField(n: number): void {
    const c = this.#code;
    const cell = this.field(n);
    if (cell.kind === "value") return c.get(cell.local);
    if (!cell.fresh) c.get(cell.whole);
    c.i32(8);
    c.i32(4);
    c.i32(2);
    c.get(cell.a);
    c.get(cell.b);
    c.op("i64.gt_s");
    c.select();
    c.get(cell.a);
    c.get(cell.b);
    c.op("i64.lt_s");
    c.select();
    c.get(cell.so);
    c.op("i32.or");
    if (!cell.fresh) this.#selectWhole(cell.whole);
  }

  /** Pushes LT, GT or EQ (0, 1, 2) or SO (3) of a field as 0 or 1 (i32). */
  pushBit(n: number, bit: number): void {
    const c = this.#code;
    const cell = this.field(n);
    const shifted = (local: Local) => {
      c.get(local);
      c.i32(3 - bit);
      c.op("i32.shr_u");
      c.i32(1);
      c.op("i32.and");
    };
    if (cell.kind === "value") return shifted(cell.local);
    if (!cell.fresh) shifted(cell.whole);
    if (bit === 3) c.get(cell.so);
    else {
      c.get(cell.a);
      c.get(cell.b);
      c.op((["i64.lt_s", "i64.gt_s", "i64.eq"] as const)[bit] ?? "i64.eq");
    }
    if (!cell.fresh) this.#selectWhole(cell.whole);
  }

  /** The first of two values where the field is still as it was found. */
  #selectWhole(whole: Local): void {
    this.#code.get(whole);
    this.#code.i32(0);
    this.#code.op("i32.ge_s");
    this.#code.select();
  }

  /** A block begins: what came before it in the text may not have run. */
  startBlock(): void {
    for (const cell of this.#fields) {
      if (cell?.kind === "pair") cell.fresh = false;
    }
  }

  /** Loads everything that the region uses. */
  load(state: Local): void {
    const c = this.#code;
    this.#gprs.forEach((cell, n) => {
      if (!cell) return;
      c.get(state);
      c.memory("i64.load", STATE.GPR.offset + 8 * n);
      c.set(cell.local);
    });
    for (const [name, { local }] of this.#cached) {
      c.get(state);
      c.memory(
        STATE[name].bytes === 1 ? "i64.load8_u" : "i64.load",
        STATE[name].offset,
      );
      c.set(local);
    }
    this.#fields.forEach((cell, n) => {
      if (!cell) return;
      c.get(state);
      c.memory("i32.load8_u", STATE.CR.offset + n);
      c.set(cell.kind === "value" ? cell.local : cell.whole);
    });
  }

  /** Stores everything that the region writes somewhere. */
  store(state: Local): void {
    const c = this.#code;
    this.#gprs.forEach((cell, n) => {
      if (!cell?.dirty) return;
      c.get(state);
      c.get(cell.local);
      c.memory("i64.store", STATE.GPR.offset + 8 * n);
    });
    for (const [name, { local, dirty }] of this.#cached) {
      if (!dirty) continue;
      c.get(state);
      c.get(local);
      c.memory(
        STATE[name].bytes === 1 ? "i64.store8" : "i64.store",
        STATE[name].offset,
      );
    }
    this.#fields.forEach((cell, n) => {
      if (!cell?.dirty) return;
      c.get(state);
      this.pushField(n);
      c.memory("i32.store8", STATE.CR.offset + n);
    });
  }
}
