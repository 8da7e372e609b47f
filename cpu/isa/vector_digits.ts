/**
 * Decimal integers in vectors (Book I 6.18): 31 digits and a sign.
 *
 * Sixteen digits are added at once in a doubleword: six more in every digit
 * makes decimal carries binary ones, and where none came the six goes again.
 *
 * @module
 */
import type { Condition, Ops, Value, Vector } from "./ops.ts";
import type { Wide } from "./wide.ts";

const SIXES = 0x6666666666666666n;
const BOUNDARIES = 0x1111111111111110n;
const TOP_DIGIT = 1n << 60n;

/** 31 digits, the last at the bottom, without a sign. */
export type Magnitude = Wide;

/** The digits of a vector, without its sign. */
export function magnitudeOf(m: Ops, x: Vector): Magnitude {
  const [upper, lower] = [m.upper(x), m.lower(x)];
  return {
    high: m.shr(upper, 4),
    low: m.or(m.shl(upper, 60), m.shr(lower, 4)),
  };
}

/** The code in the last four bits. */
export function signOf(m: Ops, x: Vector): Value {
  return m.and(m.lower(x), m.const(15));
}

/** Codes 11 and 13 are minus; 10, 12, 14 and 15 plus. */
export function isMinus(m: Ops, sign: Value): Condition {
  return m.either(m.eq(sign, m.const(11)), m.eq(sign, m.const(13)));
}

/** True where a digit is above 9: its first bit and one of the next two. */
export function hasBadDigit(m: Ops, x: Value): Condition {
  const next = m.or(m.shl(x, 1), m.shl(x, 2));
  const bad = m.and(m.and(x, next), m.const(0x8888888888888888n));
  return m.nonZero(bad);
}

/** A digit above 9 or a sign below 10. */
export function isInvalid(m: Ops, x: Vector): Condition {
  const { high, low } = magnitudeOf(m, x);
  const digits = m.either(hasBadDigit(m, high), hasBadDigit(m, low));
  return m.either(digits, m.ltUnsigned(signOf(m, x), m.const(10)));
}

/** Sixteen digits, and whether there was a carry or a borrow. */
export interface Sum {
  readonly digits: Value;
  readonly carry: Value;
}

/** x + y + carry of sixteen digits each. */
export function addDigits(m: Ops, x: Value, y: Value, carry: Value): Sum {
  const raised = m.add(x, m.const(SIXES));
  const first = m.add(raised, y);
  const sum = m.add(first, carry);
  const out = m.or(
    m.bit(m.ltUnsigned(first, raised)),
    m.bit(m.ltUnsigned(sum, first)),
  );
  const carries = m.xor(sum, m.xor(raised, y));
  const none = m.and(m.not(carries), m.const(BOUNDARIES));
  const top = m.select(m.nonZero(out), m.const(0), m.const(TOP_DIGIT));
  const without = m.or(m.shr(none, 4), top);
  return {
    digits: m.sub(sum, m.mul(without, m.const(6))),
    carry: out,
  };
}

/** x - y - borrow; digits that borrow have 16 where they should have 10. */
export function subtractDigits(m: Ops, x: Value, y: Value, borrow: Value): Sum {
  const first = m.sub(x, y);
  const difference = m.sub(first, borrow);
  const out = m.or(
    m.bit(m.ltUnsigned(x, y)),
    m.bit(m.ltUnsigned(first, borrow)),
  );
  const borrows = m.and(
    m.xor(difference, m.xor(x, y)),
    m.const(BOUNDARIES),
  );
  const with16 = m.or(m.shr(borrows, 4), m.shl(out, 60));
  return {
    digits: m.sub(difference, m.mul(with16, m.const(6))),
    carry: out,
  };
}

/** The 31 digits, and whether there was a 32nd. */
export function addMagnitudes(
  m: Ops,
  a: Magnitude,
  b: Magnitude,
  carry: Value = m.const(0),
): Magnitude & { readonly overflow: Value } {
  const low = addDigits(m, a.low, b.low, carry);
  const high = addDigits(m, a.high, b.high, low.carry);
  return {
    high: m.and(high.digits, m.const(TOP_DIGIT - 1n)),
    low: low.digits,
    overflow: m.shr(high.digits, 60),
  };
}

/** The digits of a - b, where a is not less. */
export function subtractMagnitudes(
  m: Ops,
  a: Magnitude,
  b: Magnitude,
): Magnitude {
  const low = subtractDigits(m, a.low, b.low, m.const(0));
  const high = subtractDigits(m, a.high, b.high, low.carry);
  return { high: high.digits, low: low.digits };
}

/** The preferred code of minus. */
export const MINUS_CODE = 13;

/** Plus is 12 or, with PS, 15. */
export function plusCode(m: Ops, ps: Value): Value {
  return m.add(m.const(12), m.mul(ps, m.const(3)));
}

/** The vector of digits and sign. */
export function joined(m: Ops, { high, low }: Magnitude, sign: Value): Vector {
  return m.vector(
    m.or(m.shl(high, 4), m.shr(low, 60)),
    m.or(m.shl(low, 4), sign),
  );
}

/** LT, GT or EQ of a number as bits 8, 4, 2. */
export function order(m: Ops, nothing: Condition, minus: Condition): Value {
  return m.select(
    nothing,
    m.const(2),
    m.select(minus, m.const(8), m.const(4)),
  );
}

/** Sign code of a result: 13, or a preferred plus. */
export function preferredSign(m: Ops, minus: Condition, ps: Value): Value {
  return m.select(minus, m.const(MINUS_CODE), plusCode(m, ps));
}
