/**
 * Formats of binary floating point (Book I 4.3.1) and how a number in an FPR
 * is taken apart. Whatever the format, a number in flight is in double format.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../ops.ts";

function describe(
  fraction: number,
  minimum: number,
  maximum: number,
  rebias: number,
): bigint {
  return BigInt(63 - fraction) | BigInt(1023 + minimum) << 8n |
    BigInt(1023 + maximum) << 20n | BigInt(rebias) << 32n;
}

/**
 * What rounding must know of a format, packed into a constant: number of bits
 * below the last place (6 bits), least and greatest exponent of a normal
 * number, biased as a double's (12 bits each, from bit 8 and 20), and by how
 * much enabled overflow and underflow adjust the exponent (from bit 32,
 * Book I 4.4.3 and 4.4.4).
 */
export const FORMAT = {
  double: describe(52, -1022, 1023, 1536),
  single: describe(23, -126, 127, 192),
  half: describe(10, -14, 15, 24),
} as const;

/** A value of {@linkcode FORMAT}, perhaps with a {@linkcode rounded} mode. */
export type Format = bigint;

/** Rounding modes: FPSCR[RN]'s four and two that only opcodes ask for. */
export const MODE = {
  nearestEven: 0,
  zero: 1,
  up: 2,
  down: 3,
  nearestAway: 4,
  odd: 5,
} as const;

const MODE_SHIFT = 48;

/** The format with a rounding mode of its own instead of FPSCR[RN]. */
export function rounded(format: Format, mode: "zero" | "odd"): Format {
  return format | BigInt(MODE[mode]) << BigInt(MODE_SHIFT);
}

/** Taken apart at run time: see {@linkcode FORMAT}. */
export function formatParts(m: Ops, format: Value) {
  return {
    /** Bits below the last place of a significand whose first bit is bit 63. */
    excess: m.and(format, m.const(63)),
    minimum: m.and(m.shr(format, 8), m.const(0xfff)),
    maximum: m.and(m.shr(format, 20), m.const(0xfff)),
    rebias: m.and(m.shr(format, 32), m.const(0xffff)),
    /** 0 where FPSCR[RN] holds. */
    mode: m.shr(format, MODE_SHIFT),
  };
}

export const SIGN = 1n << 63n;
export const INFINITY = 0x7ffn << 52n;
/** The implicit bit, and the least normal number. */
export const UNIT = 1n << 52n;
export const QUIET = 1n << 51n;
/** What an invalid operation gives (Book I 4.4.1.2). */
export const DEFAULT_NAN = INFINITY | QUIET;
/** Bits that a significand in flight has below a double's last place. */
export const DOUBLE_EXCESS = 11;

/** The sign bit in its place. */
export function signOf(m: Ops, x: Value): Value {
  return m.and(x, m.const(SIGN));
}

export function magnitudeOf(m: Ops, x: Value): Value {
  return m.and(x, m.const(~SIGN));
}

/** The biased exponent, 0 to 2047. */
export function exponentOf(m: Ops, x: Value): Value {
  return m.and(m.shr(x, 52), m.const(0x7ff));
}

/** The significand as an integer, the implicit bit being bit 52. */
export function significandOf(m: Ops, x: Value): Value {
  const fraction = m.and(x, m.const(UNIT - 1n));
  return m.select(
    m.eq(exponentOf(m, x), m.const(0)),
    fraction,
    m.or(fraction, m.const(UNIT)),
  );
}

/** The exponent that {@linkcode significandOf} is to be read with. */
export function scaleOf(m: Ops, x: Value): Value {
  const exponent = exponentOf(m, x);
  return m.select(m.eq(exponent, m.const(0)), m.const(1), exponent);
}

/**
 * A finite number with its first bit at bit 63 and the biased exponent that
 * goes with it, below 1 for denormalized numbers. Zero has significand 0.
 */
export function normalized(m: Ops, x: Value) {
  const significand = significandOf(m, x);
  const zeros = m.clz(significand);
  return {
    significand: m.shl(significand, zeros),
    exponent: m.sub(m.add(scaleOf(m, x), m.const(DOUBLE_EXCESS)), zeros),
  };
}

export function isNan(m: Ops, x: Value): Condition {
  return m.ltUnsigned(m.const(INFINITY << 1n), m.shl(x, 1));
}

export function isSignaling(m: Ops, x: Value): Condition {
  return m.both(
    isNan(m, x),
    m.eq(m.and(x, m.const(QUIET)), m.const(0)),
  );
}

/** Infinity or NaN. */
export function isSpecial(m: Ops, x: Value): Condition {
  return m.eq(exponentOf(m, x), m.const(0x7ff));
}

export function isZero(m: Ops, x: Value): Condition {
  return m.eq(m.shl(x, 1), m.const(0));
}

/** The number with the other sign; a NaN as it is. */
export function negated(m: Ops, x: Value): Value {
  return m.select(isNan(m, x), x, m.xor(x, m.const(SIGN)));
}

/** FPRF of a result (Book I 4.2.2, figure 44): class and sign. */
export function classOf(m: Ops, x: Value, format: Value): Value {
  const { minimum } = formatParts(m, format);
  const magnitude = magnitudeOf(m, x);
  const negative = m.ltSigned(x, m.const(0));
  function signed(minus: number, plus: number): Value {
    return m.select(negative, m.const(minus), m.const(plus));
  }
  const infinity = m.const(INFINITY);
  return m.select(
    m.ltUnsigned(magnitude, m.shl(minimum, 52)),
    m.select(
      m.eq(magnitude, m.const(0)),
      signed(0b10010, 0b00010),
      signed(0b11000, 0b10100),
    ),
    m.select(
      m.ltUnsigned(magnitude, infinity),
      signed(0b01000, 0b00100),
      m.select(
        m.eq(magnitude, infinity),
        signed(0b01001, 0b00101),
        m.const(0b10001),
      ),
    ),
  );
}
