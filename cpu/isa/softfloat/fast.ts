/**
 * The short way through scalar arithmetic: the host's operation, rounded to
 * nearest, where its result is normal and no exception but inexact can occur.
 * What the host does not tell, whether and where it rounded, comes from the
 * operands: an error-free sum, or a remainder that fits into 64 bits.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../ops.ts";
import { exponentOf, isZero, SIGN, UNIT } from "./format.ts";
import { FPSCR } from "./fpscr.ts";

/** Bits of a double that a single has not. */
export const BELOW_SINGLE = (1n << 29n) - 1n;

/** Exponents between which a rounded result cannot have left the format. */
const SAFE = {
  double: { least: 2, most: 2045 },
  single: { least: 898, most: 1149 },
} as const;

/** A short way: when it may be gone and where it leads. */
export interface Short {
  readonly allowed: Condition;
  /** The result, meaningful where it is allowed. */
  readonly result: Value;
  /** The same, with what else FPSCR wants to know. */
  readonly rounded: () => Rounded;
  /** Where it may not be gone: whether the result is exact all the same. */
  readonly exact: () => Exact;
}

/** A result that is exact, and zero or a normal number. */
export interface Exact {
  readonly holds: Condition;
  readonly result: Value;
}

/** A result with what FR and FI want to know of it. */
export interface Rounded {
  readonly result: Value;
  /** Whether it differs from the exact result. */
  readonly inexact: Condition;
  /** If so, whether it is the greater magnitude. */
  readonly up: Condition;
}

/** Rounding to nearest, and nobody waits for an inexact result. */
export function isCalm(m: Ops): Condition {
  return m.eq(
    m.and(m.reg("FPSCR"), m.const(FPSCR.RN | FPSCR.XE)),
    m.const(0),
  );
}

/** Whether the biased exponent lies between two bounds, both included. */
export function isWithin(
  m: Ops,
  x: Value,
  { least, most }: { least: number; most: number },
): Condition {
  return m.ltUnsigned(
    m.sub(m.shl(x, 1), m.const(BigInt(least) << 53n)),
    m.const(BigInt(most - least + 1) << 53n),
  );
}

/** A normal result from which the format's bounds are far enough. */
export function isSafe(
  m: Ops,
  x: Value,
  format: "double" | "single",
): Condition {
  return isWithin(m, x, SAFE[format]);
}

/** Finite and not denormalized, nor zero. */
export function isNormal(m: Ops, x: Value): Condition {
  return isWithin(m, x, { least: 1, most: 2046 });
}

/** The numbers have no bit that a single has not. */
export function areSingle(m: Ops, bits: Value): Condition {
  return m.eq(m.and(bits, m.const(BELOW_SINGLE)), m.const(0));
}

/** Enters a normal result into FPSCR, as `enterScalar` would. */
export function enterRounded(
  m: Ops,
  { result, inexact, up }: Rounded,
): void {
  const fpscr = m.reg("FPSCR");
  const kept = m.and(
    fpscr,
    m.const(~(FPSCR.FPRF | FPSCR.FR | FPSCR.FI)),
  );
  // FPRF: 0b00100 for positive and 0b01000 for negative normal numbers.
  const fprf = m.shl(m.add(m.shr(result, 63), m.const(1)), 14);
  // FX where XX turns from 0 to 1: six bits above it.
  const fx = m.shl(m.and(m.not(fpscr), m.const(FPSCR.XX)), 6);
  const lost = m.or(
    m.or(fx, m.const(FPSCR.XX | FPSCR.FI)),
    m.shl(m.bit(up), 18),
  );
  m.setReg(
    "FPSCR",
    m.or(m.or(kept, fprf), m.select(inexact, lost, m.const(0))),
  );
  m.setReg("FP_STATUS", m.const(0));
}

/** The same of a result that is exact, and may be zero. */
export function enterExact(m: Ops, result: Value): void {
  const kept = m.and(
    m.reg("FPSCR"),
    m.const(~(FPSCR.FPRF | FPSCR.FR | FPSCR.FI)),
  );
  const sign = m.shr(result, 63);
  // FPRF: 0b00010 for plus zero and 0b10010 for minus zero.
  const zero = m.or(m.shl(sign, 16), m.const(2 << 12));
  const normal = m.shl(m.add(sign, m.const(1)), 14);
  const fprf = m.select(isZero(m, result), zero, normal);
  m.setReg("FPSCR", m.or(kept, fprf));
  m.setReg("FP_STATUS", m.const(0));
}

/** a + b - sum, exactly (Knuth), where no step overflows. */
export function sumError(m: Ops, a: Value, b: Value, sum: Value): Value {
  const b2 = m.hostFloat("sub", sum, a);
  const a2 = m.hostFloat("sub", sum, b2);
  return m.hostFloat(
    "add",
    m.hostFloat("sub", a, a2),
    m.hostFloat("sub", b, b2),
  );
}

function isNotZero(m: Ops, x: Value): Condition {
  return m.nonZero(m.shl(x, 1));
}

/** Whether they have different signs: an error against its result. */
function opposed(m: Ops, x: Value, y: Value): Condition {
  return m.ltSigned(m.xor(x, y), m.const(0));
}

/** What rounding a sum to double has left over. */
export function roundedSum(m: Ops, sum: Value, error: Value): Rounded {
  return {
    result: sum,
    inexact: isNotZero(m, error),
    up: opposed(m, error, sum),
  };
}

/** Significand of a normal number, the implicit bit being bit 52. */
function integerOf(m: Ops, x: Value): Value {
  return m.or(m.and(x, m.const(UNIT - 1n)), m.const(UNIT));
}

/**
 * Rounding judged by a remainder: exact less rounded magnitude, of which the
 * low 64 bits are known and which is much smaller than that.
 */
function judged(m: Ops, result: Value, remainder: Value): Rounded {
  return {
    result,
    inexact: m.nonZero(remainder),
    up: m.ltSigned(remainder, m.const(0)),
  };
}

/** Bias by which exponents of significands read as integers add up. */
const INTEGER = 1075;

/** Operands of an operation on two numbers, and what the host gives. */
type Computed = Readonly<Record<"a" | "b" | "result", Value>>;

/** a × b less the result, in last places of the product of integers. */
export function productRemainder(m: Ops, { a, b, result }: Computed): Value {
  const exponents = m.add(exponentOf(m, a), exponentOf(m, b));
  const shift = m.sub(
    m.add(exponentOf(m, result), m.const(INTEGER)),
    exponents,
  );
  return m.sub(
    m.mul(integerOf(m, a), integerOf(m, b)),
    m.shl(integerOf(m, result), shift),
  );
}

/** a × b of normal numbers: the low bits of the product of integers tell. */
export function roundedProduct(m: Ops, computed: Computed): Rounded {
  return judged(m, computed.result, productRemainder(m, computed));
}

/** a ÷ b of normal numbers: the remainder a - result × b tells. */
export function roundedQuotient(
  m: Ops,
  { a, b, result }: Computed,
): Rounded {
  const exponents = m.add(exponentOf(m, result), exponentOf(m, b));
  const shift = m.sub(
    m.add(exponentOf(m, a), m.const(INTEGER)),
    exponents,
  );
  return judged(
    m,
    result,
    m.sub(
      m.shl(integerOf(m, a), shift),
      m.mul(integerOf(m, result), integerOf(m, b)),
    ),
  );
}

/** The double rounded to single precision, to nearest even. */
export function nearestSingle(m: Ops, x: Value): Value {
  const odd = m.and(m.shr(x, 29), m.const(1));
  const carried = m.add(x, m.add(m.const(BELOW_SINGLE >> 1n), odd));
  return m.and(carried, m.const(~BELOW_SINGLE));
}

/**
 * A double result of singles rounded again to single, which gives the same as
 * rounding once. `error` is what the first rounding left over; it matters only
 * where the double is a single already.
 */
export function roundedSingle(
  m: Ops,
  x: Value,
  error?: Value,
): Rounded {
  const result = nearestSingle(m, x);
  const changed = m.ne(result, x);
  const up = m.ltUnsigned(x, result);
  if (!error) return { result, inexact: changed, up };
  return {
    result,
    inexact: m.either(changed, isNotZero(m, error)),
    up: m.either(up, m.both(m.negate(changed), opposed(m, error, x))),
  };
}

/** x with the other sign, whatever it is. */
export function flipped(m: Ops, x: Value): Value {
  return m.xor(x, m.const(SIGN));
}
