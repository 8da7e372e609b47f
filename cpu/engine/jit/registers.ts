/**
 * Guest registers in locals while a region runs.
 *
 * @module
 */
import { STATE, type StateName } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import { ConditionFields } from "./condition_fields.ts";
import { PendingStatus } from "./pending_status.ts";

/** Registers beside GPRs, FPRs and CR that live in locals. */
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

const FIRST_FIELD = 32 + CACHED.length;
const STATUS = FIRST_FIELD + 8;
const FIRST_VSR = STATUS + 1;

/**
 * Numbers of registers: GPRs, then {@linkcode CACHED}, CR's fields, FPSCR, and
 * doublewords 0 of VSRs, the first 32 of which are FPRs. Sets of them are masks
 * with bit n for number n.
 */
export const REGISTER = {
  gpr: (n: number): number => n,
  cached: (name: CachedName): number => 32 + CACHED.indexOf(name),
  crField: (n: number): number => FIRST_FIELD + n,
  fpscr: STATUS,
  vsr: (n: number): number => FIRST_VSR + n,
};

/** Numbers of registers are below this. */
export const REGISTERS = FIRST_VSR + 64;

/** A set of registers. */
export type RegisterSet = bigint;

/** The set with one member. */
export function only(register: number): RegisterSet {
  return 1n << BigInt(register);
}

/** Members of a set, ascending. */
export function* members(set: RegisterSet): Generator<number> {
  for (let base = 0; set >> BigInt(base) !== 0n; base += 32) {
    let low = Number((set >> BigInt(base)) & 0xffff_ffffn);
    for (let n = base; low !== 0; n++, low >>>= 1) if (low & 1) yield n;
  }
}

/** CR's fields. */
export const FIELDS: RegisterSet = 0xffn << BigInt(FIRST_FIELD);
/** Doublewords 0 of all VSRs. */
export const VSRS: RegisterSet = ((1n << 64n) - 1n) << BigInt(FIRST_VSR);

/** What an instruction does to registers, as notes of its emission. */
export interface RegisterNotes {
  reads: RegisterSet;
  writes: RegisterSet;
  /** Written only under a condition. */
  maybe: RegisterSet;
  /** CR fields that are written otherwise than by a comparison. */
  values: RegisterSet;
  /** CR fields that are written by comparing numbers. */
  numbers: RegisterSet;
  /** VSRs of which more than doubleword 0 is asked for. */
  vectors: RegisterSet;
}

/** What a region must know of its registers beforehand. */
export type RegionUses = Pick<RegisterNotes, "values" | "numbers" | "vectors">;

/** Notes of something that does nothing. */
export function emptyNotes(): RegisterNotes {
  return {
    reads: 0n,
    writes: 0n,
    maybe: 0n,
    values: 0n,
    numbers: 0n,
    vectors: 0n,
  };
}

/** The locals of one region. */
export class RegionRegisters {
  /** What has been asked for since the notes were taken. */
  readonly notes: RegisterNotes = emptyNotes();
  /** Whether what is being emitted runs only sometimes. */
  conditional = false;
  readonly fields: ConditionFields;
  readonly status: PendingStatus;
  /** Facilities that are known to be there, in the block that is emitted. */
  readonly facilities = new Set<string>();
  readonly #code: Code;
  readonly #locals: Local[] = [];
  readonly #vectors: RegisterSet;

  /** `enterStatus` is the function of {@linkcode PendingStatus}. */
  constructor(
    code: Code,
    { values, numbers, vectors }: RegionUses,
    enterStatus: number,
  ) {
    this.#code = code;
    this.#vectors = vectors;
    const has = (set: RegisterSet) => (n: number) =>
      (set & only(REGISTER.crField(n))) !== 0n;
    this.fields = new ConditionFields(code, {
      isBits: has(values),
      hasNumbers: has(numbers),
    });
    this.status = new PendingStatus(code, enterStatus);
  }

  #local(register: number): Local {
    return this.#locals[register] ??= this.#code.local(
      register >= FIRST_VSR ? "f64" : "i64",
    );
  }

  /** The local of a register that is read. */
  read(register: number): Local {
    this.noteRead(register);
    return this.#local(register);
  }

  /** The local of a register that is about to be written. */
  write(register: number): Local {
    this.noteWrite(register);
    return this.#local(register);
  }

  noteRead(register: number): void {
    this.notes.reads |= only(register);
  }

  noteWrite(register: number): void {
    if (this.conditional) this.notes.maybe |= only(register);
    else this.notes.writes |= only(register);
  }

  /** A CR field is about to be written otherwise than by a comparison. */
  noteValue(n: number): void {
    this.noteWrite(REGISTER.crField(n));
    this.notes.values |= only(REGISTER.crField(n));
  }

  /** A CR field is about to be written by comparing numbers. */
  noteNumbers(n: number): void {
    this.noteWrite(REGISTER.crField(n));
    this.notes.numbers |= only(REGISTER.crField(n));
  }

  /** All of a VSR is asked for: it stays in the vCPU's block. */
  noteVector(n: number): void {
    this.notes.vectors |= only(REGISTER.vsr(n));
  }

  /** Whether doubleword 0 of a VSR has a local. */
  isCached(n: number): boolean {
    return (this.#vectors & only(REGISTER.vsr(n))) === 0n;
  }

  /** Loads registers. */
  load(set: RegisterSet, state: Local): void {
    const c = this.#code;
    for (const register of members(set & ~this.#vectors)) {
      if (register === STATUS) {
        this.status.load(state);
        continue;
      }
      if (FIELDS & only(register)) {
        this.fields.load(register - FIRST_FIELD, state);
        continue;
      }
      const { offset, bytes } = placeOf(register);
      c.get(state);
      if (register >= FIRST_VSR) c.memory("f64.load", offset);
      else c.memory(bytes === 1 ? "i64.load8_u" : "i64.load", offset);
      c.set(this.#local(register));
    }
  }

  /** Loads what an operation on numbers has written in another engine. */
  reload(set: RegisterSet, state: Local): void {
    this.load(set & ~FIELDS, state);
    for (const register of members(set & FIELDS)) {
      this.fields.loadNumbers(register - FIRST_FIELD, state);
    }
  }

  /** Stores registers. */
  store(set: RegisterSet, state: Local): void {
    for (const register of members(set)) this.storeOne(register, state);
  }

  /** Stores a register. */
  storeOne(register: number, state: Local): void {
    if (this.#vectors & only(register)) return;
    if (register === STATUS) return this.status.store(state);
    if (FIELDS & only(register)) {
      return this.fields.store(register - FIRST_FIELD, state);
    }
    const c = this.#code;
    const { offset, bytes } = placeOf(register);
    c.get(state);
    c.get(this.#local(register));
    if (register >= FIRST_VSR) c.memory("f64.store", offset);
    else c.memory(bytes === 1 ? "i64.store8" : "i64.store", offset);
  }
}

function placeOf(register: number): { offset: number; bytes: number } {
  if (register < 32) {
    return { offset: STATE.GPR.offset + 8 * register, bytes: 8 };
  }
  if (register >= FIRST_VSR) {
    const n = register - FIRST_VSR;
    return { offset: STATE.VSR.offset + 16 * n + 8, bytes: 8 };
  }
  return STATE[CACHED[register - 32] ?? "LR"];
}
