/**
 * The quick way through scalar arithmetic, for engines that leave FPSCR for
 * later: the host's result, and what must be looked at to know that nothing
 * but inexact can have occurred. Unlike the short way of `fast.ts` it does not
 * find out whether and where the host has rounded.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../ops.ts";
import { areSingle, BELOW_SINGLE, flipped, isSafe } from "./fast.ts";
import { shortFused } from "./fast_fused.ts";
import { isZero } from "./format.ts";
import { FPSCR } from "./fpscr.ts";

/** A result and when it is right, with nothing to enter but what waits. */
export interface Quick {
  readonly result: Value;
  /** Holds nearly always. */
  readonly likely: Condition;
  /** Another one, for results that are zero. */
  readonly otherwise?: () => Condition;
}

/**
 * FPSCR where it asks for nothing but what can wait: rounding to nearest, and
 * inexact results have occurred and do not interrupt.
 */
export const PATIENT = {
  mask: FPSCR.RN | FPSCR.XE | FPSCR.XX,
  value: FPSCR.XX,
} as const;

/** a + b; a zero is exact, as sums never underflow. */
export function quickSum(m: Ops, a: Value, b: Value): Quick {
  const result = m.hostFloat("add", a, b);
  return {
    result,
    likely: isSafe(m, result, "double"),
    otherwise: () => isZero(m, result),
  };
}

/** a - b. */
export function quickDifference(m: Ops, a: Value, b: Value): Quick {
  const result = m.hostFloat("sub", a, b);
  return {
    result,
    likely: isSafe(m, result, "double"),
    otherwise: () => isZero(m, result),
  };
}

/** A zero that comes of a zero is exact. */
function zeroOf(m: Ops, result: Value, ...operands: Value[]): () => Condition {
  return () =>
    m.both(
      isZero(m, result),
      operands.map((operand) => isZero(m, operand))
        .reduce((some, zero) => m.either(some, zero)),
    );
}

/** a × b. */
export function quickProduct(m: Ops, a: Value, b: Value): Quick {
  const result = m.hostFloat("mul", a, b);
  return {
    result,
    likely: isSafe(m, result, "double"),
    otherwise: zeroOf(m, result, a, b),
  };
}

/** a ÷ b. */
export function quickQuotient(m: Ops, a: Value, b: Value): Quick {
  const result = m.hostFloat("div", a, b);
  return {
    result,
    likely: isSafe(m, result, "double"),
    otherwise: zeroOf(m, result, a),
  };
}

/** √b. */
export function quickRoot(m: Ops, b: Value): Quick {
  const result = m.hostFloat("sqrt", b);
  return {
    result,
    likely: isSafe(m, result, "double"),
    otherwise: () => isZero(m, result),
  };
}

/** a × c + b. */
export function quickFused(m: Ops, a: Value, c: Value, b: Value): Quick {
  const host = m.host?.fused;
  if (!host) {
    const { result, allowed } = shortFused(m, { a, c, b });
    return { result, likely: allowed };
  }
  const result = host(a, c, b);
  return {
    result,
    likely: isSafe(m, result, "double"),
    otherwise: zeroOf(m, result, a, c),
  };
}

/**
 * A result in double precision, of singles, rounded to single: either it is
 * one or too far from one for the first rounding to matter.
 */
function single(
  m: Ops,
  { result, otherwise }: Quick,
  operands: Value,
): Quick {
  return {
    result: m.hostFloat("single", result),
    likely: m.both(isSafe(m, result, "single"), areSingle(m, operands)),
    ...otherwise && {
      otherwise: () => m.both(otherwise(), areSingle(m, operands)),
    },
  };
}

type QuickUnary = (m: Ops, b: Value) => Quick;
type QuickBinary = (m: Ops, a: Value, b: Value) => Quick;

/** The same of one single. */
export function quickSingle(quick: QuickUnary): QuickUnary {
  return (m, b) => single(m, quick(m, b), b);
}

/** The same of two singles. */
export function quickSingles(quick: QuickBinary): QuickBinary {
  return (m, a, b) => single(m, quick(m, a, b), m.or(a, b));
}

/**
 * a × c + b of singles, whose product is exact in double: what lies half way
 * between singles may have been rounded there.
 */
export function quickSingleFused(
  m: Ops,
  a: Value,
  c: Value,
  b: Value,
): Quick {
  const product = m.hostFloat("mul", a, c);
  const sum = m.hostFloat("add", product, b);
  const halfWay = m.eq(
    m.and(sum, m.const(BELOW_SINGLE)),
    m.const(1n << 28n),
  );
  const operands = areSingle(m, m.or(m.or(a, c), b));
  return {
    result: m.hostFloat("single", sum),
    likely: m.both(
      m.both(isSafe(m, sum, "single"), m.negate(halfWay)),
      operands,
    ),
  };
}

/** The result with the other sign. */
export function quickNegative(
  m: Ops,
  { result, ...when }: Quick,
): Quick {
  return { result: flipped(m, result), ...when };
}

/** b rounded to single precision. */
export function quickRounded(m: Ops, b: Value): Quick {
  return {
    result: m.hostFloat("single", b),
    likely: isSafe(m, b, "single"),
    otherwise: () => isZero(m, b),
  };
}
