/**
 * Conversions of quad-precision numbers and their rounding to integers (Book I
 * 7.6.3) in exact integers, independent of the rows.
 *
 * @module
 */
import { type Result, roundNumber } from "../float/exact.ts";
import {
  type Direction,
  directionOf,
  type IntegerKind,
  integerOf,
  type Source,
  sourceOf,
  toInteger,
} from "../float/exact_convert.ts";
import { isInfinite, isNan, isSignaling, parts } from "./_exact.ts";

/** FPSCR bits by the book's numbers. */
function bit(n: number): bigint {
  return 1n << BigInt(63 - n);
}

const [XX, VXSNAN, FR, FI] = [bit(38), bit(39), bit(45), bit(46)];
const SIGN = 1n << 127n;
const QUIET = 1n << 111n;
const FRACTION = 112n;
const BIAS = 16383n;

function quadSource(b: bigint): Source {
  if (isNan(b)) return { kind: "nan", signaling: isSignaling(b) };
  if (isInfinite(b)) {
    return { kind: "infinity", negative: (b & SIGN) !== 0n };
  }
  const { integer, exponent } = parts(b);
  return { kind: "finite", parts: { integer, exponent: Number(exponent) } };
}

/** A nonzero integer × 2^exponent of at most 113 bits, and not denormal. */
function assemble(integer: bigint, exponent: number): bigint {
  const magnitude = integer < 0n ? -integer : integer;
  const length = BigInt(magnitude.toString(2).length);
  const field = BigInt(exponent) + length - 1n + BIAS;
  const fraction = (magnitude << FRACTION + 1n - length) - (1n << FRACTION);
  return (integer < 0n ? SIGN : 0n) | field << FRACTION | fraction;
}

function quieted(b: bigint): Result {
  return { bits: b | QUIET, flags: isSignaling(b) ? VXSNAN : 0n };
}

/** A double, exactly. */
export function fromDouble(b: bigint): Result {
  const source = sourceOf(b);
  const sign = b >> 63n << 127n;
  if (source.kind === "nan") {
    const low = (b & (1n << 52n) - 1n) << FRACTION - 52n;
    return {
      bits: sign | 0x7fffn << FRACTION | low | QUIET,
      flags: source.signaling ? VXSNAN : 0n,
    };
  }
  if (source.kind === "infinity") {
    return { bits: sign | 0x7fffn << FRACTION, flags: 0n };
  }
  const { integer, exponent } = source.parts;
  const bits = integer === 0n ? sign : assemble(integer, exponent);
  return { bits, flags: 0n };
}

/** To a double, as FPSCR says or to odd. */
export function toDouble(
  b: bigint,
  { fpscr, odd }: { fpscr: bigint; odd: boolean },
): Result {
  const source = quadSource(b);
  const sign = b >> 127n << 63n;
  if (source.kind === "nan") {
    const low = b >> FRACTION - 52n & (1n << 52n) - 1n;
    return {
      bits: sign | 0x7ff8n << 48n | low,
      flags: source.signaling ? VXSNAN : 0n,
    };
  }
  if (source.kind === "infinity") {
    return { bits: sign | 0x7ffn << 52n, flags: 0n };
  }
  if (source.parts.integer === 0n) return { bits: sign, flags: 0n };
  if (!odd) return roundNumber(source.parts, "double", fpscr);
  // To zero, and what was lost sets the last bit.
  const cut = roundNumber(source.parts, "double", fpscr & ~3n | 1n);
  const lost = (cut.flags & FI) !== 0n && (cut.bits & 1n) === 0n;
  return lost ? { bits: cut.bits | 1n, flags: cut.flags | FR } : cut;
}

/** To an integer, to zero: bits of its size. */
export function quadToInteger(b: bigint, kind: IntegerKind): Result {
  return toInteger(quadSource(b), kind, "zero");
}

/** A doubleword, which always fits. */
export function quadFromInteger(bits: bigint, signed: boolean): Result {
  const integer = signed ? BigInt.asIntN(64, bits) : bits;
  return {
    bits: integer === 0n ? 0n : assemble(integer, 0),
    flags: 0n,
  };
}

/** The direction that R and RMC ask for. */
export function directionFor(
  { R, RMC }: { R: number; RMC: number },
  fpscr: bigint,
): Direction {
  if (R === 1) return directionOf(BigInt(RMC));
  return RMC === 3 ? directionOf(fpscr) : "nearestAway";
}

/** To the integer next to it. */
export function toIntegral(
  b: bigint,
  direction: Direction,
  { exact }: { exact: boolean },
): Result {
  const source = quadSource(b);
  if (source.kind === "nan") return quieted(b);
  if (source.kind === "infinity" || source.parts.integer === 0n) {
    return { bits: b, flags: 0n };
  }
  const { value, inexact, away } = integerOf(source.parts, direction);
  return {
    bits: value === 0n ? b & SIGN : assemble(value, 0),
    flags: inexact && exact ? XX | FI | (away ? FR : 0n) : 0n,
  };
}

/** To 64 bits of precision, where neither end of the exponents is near. */
export function toExtended(b: bigint, direction: Direction): Result {
  const source = quadSource(b);
  if (source.kind === "nan") {
    // What is beyond 64 bits is cut off.
    const { flags } = quieted(b);
    return { bits: (b | QUIET) >> 49n << 49n, flags };
  }
  if (source.kind === "infinity" || source.parts.integer === 0n) {
    return { bits: b, flags: 0n };
  }
  const { integer, exponent } = source.parts;
  const magnitude = integer < 0n ? -integer : integer;
  const extra = magnitude.toString(2).length - 64;
  if (extra <= 0) return { bits: b, flags: 0n };
  const { value, inexact, away } = integerOf(
    { integer, exponent: -extra },
    direction,
  );
  return {
    bits: assemble(value, exponent + extra),
    flags: inexact ? XX | FI | (away ? FR : 0n) : 0n,
  };
}
