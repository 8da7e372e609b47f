/**
 * One row per special purpose register: number, name, who may read and write
 * it, the section of the book, and where its content is.
 *
 * @module
 */
import { STATE, type StateName } from "../state.ts";
import { fetchNext } from "./fetch_next.ts";
import type { FscrFacility, Ops, Value } from "./ops.ts";
import type { IsaVersion } from "./row.ts";

/** The least privileged state that has access (Book III, SPR encodings). */
export type SprState = "problem" | "privileged" | "hypervisor";

/** Who may read and write; undefined where the number does not do that. */
export interface SprAccess {
  readonly reads: SprState | undefined;
  readonly writes: SprState | undefined;
}

/** Where the content is. */
export interface SprStorage {
  /** The register of the block that alone holds it, if there is one. */
  readonly register?: StateName;
  readonly get: (m: Ops) => Value;
  readonly set: (m: Ops, value: Value) => void;
}

/** What a row may say besides. */
export interface SprOptions {
  /** First and last version of the ISA that has it. */
  readonly since?: IsaVersion;
  readonly until?: IsaVersion;
  /** Facility that must be available. */
  readonly facility?: FscrFacility;
  /** No register at all: both moves are no-operations in every state. */
  readonly reserved?: boolean;
}

/** A special purpose register, under one of its numbers. */
export interface Spr extends SprAccess, SprStorage, SprOptions {
  readonly number: number;
  /** The book's name; a second number of it has the number behind: DSCR@3. */
  readonly name: string;
  /** Section that describes it: "Book III 7.2.5". */
  readonly section: string;
}

/** Describes a register. */
export function spr(
  number: number,
  name: string,
  section: string,
  access: SprAccess,
  storage: SprStorage,
  options: SprOptions = {},
): Spr {
  return { number, name, section, ...access, ...storage, ...options };
}

/** Read and written in problem state. */
export const PROBLEM: SprAccess = { reads: "problem", writes: "problem" };
/** Read and written in privileged state. */
export const PRIVILEGED: SprAccess = {
  reads: "privileged",
  writes: "privileged",
};
/** Read and written in hypervisor state. */
export const HYPERVISOR: SprAccess = {
  reads: "hypervisor",
  writes: "hypervisor",
};
/** Written by the hypervisor, read in privileged state. */
export const HYPERVISOR_WRITES: SprAccess = {
  reads: "privileged",
  writes: "hypervisor",
};

/** A number that only reads. */
export function readOnly(reads: SprState): SprAccess {
  return { reads, writes: undefined };
}

/** A number that only writes. */
export function writeOnly(writes: SprState): SprAccess {
  return { reads: undefined, writes };
}

/** All of a register of the block. */
export function stored(register: StateName): SprStorage {
  return {
    register,
    get: (m) => m.reg(register),
    set: (m, value) => m.setReg(register, value),
  };
}

/** A register of which only some bits exist; the others read as 0. */
export function storedBits(register: StateName, mask: bigint): SprStorage {
  return {
    register,
    get: (m) => m.reg(register),
    set: (m, value) => m.setReg(register, m.and(value, m.const(mask))),
  };
}

/** A register whose content decides how addresses are translated. */
export function storedTranslation(register: StateName): SprStorage {
  return {
    register,
    get: (m) => m.reg(register),
    set(m, value) {
      m.setReg(register, value);
      m.dropTranslations("all");
      fetchNext(m);
    },
  };
}

/** The high-order word of a doubleword register. */
export function storedUpperWord(register: StateName): SprStorage {
  return {
    get: (m) => m.shr(m.reg(register), 32),
    set(m, value) {
      const low = m.zeroExtend(4, m.reg(register));
      m.setReg(register, m.or(m.shl(value, 32), low));
    },
  };
}

/** A number that the book keeps free for no-operations. */
export function reservedSpr(number: number, section: string): Spr {
  return spr(number, `reserved@${number}`, section, PROBLEM, {
    get: (m) => m.const(0),
    set() {},
  }, { reserved: true });
}

/** Takes the bits of the mask from `value`, the others from `old`. */
export function merge(
  m: Ops,
  old: Value,
  { value, mask }: { readonly value: Value; readonly mask: Value },
): Value {
  return m.or(m.and(value, mask), m.and(old, m.not(mask)));
}

/** Width in bits of a register that is stored as it is. */
export function sprBits({ register }: Spr): 32 | 64 {
  return register && STATE[register].bytes === 4 ? 32 : 64;
}
