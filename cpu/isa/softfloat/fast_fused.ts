/**
 * The short way through a × c + b. The host has no fused operation; but with
 * p = a × c rounded and s = p + b rounded, both errors are known exactly, and
 * their sum tells where the true result lies beside s.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../ops.ts";
import type { FusedOperands } from "./arithmetic.ts";
import {
  areSingle,
  BELOW_SINGLE,
  type Exact,
  isNormal,
  isSafe,
  isWithin,
  nearestSingle,
  productRemainder,
  roundedSingle,
  type Short,
  sumError,
} from "./fast.ts";
import {
  DOUBLE_EXCESS,
  exponentOf,
  isSpecial,
  isZero,
  magnitudeOf,
  signOf,
  UNIT,
} from "./format.ts";

/** Exponents of normal numbers that are not the greatest. */
const NORMAL = { least: 1, most: 2045 } as const;

function isFinite(m: Ops, x: Value): Condition {
  return m.negate(isSpecial(m, x));
}

/** a × c - p as a double, which it fits. */
function productError(
  m: Ops,
  { a, c, p }: Record<"a" | "c" | "p", Value>,
): Value {
  const remainder = productRemainder(m, { a, b: c, result: p });
  const negative = m.ltSigned(remainder, m.const(0));
  const magnitude = m.select(
    negative,
    m.sub(m.const(0), remainder),
    remainder,
  );
  const zeros = m.clz(magnitude);
  // The product's integer has its last bit at 2^(ea + ec - 2150).
  const exponent = m.sub(
    m.add(exponentOf(m, a), exponentOf(m, c)),
    m.add(m.const(2150 - 1023 - 63), zeros),
  );
  const error = m.add(
    m.shl(m.sub(exponent, m.const(1)), 52),
    m.shl(magnitude, m.sub(zeros, m.const(DOUBLE_EXCESS))),
  );
  const sign = m.xor(signOf(m, p), m.shl(m.bit(negative), 63));
  return m.select(
    m.eq(remainder, m.const(0)),
    m.const(0),
    m.or(error, sign),
  );
}

/** What a zero product adds to is the sum, where it is normal or zero. */
function zeroProduct(
  m: Ops,
  { a, c, b }: FusedOperands,
  sum: Value,
): Exact {
  const zero = m.either(isZero(m, a), isZero(m, c));
  const finite = m.both(isFinite(m, a), isFinite(m, c));
  const number = m.either(isNormal(m, b), isZero(m, b));
  return { holds: m.both(m.both(zero, finite), number), result: sum };
}

/** a × c + b in double precision. */
export function shortFused(
  m: Ops,
  { a, c, b }: FusedOperands,
): Short {
  const p = m.hostFloat("mul", a, c);
  const s = m.hostFloat("add", p, b);
  // Exact less s: both errors are exact, and their sum is near enough.
  const rest = m.hostFloat(
    "add",
    sumError(m, p, b, s),
    productError(m, { a, c, p }),
  );
  const distance = magnitudeOf(m, rest);
  const exponent = exponentOf(m, s);
  const lastPlace = m.shl(m.sub(exponent, m.const(52)), 52);
  const half = m.shl(m.sub(exponent, m.const(53)), 52);
  const outwards = m.leSigned(m.const(0), m.xor(rest, s));
  const near = m.ltUnsigned(distance, half);
  // Between half a place and one: the neighbour is the nearest then.
  const beside = m.both(
    m.ltUnsigned(half, distance),
    m.ltUnsigned(distance, lastPlace),
  );
  // Below a power of two the places are closer.
  const even = m.either(
    m.either(outwards, m.eq(distance, m.const(0))),
    m.nonZero(m.and(s, m.const(UNIT - 1n))),
  );
  const result = m.select(
    near,
    s,
    m.select(outwards, m.add(s, m.const(1)), m.sub(s, m.const(1))),
  );
  const operands = m.both(isNormal(m, a), isNormal(m, c));
  const results = m.both(
    isWithin(m, p, { least: 120, most: 2045 }),
    isWithin(m, s, { least: 120, most: 2045 }),
  );
  return {
    exact() {
      // What is added leaves nothing but the product's own error.
      const cancelled = m.both(
        m.both(operands, isWithin(m, p, { least: 120, most: 2045 })),
        isZero(m, s),
      );
      const left = m.select(isZero(m, rest), s, rest);
      const fits = m.either(isZero(m, left), isWithin(m, left, NORMAL));
      const { holds, result } = zeroProduct(m, { a, c, b }, s);
      return {
        holds: m.either(m.both(cancelled, fits), holds),
        result: m.select(cancelled, left, result),
      };
    },
    allowed: m.both(
      m.both(operands, results),
      m.both(m.either(near, beside), even),
    ),
    result,
    rounded: () => ({
      result,
      inexact: m.nonZero(distance),
      up: m.ne(m.bit(near), m.bit(outwards)),
    }),
  };
}

/**
 * a × c + b in single precision: the product of singles is exact in double.
 * Rounding the sum twice goes wrong only where its first result lies half way
 * between singles and the exact one does not.
 */
export function shortSingleFused(
  m: Ops,
  { a, c, b }: FusedOperands,
): Short {
  const p = m.hostFloat("mul", a, c);
  const s = m.hostFloat("add", p, b);
  const error = sumError(m, p, b, s);
  const halfWay = m.eq(
    m.and(s, m.const(BELOW_SINGLE)),
    m.const(1n << 28n),
  );
  const single = areSingle(m, m.or(m.or(a, c), b));
  return {
    exact() {
      const { holds, result } = zeroProduct(m, { a, c, b }, s);
      // The product of singles is exact, and so is what cancels it.
      const cancelled = m.both(isWithin(m, p, NORMAL), isZero(m, s));
      const fits = m.either(isZero(m, s), isSafe(m, s, "single"));
      return {
        holds: m.both(single, m.both(fits, m.either(cancelled, holds))),
        result,
      };
    },
    allowed: m.both(
      m.both(
        single,
        isWithin(m, p, NORMAL),
      ),
      m.both(
        isSafe(m, s, "single"),
        m.negate(m.both(halfWay, m.nonZero(m.shl(error, 1)))),
      ),
    ),
    result: nearestSingle(m, s),
    rounded: () => roundedSingle(m, s, error),
  };
}
