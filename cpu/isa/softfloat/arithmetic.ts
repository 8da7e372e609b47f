/**
 * Arithmetic as instructions ask for it: operands, then the format of the
 * result. Flags are left in FP_FLAGS.
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import * as sum from "./add.ts";
import * as conversion from "./convert.ts";
import * as quotient from "./divide.ts";
import * as estimates from "./estimate.ts";
import { type Format, negated } from "./format.ts";
import * as fused from "./multiply_add.ts";
import * as product from "./multiply.ts";
import * as root from "./square_root.ts";

/** An operation on one number. */
export type Unary = (m: Ops, b: Value, format: Format) => Value;
/** An operation on two numbers. */
export type Binary = (m: Ops, a: Value, b: Value, format: Format) => Value;
/** The operands of a × c + b, named as FRA, FRC and FRB. */
export type FusedOperands = Readonly<Record<"a" | "c" | "b", Value>>;
/** An operation on three numbers. */
export type Fused = (m: Ops, operands: FusedOperands, format: Format) => Value;

/** a + b. */
export function add(m: Ops, a: Value, b: Value, format: Format): Value {
  return sum.add(m, a, b, m.const(format));
}

/** a - b. */
export function subtract(m: Ops, a: Value, b: Value, format: Format): Value {
  return sum.subtract(m, a, b, m.const(format));
}

/** a × b. */
export function multiply(m: Ops, a: Value, b: Value, format: Format): Value {
  return product.multiply(m, a, b, m.const(format));
}

/** a ÷ b. */
export function divide(m: Ops, a: Value, b: Value, format: Format): Value {
  return quotient.divide(m, a, b, m.const(format));
}

/** √b. */
export function squareRoot(m: Ops, b: Value, format: Format): Value {
  return root.squareRoot(m, b, m.const(format));
}

/** The number rounded to the format (frsp, xsrsp, xscvdpsp, xscvdphp). */
export function roundTo(m: Ops, b: Value, format: Format): Value {
  return conversion.roundToFormat(m, b, m.const(format));
}

/** An estimate of 1 ÷ b. */
export function reciprocal(m: Ops, b: Value, format: Format): Value {
  return estimates.reciprocal(m, b, m.const(format));
}

/** An estimate of 1 ÷ √b. */
export function reciprocalSquareRoot(
  m: Ops,
  b: Value,
  format: Format,
): Value {
  return estimates.reciprocalSquareRoot(m, b, m.const(format));
}

/** a × c + b, rounded once. */
export function multiplyAdd(
  m: Ops,
  operands: FusedOperands,
  format: Format,
): Value {
  return fused.multiplyAdd(m, operands, m.const(format));
}

/** a × c - b. */
export function multiplySubtract(
  m: Ops,
  { a, c, b }: FusedOperands,
  format: Format,
): Value {
  return multiplyAdd(m, { a, c, b: negated(m, b) }, format);
}

/** -(a × c + b): negated once rounded, a NaN not at all. */
export function negativeMultiplyAdd(
  m: Ops,
  operands: FusedOperands,
  format: Format,
): Value {
  return negated(m, multiplyAdd(m, operands, format));
}

/** -(a × c - b), likewise. */
export function negativeMultiplySubtract(
  m: Ops,
  operands: FusedOperands,
  format: Format,
): Value {
  return negated(m, multiplySubtract(m, operands, format));
}
