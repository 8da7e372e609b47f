/**
 * Guest registers in locals while a region runs.
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

/**
 * Numbers of registers: GPRs, then {@linkcode CACHED}, then CR's fields; sets
 * of them are masks with bit n for number n.
 */
export const REGISTER = {
  gpr: (n: number): number => n,
  cached: (name: CachedName): number => 32 + CACHED.indexOf(name),
  crField: (n: number): number => FIRST_FIELD + n,
};

const FIRST_FIELD = 32 + CACHED.length;

/** A set of registers. */
export type RegisterSet = bigint;

/** The set with one member. */
export function only(register: number): RegisterSet {
  return 1n << BigInt(register);
}

/** Members of a set, ascending. */
export function* members(set: RegisterSet): Generator<number> {
  let low = Number(set & 0xffff_ffffn);
  for (let n = 0; low !== 0; n++, low >>>= 1) if (low & 1) yield n;
  low = Number(set >> 32n);
  for (let n = 32; low !== 0; n++, low >>>= 1) if (low & 1) yield n;
}

/**
 * A CR field. As a pair it is the two sides of the signed compare that made
 * it, and SO as it was then: LT, GT and EQ are only worked out where asked
 * for. `whole` is -1 then; until the first compare it is the field as it was
 * loaded. Where something else than a compare writes the field in the region,
 * it is a value all the time.
 */
type CrCell =
  | {
    readonly kind: "pair";
    readonly a: Local;
    readonly b: Local;
    readonly so: Local;
    readonly whole: Local;
  }
  | { readonly kind: "value"; readonly local: Local };

/** What is known of a pair at some place: it was compared, loaded, or either. */
export type FieldState = "compared" | "loaded" | "either";

/** What an instruction does to registers, as notes of its emission. */
export interface RegisterNotes {
  reads: RegisterSet;
  writes: RegisterSet;
  /** Written only under a condition. */
  maybe: RegisterSet;
  /** CR fields that are written otherwise than by a compare. */
  values: RegisterSet;
}

/** The locals of one region. */
export class RegionRegisters {
  /** What has been asked for since the notes were taken. */
  notes: RegisterNotes = { reads: 0n, writes: 0n, maybe: 0n, values: 0n };
  /** Whether what is being emitted runs only sometimes. */
  conditional = false;
  /** What is known of CR fields at the place that is being emitted. */
  readonly fieldStates: FieldState[] = new Array(8).fill("either");
  readonly #code: Code;
  readonly #locals: Local[] = [];
  readonly #fields: CrCell[] = [];
  readonly #values: RegisterSet;

  /** `values` names the CR fields that are not written by compares alone. */
  constructor(code: Code, values: RegisterSet) {
    this.#code = code;
    this.#values = values;
  }

  #local(register: number): Local {
    return this.#locals[register] ??= this.#code.local("i64");
  }

  /** The local of a register that is read. */
  read(register: number): Local {
    this.notes.reads |= only(register);
    return this.#local(register);
  }

  /** The local of a register that is about to be written. */
  write(register: number): Local {
    this.#noteWrite(register);
    return this.#local(register);
  }

  #noteWrite(register: number): void {
    if (this.conditional) this.notes.maybe |= only(register);
    else this.notes.writes |= only(register);
  }

  #field(n: number): CrCell {
    const c = this.#code;
    return this.#fields[n] ??= (this.#values & only(REGISTER.crField(n))) !== 0n
      ? { kind: "value", local: c.local("i32") }
      : {
        kind: "pair",
        a: c.local("i64"),
        b: c.local("i64"),
        so: c.local("i32"),
        whole: c.local("i32"),
      };
  }

  /** Pushes a field's four bits (i32). */
  pushField(n: number): void {
    this.notes.reads |= only(REGISTER.crField(n));
    const c = this.#code;
    const cell = this.#field(n);
    if (cell.kind === "value") return c.get(cell.local);
    const state = this.fieldStates[n];
    if (state !== "compared") c.get(cell.whole);
    if (state === "loaded") return;
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
    if (state === "either") this.#selectWhole(cell.whole);
  }

  /** Pushes LT, GT or EQ (0, 1, 2) or SO (3) of a field as 0 or 1 (i32). */
  pushBit(n: number, bit: number): void {
    this.notes.reads |= only(REGISTER.crField(n));
    const c = this.#code;
    const cell = this.#field(n);
    const shifted = (local: Local) => {
      c.get(local);
      c.i32(3 - bit);
      c.op("i32.shr_u");
      c.i32(1);
      c.op("i32.and");
    };
    if (cell.kind === "value") return shifted(cell.local);
    const state = this.fieldStates[n];
    if (state !== "compared") shifted(cell.whole);
    if (state === "loaded") return;
    if (bit === 3) c.get(cell.so);
    else {
      c.get(cell.a);
      c.get(cell.b);
      c.op((["i64.lt_s", "i64.gt_s", "i64.eq"] as const)[bit] ?? "i64.eq");
    }
    if (state === "either") this.#selectWhole(cell.whole);
  }

  /** The first of two values where the field is still as it was loaded. */
  #selectWhole(whole: Local): void {
    this.#code.get(whole);
    this.#code.i32(0);
    this.#code.op("i32.ge_s");
    this.#code.select();
  }

  /** The local (i32) of a field that is about to be written as a value. */
  writeField(n: number): Local {
    const register = REGISTER.crField(n);
    this.#noteWrite(register);
    this.notes.values |= only(register);
    const cell = this.#field(n);
    if (cell.kind === "value") return cell.local;
    // Only while notes are taken: a region knows its value fields beforehand.
    return cell.whole;
  }

  /** The cell of a field that is about to be written by a compare. */
  compareField(n: number): CrCell {
    this.#noteWrite(REGISTER.crField(n));
    if (!this.conditional) this.fieldStates[n] = "compared";
    return this.#field(n);
  }

  /** Loads registers. */
  load(set: RegisterSet, state: Local): void {
    const c = this.#code;
    for (const register of members(set)) {
      c.get(state);
      if (register >= FIRST_FIELD) {
        const n = register - FIRST_FIELD;
        const cell = this.#field(n);
        c.memory("i32.load8_u", STATE.CR.offset + n);
        c.set(cell.kind === "value" ? cell.local : cell.whole);
        this.fieldStates[n] = "loaded";
        continue;
      }
      const { offset, bytes } = placeOf(register);
      c.memory(bytes === 1 ? "i64.load8_u" : "i64.load", offset);
      c.set(this.#local(register));
    }
  }

  /** Stores registers. */
  store(set: RegisterSet, state: Local): void {
    for (const register of members(set)) this.storeOne(register, state);
  }

  /** Stores a register. */
  storeOne(register: number, state: Local): void {
    const c = this.#code;
    c.get(state);
    if (register >= FIRST_FIELD) {
      this.pushField(register - FIRST_FIELD);
      c.memory("i32.store8", STATE.CR.offset + register - FIRST_FIELD);
      return;
    }
    const { offset, bytes } = placeOf(register);
    c.get(this.#local(register));
    c.memory(bytes === 1 ? "i64.store8" : "i64.store", offset);
  }
}

function placeOf(register: number): { offset: number; bytes: number } {
  if (register < 32) {
    return { offset: STATE.GPR.offset + 8 * register, bytes: 8 };
  }
  return STATE[CACHED[register - 32] ?? "LR"];
}
