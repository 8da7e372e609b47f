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
 * for. Where something else than a compare writes the field, it is a value.
 */
export type CrCell =
  | {
    readonly kind: "pair";
    readonly a: Local;
    readonly b: Local;
    readonly so: Local;
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
        dirty: false,
      };
  }

  /** Pushes a field's four bits (i32). */
  pushField(n: number): void {
    const c = this.#code;
    const cell = this.field(n);
    if (cell.kind === "value") return c.get(cell.local);
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
  }

  /** Loads everything that the region uses; `decline` leaves at once. */
  load(state: Local, decline: () => void): void {
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
      const value = cell.kind === "value" ? cell.local : cell.so;
      c.get(state);
      c.memory("i32.load8_u", STATE.CR.offset + n);
      c.set(value);
      if (cell.kind === "pair") this.#loadPair(cell, decline);
    });
  }

  /** LT is -1 against 0, GT 1, EQ 0; SO holds the whole field meanwhile. */
  #loadPair(cell: CrCell & { kind: "pair" }, decline: () => void): void {
    const c = this.#code;
    // Only a field that a compare can have left has exactly one of three bits.
    c.i32(0x116);
    c.get(cell.so);
    c.i32(1);
    c.op("i32.shr_u");
    c.op("i32.shr_u");
    c.i32(1);
    c.op("i32.and");
    c.op("i32.eqz");
    c.if();
    decline();
    c.end();
    c.get(cell.so);
    c.i32(2);
    c.op("i32.shr_u");
    c.i32(1);
    c.op("i32.and");
    c.get(cell.so);
    c.i32(3);
    c.op("i32.shr_u");
    c.op("i32.sub");
    c.op("i64.extend_i32_s");
    c.set(cell.a);
    c.i64(0);
    c.set(cell.b);
    c.get(cell.so);
    c.i32(1);
    c.op("i32.and");
    c.set(cell.so);
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
