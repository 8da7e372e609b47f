/**
 * Rounding and conversion of Book I 4.6.7 and 7.6.3 in exact integers, as
 * `exact.ts` does arithmetic: independent of the rows. Numbers of any format
 * are doubles here.
 *
 * @module
 */
import { bitsOf, numberOf } from "./cases.ts";
import {
  type FormatName,
  isNan,
  isSignaling,
  type Parts,
  parts,
  type Result,
  roundNumber,
} from "./exact.ts";

/** FPSCR bits by the book's numbers. */
function bit(n: number): bigint {
  return 1n << BigInt(63 - n);
}

const XX = bit(38);
const VXSNAN = bit(39);
const FR = bit(45);
const FI = bit(46);
const VXCVI = bit(55);
const SIGN = 1n << 63n;

/** How a number becomes an integer. */
export type Direction = "nearest" | "zero" | "up" | "down" | "nearestAway";

/** The direction that FPSCR[RN] says. */
export function directionOf(fpscr: bigint): Direction {
  const all = ["nearest", "zero", "up", "down"] as const;
  return all[Number(fpscr & 3n)] ?? "nearest";
}

/** The integer next to a number, whether it is the number, and whether it was rounded up in magnitude. */
export function integerOf(
  { integer, exponent }: Parts,
  direction: Direction,
): { value: bigint; inexact: boolean; away: boolean } {
  const magnitude = integer < 0n ? -integer : integer;
  if (exponent >= 0) {
    return {
      value: integer << BigInt(exponent),
      inexact: false,
      away: false,
    };
  }
  const unit = 1n << BigInt(-exponent);
  const floor = magnitude / unit;
  const rest = magnitude % unit;
  const twice = 2n * rest;
  const away = rest !== 0n && {
    nearest: twice > unit || (twice === unit && floor % 2n === 1n),
    nearestAway: twice >= unit,
    zero: false,
    up: integer > 0n,
    down: integer < 0n,
  }[direction];
  const whole = away ? floor + 1n : floor;
  return { value: integer < 0n ? -whole : whole, inexact: rest !== 0n, away };
}

/** An integer's size and sign. */
export interface IntegerKind {
  readonly bits: 32 | 64;
  readonly signed: boolean;
}

/** Least and greatest integer. */
function bounds({ bits, signed }: IntegerKind): readonly [bigint, bigint] {
  const all = 1n << BigInt(bits);
  return signed ? [-all / 2n, all / 2n - 1n] : [0n, all - 1n];
}

/** What is converted: a number with all of its precision, or none. */
export type Source =
  | { readonly kind: "finite"; readonly parts: Parts }
  | { readonly kind: "infinity"; readonly negative: boolean }
  | { readonly kind: "nan"; readonly signaling: boolean };

/** A double as a source. */
export function sourceOf(b: bigint): Source {
  if (isNan(b)) return { kind: "nan", signaling: isSignaling(b) };
  if (Math.abs(numberOf(b)) === Infinity) {
    return { kind: "infinity", negative: (b & SIGN) !== 0n };
  }
  return { kind: "finite", parts: parts(b) };
}

/** A number to an integer, as bits of its size. */
export function toInteger(
  source: Source,
  kind: IntegerKind,
  direction: Direction,
): Result {
  const [least, greatest] = bounds(kind);
  const cut = (x: bigint) => BigInt.asUintN(kind.bits, x);
  if (source.kind === "nan") {
    return {
      bits: cut(least),
      flags: VXCVI | (source.signaling ? VXSNAN : 0n),
    };
  }
  if (source.kind === "infinity") {
    return { bits: cut(source.negative ? least : greatest), flags: VXCVI };
  }
  const { value, inexact, away } = integerOf(source.parts, direction);
  if (value < least) return { bits: cut(least), flags: VXCVI };
  if (value > greatest) return { bits: cut(greatest), flags: VXCVI };
  return {
    bits: cut(value),
    flags: inexact ? XX | FI | (away ? FR : 0n) : 0n,
  };
}

/** An integer of that size, given as bits, to a number. */
export function fromInteger(
  bits: bigint,
  { bits: size, signed }: IntegerKind,
  { fpscr, format }: { fpscr: bigint; format: FormatName },
): Result {
  const integer = signed
    ? BigInt.asIntN(size, bits)
    : BigInt.asUintN(size, bits);
  return integer === 0n
    ? { bits: 0n, flags: 0n }
    : roundNumber({ integer, exponent: 0 }, format, fpscr);
}

/** Bits of a fraction that a format lacks. */
const LOST = { double: 0n, single: 29n, half: 42n } as const;

/** A double to a format. */
export function toFormat(
  b: bigint,
  { fpscr, format }: { fpscr: bigint; format: FormatName },
): Result {
  if (isNan(b)) {
    const kept = ~((1n << LOST[format]) - 1n);
    return {
      bits: (b | 1n << 51n) & kept,
      flags: isSignaling(b) ? VXSNAN : 0n,
    };
  }
  const x = numberOf(b);
  if (x === 0 || Math.abs(x) === Infinity) return { bits: b, flags: 0n };
  return roundNumber(parts(b), format, fpscr);
}

/** A double to the integer next to it, itself a double. */
export function toIntegral(
  b: bigint,
  direction: Direction,
  { exact }: { exact: boolean },
): Result {
  if (isNan(b)) {
    return { bits: b | 1n << 51n, flags: isSignaling(b) ? VXSNAN : 0n };
  }
  const x = numberOf(b);
  if (x === 0 || Math.abs(x) === Infinity) return { bits: b, flags: 0n };
  const { value, inexact, away } = integerOf(parts(b), direction);
  const flags = inexact && exact ? XX | FI | (away ? FR : 0n) : 0n;
  // At most 53 bits, or a number that was an integer before.
  return {
    bits: value === 0n ? b & SIGN : bitsOf(Number(value)),
    flags,
  };
}

/** The double of a single or a half with so many bits of exponent. */
function widen(bits: bigint, exponent: number, fraction: number): bigint {
  const place = BigInt(fraction);
  const sign = bits >> BigInt(exponent + fraction) & 1n;
  const field = bits >> place & (1n << BigInt(exponent)) - 1n;
  const low = bits & (1n << place) - 1n;
  if (field === (1n << BigInt(exponent)) - 1n) {
    return sign << 63n | 0x7ffn << 52n | low << 52n - place;
  }
  const bias = 2 ** (exponent - 1) - 1;
  const integer = Number(field === 0n ? low : low | 1n << place);
  const power = Math.max(Number(field), 1) - bias - fraction;
  return sign << 63n | bitsOf(integer * 2 ** power);
}

/** A double that the format holds, as bits of the format. */
function cut(b: bigint, exponent: number, fraction: number): bigint {
  const sign = b >> 63n << BigInt(exponent + fraction);
  const x = Math.abs(numberOf(b));
  const most = (1n << BigInt(exponent)) - 1n << BigInt(fraction);
  if (isNan(b)) {
    return sign | most | (b & (1n << 52n) - 1n) >> BigInt(52 - fraction);
  }
  if (x === Infinity) return sign | most;
  const bias = 2 ** (exponent - 1) - 1;
  const least = 2 ** (1 - bias);
  // Denormals are multiples of the last place.
  if (x < least) return sign | BigInt(x / least * 2 ** fraction);
  const rebased = (b & ~SIGN) - (1023n - BigInt(bias) << 52n);
  return sign | rebased >> BigInt(52 - fraction);
}

/** A single's bits as a double. */
export const fromSingle = (bits: bigint): bigint => widen(bits, 8, 23);
/** A half's bits as a double. */
export const fromHalf = (bits: bigint): bigint => widen(bits, 5, 10);
/** A double that a single holds, as its bits. */
export const singleOf = (b: bigint): bigint => cut(b, 8, 23);
/** A double that a half holds, as its bits. */
export const halfOf = (b: bigint): bigint => cut(b, 5, 10);
