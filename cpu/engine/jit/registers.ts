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

/** General-purpose registers. */
export const GPRS: RegisterSet = (1n << 32n) - 1n;
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
  /** VSRs that are asked for as a whole. */
  vectors: RegisterSet;
}

/**
 * Where a VSR is while a region runs: doubleword 0 in an f64, all of it in a
 * v128, or nowhere but in the vCPU's block.
 */
export type VsrKind = "number" | "vector" | "memory";

/** What a region must know of its registers beforehand. */
export interface RegionUses
  extends Pick<RegisterNotes, "values" | "numbers" | "vectors"> {
  /** Whether something reaches VSRs by computed numbers. */
  readonly computed: boolean;
}

/** Nothing is known beforehand. */
export const NO_USES: RegionUses = {
  values: 0n,
  numbers: 0n,
  vectors: 0n,
  computed: false,
};

/** The locals of one region. */
export class RegionRegisters {
  /** What has been asked for since the notes were taken. */
  readonly notes: RegisterNotes = {
    reads: 0n,
    writes: 0n,
    maybe: 0n,
    values: 0n,
    numbers: 0n,
    vectors: 0n,
  };
  /** Whether what is being emitted runs only sometimes. */
  conditional = false;
  readonly fields: ConditionFields;
  readonly status: PendingStatus;
  /** Facilities that are known to be there, in the block that is emitted. */
  readonly facilities = new Set<string>();
  readonly #code: Code;
  readonly #locals: Local[] = [];
  readonly #vectors: RegisterSet;
  /** Those that have no locals. */
  readonly #stay: RegisterSet;

  /** `enterStatus` is the function of {@linkcode PendingStatus}. */
  constructor(
    code: Code,
    { values, numbers, vectors, computed }: RegionUses,
    enterStatus: number,
  ) {
    this.#code = code;
    this.#vectors = vectors;
    this.#stay = computed ? VSRS : 0n;
    const has = (set: RegisterSet) => (n: number) =>
      (set & only(REGISTER.crField(n))) !== 0n;
    this.fields = new ConditionFields(code, {
      pushSo: () => {
        code.get(this.read(REGISTER.cached("SO")));
        code.op("i32.wrap_i64");
      },
      isBits: has(values),
      hasNumbers: has(numbers),
    });
    this.status = new PendingStatus(code, enterStatus);
  }

  /** The local of a register. */
  local(register: number): Local {
    return this.#locals[register] ??= this.#code.local(
      register < FIRST_VSR ? "i64" : this.#isVector(register) ? "v128" : "f64",
    );
  }

  #isVector(register: number): boolean {
    return (this.#vectors & only(register)) !== 0n;
  }

  /** The local of a register that is read. */
  read(register: number): Local {
    this.noteRead(register);
    return this.local(register);
  }

  /** The local of a register that is about to be written. */
  write(register: number): Local {
    this.noteWrite(register);
    return this.local(register);
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

  /** All of a VSR is asked for. */
  noteVector(n: number): void {
    this.notes.vectors |= only(REGISTER.vsr(n));
  }

  kindOf(n: number): VsrKind {
    if (this.#stay !== 0n) return "memory";
    return this.#isVector(REGISTER.vsr(n)) ? "vector" : "number";
  }

  /** Loads registers. */
  load(set: RegisterSet, state: Local): void {
    const c = this.#code;
    for (const register of members(set & ~this.#stay)) {
      if (register === STATUS) {
        this.status.load(state);
        continue;
      }
      if (FIELDS & only(register)) {
        this.fields.load(register - FIRST_FIELD, state);
        continue;
      }
      c.get(state);
      if (this.#isVector(register)) {
        c.memory("v128.load", placeOf(register).offset - 8);
      } else {
        const { offset, bytes } = placeOf(register);
        if (register >= FIRST_VSR) c.memory("f64.load", offset);
        else c.memory(bytes === 1 ? "i64.load8_u" : "i64.load", offset);
      }
      c.set(this.local(register));
    }
  }

  /** Loads what an operation on numbers has written in another engine. */
  reload(set: RegisterSet, state: Local): void {
    // What waits now is the operation itself, which has been entered.
    this.load(set & ~FIELDS & ~only(REGISTER.fpscr), state);
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
    if (this.#stay & only(register)) return;
    if (register === STATUS) return this.status.store(state);
    if (FIELDS & only(register)) {
      return this.fields.store(register - FIRST_FIELD, state);
    }
    const c = this.#code;
    const { offset, bytes } = placeOf(register);
    c.get(state);
    c.get(this.local(register));
    if (this.#isVector(register)) return c.memory("v128.store", offset - 8);
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
