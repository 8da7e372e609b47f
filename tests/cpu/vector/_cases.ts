/**
 * Operands for the golden vectors: the same row gives the same cases each
 * time, so that only what comes out has to be kept.
 *
 * @module
 */
import { encode } from "../../../cpu/isa/encoder.ts";
import type { FieldLayout } from "../../../cpu/isa/forms.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";

/** Bytes of storage that a case can see. */
export const STORAGE_BYTES = 128;

/** What one instruction starts with, or leaves. */
export interface Registers {
  cr: number;
  vscr: number;
  fpscr: bigint;
  /** GPR 4 to 11; of 8 to 11, bit 63 says that it points into storage. */
  gpr: bigint[];
  /** VSR 0 to 63 as 128-bit integers. */
  vsr: bigint[];
  storage: Uint8Array;
}

/** An instruction with its operands. */
export interface Case {
  readonly word: number;
  readonly before: Registers;
}

/** Marks a GPR that points into storage. */
export const POINTER = 1n << 63n;

/** A repeatable source of numbers (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: string) {
    this.#state = 0x811c9dc5;
    for (const letter of seed) {
      this.#state = Math.imul(this.#state ^ letter.charCodeAt(0), 0x01000193);
    }
  }

  /** A number of 32 bits. */
  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let x = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    x ^= x + Math.imul(x ^ (x >>> 7), 61 | x);
    return (x ^ (x >>> 14)) >>> 0;
  }

  /** A number from 0 to below `limit`. */
  below(limit: number): number {
    return this.word() % limit;
  }

  /** One of the elements. */
  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new RangeError("Cannot pick: list is empty");
    return found;
  }

  /** A number of as many bits as wanted. */
  bits(count: number): bigint {
    let value = 0n;
    for (let i = 0; i < count; i += 32) {
      value = value << 32n | BigInt(this.word());
    }
    return value & ((1n << BigInt(count)) - 1n);
  }
}

type Source = (random: Random) => bigint;

function repeated(bits: number, element: Source): Source {
  return (random) => {
    let value = 0n;
    for (let i = 0; i < 128; i += bits) {
      value = value << BigInt(bits) | element(random);
    }
    return value;
  };
}

function edges(bits: number): Source {
  const top = 1n << BigInt(bits - 1);
  const list = [0n, 1n, top - 1n, top, top + 1n, 2n * top - 1n];
  return (random) =>
    random.below(3) === 0 ? random.bits(bits) : random.pick(list);
}

const WHOLE: readonly Source[] = [
  (random) => random.bits(128),
  repeated(8, edges(8)),
  repeated(16, edges(16)),
  repeated(32, edges(32)),
  repeated(64, edges(64)),
  repeated(128, edges(128)),
  repeated(8, (random) => random.bits(5)),
];

interface FloatFormat {
  readonly bits: 32 | 64 | 128;
  readonly exponent: number;
}

/** Numbers of a format: special ones, near one another, and just random. */
function floats({ bits, exponent }: FloatFormat): Source {
  const fraction = bits - 1 - exponent;
  const place = BigInt(fraction);
  const most = (1n << BigInt(exponent)) - 1n;
  const bias = most >> 1n;
  function number(scale: bigint, random: Random): bigint {
    const low = random.below(2) ? random.bits(fraction) : random.pick([
      0n,
      1n,
      (1n << place) - 1n,
      1n << (place - 1n),
      random.bits(12) << (place - 12n),
    ]);
    return scale << place | low;
  }
  return (random) => {
    const sign = random.bits(1) << BigInt(bits - 1);
    const kind = random.below(12);
    if (kind === 0) return random.bits(bits);
    if (kind === 1) return sign;
    if (kind === 2) return sign | most << place;
    if (kind === 3) {
      const quiet = random.bits(1) << (place - 1n);
      return sign | most << place | quiet | random.bits(fraction - 1) | 1n;
    }
    if (kind === 4) return sign | number(0n, random);
    if (kind === 5) return sign | number(most - 1n - random.bits(2), random);
    if (kind === 6) return sign | number(1n + random.bits(3), random);
    if (kind === 7) return sign | number(bias + random.bits(6), random);
    return sign | number(bias - 2n + random.bits(2), random);
  };
}

const SINGLE = floats({ bits: 32, exponent: 8 });
const DOUBLE = floats({ bits: 64, exponent: 11 });
const QUAD = floats({ bits: 128, exponent: 15 });
const HALF: Source = (random) =>
  random.pick([random.bits(16), 0x7c00n, 0x7c01n, 0x7e00n, 0n, 0x8000n, 1n]);

/** A double that a single can hold, as the *sp rows expect. */
const ROUNDED: Source = (random) => {
  const word = SINGLE(random);
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, Number(word));
  const value = view.getFloat32(0);
  if (Number.isNaN(value)) {
    return word >> 31n << 63n | 0x7ffn << 52n | (word & 0x7fffffn) << 29n;
  }
  view.setFloat64(0, value);
  return view.getBigUint64(0);
};

const DECIMAL: Source = (random) => {
  let value = 0n;
  const few = random.below(3) === 0 ? random.below(31) : 0;
  const nines = random.below(4) === 0;
  for (let i = 0; i < 31; i++) {
    const digit = i < few ? 0n : nines ? 9n : BigInt(random.below(10));
    value = value << 4n | digit;
  }
  const bad = random.below(12) === 0;
  const sign = bad ? random.bits(4) : BigInt(10 + random.below(6));
  return value << 4n | sign;
};

/** Seven digits and a sign in halfwords, seldom wrong. */
const NATIONAL: Source = (random) => {
  let value = 0n;
  const few = random.below(3) === 0 ? random.below(8) : 0;
  for (let i = 0; i < 7; i++) {
    const digit = i < few ? 0 : random.below(random.below(20) ? 10 : 16);
    value = value << 16n | BigInt(0x30 + digit);
  }
  return value << 16n | BigInt(random.pick([0x2b, 0x2d, 0x2b, 0x2d, 0x2c]));
};

/** Sixteen digits in bytes, EBCDIC or ASCII, seldom wrong. */
const ZONED: Source = (random) => {
  const zone = random.pick([0x30, 0xf0]);
  let value = 0n;
  const few = random.below(3) === 0 ? random.below(17) : 0;
  for (let i = 0; i < 16; i++) {
    const digit = i < few ? 0 : random.below(random.below(40) ? 10 : 16);
    const sign = random.pick([0x30, 0x70, 0xa0, 0xb0, 0xc0, 0xd0, 0xe0, 0xf0]);
    value = value << 8n | BigInt((i === 15 ? sign : zone) | digit);
  }
  return value;
};

/** Quadwords of any size, of which few have more than 31 digits. */
const QUADWORD: Source = (random) => {
  const size = random.pick([8, 32, 64, 96, 103, 128]);
  const value = random.bits(128) & ((1n << BigInt(size)) - 1n);
  return random.below(2) ? value : (1n << 128n) - value & ((1n << 128n) - 1n);
};

function sourcesFor({ name }: Instruction): readonly Source[] {
  if (name === "bcdcfn.") return [NATIONAL];
  if (name === "bcdcfz.") return [ZONED];
  if (name === "bcdcfsq.") return [QUADWORD];
  if (name.startsWith("bcd")) return [DECIMAL, DECIMAL, DECIMAL, ...WHOLE];
  if (name === "xscvdpqp") return [repeated(64, DOUBLE)];
  if (/qp/.test(name) && !/^xscv[su]d/.test(name)) return [QUAD];
  if (/hpdp|hpsp/.test(name)) return [repeated(16, HALF)];
  if (/^xscv[su]x|^xvcv[su]x|^vcf/.test(name)) return WHOLE;
  if (/^xv.*sp|^xscvspdp|^v.*fp|^vct[su]xs|^vrfi/.test(name)) {
    return [repeated(32, SINGLE)];
  }
  if (/^xs.*sp$/.test(name) && !/^xsrsp|^xscvdpsp/.test(name)) {
    return [repeated(64, ROUNDED)];
  }
  if (/^x[sv]/.test(name)) return [repeated(64, DOUBLE), repeated(64, ROUNDED)];
  if (/^stxssp/.test(name)) {
    return [repeated(64, DOUBLE), repeated(64, ROUNDED)];
  }
  return WHOLE;
}

/** Whether it reads or writes storage. */
export function touchesStorage({ name }: Instruction): boolean {
  return /^(lx|lv(?!s[lr]$)|stx|stv)/.test(name);
}

function fieldValue(
  insn: Instruction,
  { name, width, signed, scale }: FieldLayout,
  random: Random,
): number {
  const storage = touchesStorage(insn) || /^lvs[lr]$/.test(insn.name);
  const twoRegisters = insn.fields.has("RB");
  const length = /^(l|st)xvll?$/.test(insn.name);
  if (name === "RA" && storage && twoRegisters && !length) {
    return random.pick([0, 4, 5, 6, 7]);
  }
  if (name === "RB" && length) return random.pick([4, 5, 6, 7]);
  if (name === "RA" && /^mtvsrdd/.test(insn.name)) {
    return random.pick([0, 4, 5, 6, 7]);
  }
  if (/^R[ABST]$/.test(name)) return 8 + random.below(4);
  if (name === "DS" || name === "DQ") {
    return random.below(80 >> scale) << scale;
  }
  const value = random.below(2 ** width);
  return signed ? value - 2 ** (width - 1) << scale : value << scale;
}

function generalRegister(insn: Instruction, index: number, random: Random) {
  if (touchesStorage(insn)) {
    if (index >= 4) return POINTER | BigInt(random.below(17));
    if (/^(l|st)xvll?$/.test(insn.name)) {
      return BigInt(random.below(20)) << 56n | random.bits(56);
    }
    return BigInt(random.below(64));
  }
  const value = edges(64)(random);
  // An element beyond the vector is undefined.
  if (insn.name.startsWith("vextu")) {
    return value & ~POINTER & ~15n | BigInt(random.below(13));
  }
  return index >= 4 ? value & ~POINTER : value;
}

/** Case `index` of a row. */
export function makeCase(insn: Instruction, index: number): Case {
  const random = new Random(`${insn.name} ${insn.form} ${index}`);
  const fields: Record<string, number> = {};
  for (const [name, field] of insn.fields) {
    fields[name] = fieldValue(insn, field, random);
  }
  const sources = sourcesFor(insn);
  const source = sources[index % sources.length] ?? sources[0];
  const before: Registers = {
    cr: random.word(),
    vscr: random.pick([0, 0x10000, 0, 1]),
    fpscr: BigInt(random.below(4)),
    gpr: [],
    vsr: [],
    storage: new Uint8Array(STORAGE_BYTES),
  };
  for (let i = 0; i < 8; i++) {
    before.gpr.push(generalRegister(insn, i, random));
  }
  for (let i = 0; i < 64; i++) {
    before.vsr.push(source ? source(random) : 0n);
  }
  for (let i = 0; i < STORAGE_BYTES; i += 4) {
    const word = touchesStorage(insn) && /sp/.test(insn.name)
      ? Number(SINGLE(random))
      : random.word();
    new DataView(before.storage.buffer).setUint32(i, word);
  }
  return { word: encode(insn, fields), before };
}
