/**
 * Operands for decimal instructions: edges and random numbers, the same ones
 * every time.
 *
 * @module
 */
import { encode as encodeWord } from "../../../cpu/isa/encoder.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { type Case, Random, STORAGE_BYTES } from "../vector/_cases.ts";
import { encode, type Format, FORMATS } from "./_format.ts";

/** A coefficient: few digits, nines, halves, or any. */
function coefficient(random: Random, precision: number): bigint {
  const digits = 1 + random.below(precision);
  const scale = 10n ** BigInt(digits);
  switch (random.below(9)) {
    case 0:
      return 0n;
    case 1:
      return BigInt(1 + random.below(9));
    case 2:
      return scale - 1n;
    case 3:
      return scale / 10n;
    case 4:
      return scale / 2n;
    case 5:
      return scale / 10n * BigInt(1 + random.below(9)) +
        BigInt(random.below(3));
    case 6:
      return 10n ** BigInt(precision) - 1n - BigInt(random.below(3));
    default:
      return random.bits(120) % scale;
  }
}

/** A biased exponent: near the bias, or near either end. */
function exponent(random: Random, { bias, most, precision }: Format): number {
  switch (random.below(6)) {
    case 0:
      return random.below(precision + 4);
    case 1:
      return most - random.below(precision + 4);
    case 2:
      return random.below(most + 1);
    default:
      return bias - precision + random.below(2 * precision);
  }
}

/** Bits of a number of the format: mostly finite, seldom just any bits. */
export function number(random: Random, format: Format): bigint {
  const negative = random.below(2) === 1;
  switch (random.below(14)) {
    case 0:
      return random.bits(Number(format.bits));
    case 1:
      return encode({ kind: "infinite", negative }, format);
    case 2: {
      const kind = random.below(2) ? "quiet" : "signaling";
      const payload = coefficient(random, format.precision - 1);
      return encode({ kind, negative, payload }, format);
    }
    default:
      return encode({
        kind: "finite",
        negative,
        coefficient: coefficient(random, format.precision),
        exponent: exponent(random, format),
      }, format);
  }
}

const MASK = (1n << 64n) - 1n;

/** Digits, seldom wrong ones, of which the last may be a sign. */
function bcd(random: Random, digits: number): bigint {
  let value = 0n;
  const few = random.below(3) === 0 ? random.below(digits) : 0;
  for (let i = 0; i < digits; i++) {
    const wrong = random.below(200) === 0;
    const digit = i < few ? 0 : wrong ? 11 + random.below(5) : random.below(10);
    value = value << 4n | BigInt(digit);
  }
  const sign = BigInt(10 + random.below(6));
  return random.below(2) ? value : value & ~15n | sign;
}

/** An integer of any length. */
function integer(random: Random): bigint {
  const size = random.pick([4, 16, 53, 54, 62, 63, 64]);
  const value = random.bits(size);
  return random.below(2) ? value : -value & MASK;
}

/** What an FPR, or a pair of them, should hold for an instruction. */
function pairFor(insn: Instruction, random: Random): [bigint, bigint] {
  const { name } = insn;
  if (/^dcffix/.test(name)) return [integer(random), integer(random)];
  if (name === "denbcd") return [bcd(random, 16), bcd(random, 16)];
  if (name === "denbcdq") {
    const value = bcd(random, 32);
    return [value >> 64n, value & MASK];
  }
  if (name === "dctdp") {
    const value = number(random, FORMATS.short);
    return [value, random.bits(32) << 32n | number(random, FORMATS.short)];
  }
  if (name.endsWith("q") && name !== "dctqpq" || name === "drdpq") {
    const value = number(random, FORMATS.extended);
    return [value >> 64n, value & MASK];
  }
  return [number(random, FORMATS.long), number(random, FORMATS.long)];
}

/** FRA of instructions that take a number of digits or an exponent there. */
function specialFra({ name }: Instruction, random: Random): bigint | undefined {
  if (/^drrndq?$|^dtstsfq?$/.test(name)) {
    return random.bits(58) << 6n | BigInt(random.below(40));
  }
  if (!/^diexq?$/.test(name)) return undefined;
  const { most } = name === "diex" ? FORMATS.long : FORMATS.extended;
  const value = random.pick([
    BigInt(random.below(most + 1)),
    BigInt(most + random.below(2)),
    BigInt(-random.below(6)),
    random.bits(64),
  ]);
  return value & MASK;
}

/** How FPSCR may stand before. */
export type Setting = (random: Random) => bigint;

/** Any decimal rounding mode, nothing else. */
export const QUIET: Setting = (random) => BigInt(random.below(8)) << 32n;

/** Case `index` of a row. */
export function makeCase(
  insn: Instruction,
  index: number,
  setting: Setting = QUIET,
): Case {
  const random = new Random(`${insn.name} ${insn.form} ${index}`);
  const fields: Record<string, number> = {};
  for (const [name, { width, signed, scale }] of insn.fields) {
    const value = random.below(2 ** width);
    fields[name] = (signed ? value - 2 ** (width - 1) : value) << scale;
  }
  const fpr = Array.from(
    { length: 16 },
    () => pairFor(insn, random),
  ).flat();
  const fra = specialFra(insn, random);
  if (fra !== undefined) fpr[fields.FRA ?? 0] = fra;
  return {
    word: encodeWord(insn, fields),
    before: {
      cr: random.word(),
      vscr: 0,
      fpscr: setting(random),
      gpr: new Array<bigint>(8).fill(0n),
      vsr: Array.from(
        { length: 64 },
        (_, i) => i < 32 ? (fpr[i] ?? 0n) << 64n : 0n,
      ),
      storage: new Uint8Array(STORAGE_BYTES),
    },
  };
}
