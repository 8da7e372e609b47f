/**
 * Binary quad precision (Book I 7.3.2.3): a sign, 15 bits of exponent and 112
 * of fraction, as a pair of doublewords.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../../ops.ts";
import { subroutine } from "../../subroutine.ts";
import {
  isNothing,
  leadingZeros,
  selectWide,
  shiftLeft,
  type Wide,
} from "../../wide.ts";
import { SIGN } from "../format.ts";

/** Bits of the doubleword 0. */
export const INFINITY = 0x7fffn << 48n;
/** The implicit bit, and the least normal number. */
export const UNIT = 1n << 48n;
export const QUIET = 1n << 47n;
export const FRACTION = UNIT - 1n;
/** What an invalid operation gives; the doubleword 1 is 0. */
export const DEFAULT_NAN = INFINITY | QUIET;
export const BIAS = 16383;
/** The exponent of infinities and NaNs. */
export const SPECIAL = 0x7fff;
/** Bits that a significand in flight has below the last place. */
export const EXCESS = 15;

/** The biased exponent, 0 to 32767. */
export function exponentOf(m: Ops, { high }: Wide): Value {
  return m.and(m.shr(high, 48), m.const(SPECIAL));
}

/** The sign bit in its place. */
export function signOf(m: Ops, { high }: Wide): Value {
  return m.and(high, m.const(SIGN));
}

/** Infinity or NaN. */
export function isSpecial(m: Ops, x: Wide): Condition {
  return m.eq(exponentOf(m, x), m.const(SPECIAL));
}

export function isZero(m: Ops, { high, low }: Wide): Condition {
  return m.eq(m.or(m.shl(high, 1), low), m.const(0));
}

export function isNan(m: Ops, { high, low }: Wide): Condition {
  const rest = m.or(m.shl(high, 1), m.bit(m.nonZero(low)));
  return m.ltUnsigned(m.const(INFINITY << 1n), rest);
}

export function isSignaling(m: Ops, x: Wide): Condition {
  return m.both(
    isNan(m, x),
    m.eq(m.and(x.high, m.const(QUIET)), m.const(0)),
  );
}

/** The number with the other sign; a NaN as it is. */
export function negated(m: Ops, x: Wide): Wide {
  const { high, low } = x;
  return {
    high: m.select(isNan(m, x), high, m.xor(high, m.const(SIGN))),
    low,
  };
}

/** The significand as an integer, its implicit bit being bit 48 above. */
export function significandOf(m: Ops, x: Wide): Wide {
  const fraction = m.and(x.high, m.const(FRACTION));
  const denormalized = m.eq(exponentOf(m, x), m.const(0));
  return {
    high: m.select(denormalized, fraction, m.or(fraction, m.const(UNIT))),
    low: x.low,
  };
}

/**
 * A finite number with its first bit at bit 127 and the biased exponent that
 * goes with it, below 1 for denormalized numbers. Zero has significand 0.
 */
export function normalized(m: Ops, x: Wide) {
  const significand = significandOf(m, x);
  const zeros = leadingZeros(m, significand);
  const exponent = exponentOf(m, x);
  const scale = m.select(m.eq(exponent, m.const(0)), m.const(1), exponent);
  return {
    significand: shiftLeft(m, significand, zeros),
    exponent: m.sub(m.add(scale, m.const(EXCESS)), zeros),
  };
}

/** The pair that a subroutine gave: doubleword 0, and FP_LOW. */
export function pairOf(m: Ops, high: Value): Wide {
  return { high, low: m.reg("FP_LOW") };
}

/** Gives a pair from a subroutine. */
export function returned(m: Ops, { high, low }: Wide): Value {
  m.setReg("FP_LOW", low);
  return high;
}

/** FPRF of a result (Book I 4.2.2): class and sign. */
export const CLASS_OF = subroutine("quad_class", 2, (m, high, low) => {
  const x = { high, low };
  const exponent = exponentOf(m, x);
  const whole = isNothing(m, {
    high: m.and(high, m.const(FRACTION)),
    low,
  });
  const negative = m.ltSigned(high, m.const(0));
  function signed(minus: number, plus: number): Value {
    return m.select(negative, m.const(minus), m.const(plus));
  }
  return m.select(
    m.eq(exponent, m.const(0)),
    m.select(whole, signed(0b10010, 0b00010), signed(0b11000, 0b10100)),
    m.select(
      m.eq(exponent, m.const(SPECIAL)),
      m.select(whole, signed(0b01001, 0b00101), m.const(0b10001)),
      signed(0b01000, 0b00100),
    ),
  );
});

/** The first of the numbers that is a NaN; else the last. */
export function firstNan(
  m: Ops,
  [x, ...rest]: readonly [Wide, ...Wide[]],
): Wide {
  const [next, ...others] = rest;
  return next
    ? selectWide(m, isNan(m, x), x, firstNan(m, [next, ...others]))
    : x;
}
