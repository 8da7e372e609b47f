/**
 * Estimates of 2ˣ and log₂ x for vector floating point (Book I 6.10.5). The
 * book asks for a relative error below 1/16 and an absolute error below 1/32;
 * these series leave less than a single's last place.
 *
 * @module
 */
import type { Ops, Value } from "./ops.ts";
import {
  DEFAULT_NAN,
  FORMAT,
  fromInteger,
  isNan,
  roundTo,
  roundToInteger,
  toInteger,
} from "./softfloat/mod.ts";

const SIGN = 1n << 63n;
const INFINITY = 0x7ffn << 52n;
const QUIET = 1n << 51n;
const BIAS = 1023;

const view = new DataView(new ArrayBuffer(8));

/** The bits of a number known when the rows are made. */
function bitsOf(value: number): bigint {
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

/** c0 + x (c1 + x (c2 + …)) in the host's arithmetic. */
function polynomial(
  m: Ops,
  x: Value,
  coefficients: readonly number[],
): Value {
  return coefficients.map((c) => m.const(bitsOf(c))).reduceRight((sum, c) =>
    m.hostFloat("add", c, m.hostFloat("mul", x, sum))
  );
}

/** The Taylor series of 2ˣ, for 0 ≤ x < 1. */
const POWERS: readonly number[] = Array.from({ length: 13 }).reduce<number[]>(
  (list, _, n) => [...list, n === 0 ? 1 : (list[n - 1] ?? 0) * Math.LN2 / n],
  [],
);

/** 2 to the power of b. Beyond ±200 a single overflows or underflows anyway. */
export function exponential(m: Ops, b: Value): Value {
  const magnitude = m.and(b, m.const(~SIGN));
  const far = m.ltUnsigned(m.const(bitsOf(200)), magnitude);
  const limit = m.or(m.and(b, m.const(SIGN)), m.const(bitsOf(200)));
  const x = m.select(far, limit, b);
  const whole = roundToInteger(m, x, { mode: "down" });
  const fraction = m.hostFloat("sub", x, whole);
  const power = polynomial(m, fraction, POWERS);
  const integer = toInteger(m, whole, { bytes: 4, signed: true, mode: "zero" });
  const scaled = m.add(power, m.shl(integer, 52));
  const rounded = roundTo(m, scaled, FORMAT.single);
  const minusInfinity = m.eq(b, m.const(SIGN | INFINITY));
  const infinity = m.eq(b, m.const(INFINITY));
  return m.select(
    isNan(m, b),
    m.or(b, m.const(QUIET)),
    m.select(
      minusInfinity,
      m.const(0),
      m.select(infinity, m.const(INFINITY), rounded),
    ),
  );
}

/** log₂ x = Σ 2 s^(2n+1) / ((2n+1) ln 2) where s = (x - 1) / (x + 1). */
const LOGARITHM: readonly number[] = Array.from(
  { length: 8 },
  (_, n) => 2 / ((2 * n + 1) * Math.LN2),
);

/** The logarithm of b to base 2. A single is never denormalized in a double. */
export function logarithm(m: Ops, b: Value): Value {
  const exponent = m.sub(m.shr(b, 52), m.const(BIAS));
  const fraction = m.and(b, m.const((1n << 52n) - 1n));
  // 1 to 2, or for what lies above √2, half of it.
  const above = m.leUnsigned(
    m.const(bitsOf(Math.SQRT2) & ((1n << 52n) - 1n)),
    fraction,
  );
  const significand = m.or(
    fraction,
    m.select(above, m.const(bitsOf(0.5)), m.const(bitsOf(1))),
  );
  const whole = m.add(exponent, m.bit(above));
  const one = m.const(bitsOf(1));
  const s = m.hostFloat(
    "div",
    m.hostFloat("sub", significand, one),
    m.hostFloat("add", significand, one),
  );
  const series = polynomial(m, m.hostFloat("mul", s, s), LOGARITHM);
  const integral = fromInteger(m, whole, {
    signed: true,
    format: FORMAT.double,
  });
  const sum = m.hostFloat("add", integral, m.hostFloat("mul", s, series));
  const rounded = roundTo(m, sum, FORMAT.single);
  const minus = m.ltSigned(b, m.const(0));
  const zero = m.eq(m.shl(b, 1), m.const(0));
  return m.select(
    isNan(m, b),
    m.or(b, m.const(QUIET)),
    m.select(
      zero,
      m.const(SIGN | INFINITY),
      m.select(
        minus,
        m.const(DEFAULT_NAN),
        m.select(m.eq(b, m.const(INFINITY)), b, rounded),
      ),
    ),
  );
}
