/**
 * Arithmetic as instructions ask for it: operands, then the format of the
 * result. The plain functions leave their flags in FP_FLAGS; the scalar ones
 * enter them into FPSCR too.
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import * as sum from "./add.ts";
import * as conversion from "./convert.ts";
import * as quotient from "./divide.ts";
import * as estimates from "./estimate.ts";
import { type Format, negated } from "./format.ts";
import { enterScalar } from "./fpscr.ts";
import * as fused from "./multiply_add.ts";
import * as product from "./multiply.ts";
import * as root from "./square_root.ts";

/** An operation on one number. */
export type Unary = (m: Ops, b: Value, format: Format) => Value;
/** An operation on two numbers. */
export type Binary = (m: Ops, a: Value, b: Value, format: Format) => Value;
/** a × c + b, in the order in which FRA, FRC, FRB are written. */
export type Fused = (
  m: Ops,
  operands: Record<"a" | "c" | "b", Value>,
  format: Format,
) => Value;

/** a + b. */
export const add: Binary = (m, a, b, format) =>
  sum.add(m, a, b, m.const(format));
/** a - b. */
export const subtract: Binary = (m, a, b, format) =>
  sum.subtract(m, a, b, m.const(format));
/** a × b. */
export const multiply: Binary = (m, a, b, format) =>
  product.multiply(m, a, b, m.const(format));
/** a ÷ b. */
export const divide: Binary = (m, a, b, format) =>
  quotient.divide(m, a, b, m.const(format));
/** √b. */
export const squareRoot: Unary = (m, b, format) =>
  root.squareRoot(m, b, m.const(format));
/** The number rounded to the format (frsp, xsrsp, xscvdpsp, xscvdphp). */
export const roundTo: Unary = (m, b, format) =>
  conversion.roundToFormat(m, b, m.const(format));
/** An estimate of 1 ÷ b. */
export const reciprocal: Unary = (m, b, format) =>
  estimates.reciprocal(m, b, m.const(format));
/** An estimate of 1 ÷ √b. */
export const reciprocalSquareRoot: Unary = (m, b, format) =>
  estimates.reciprocalSquareRoot(m, b, m.const(format));

/** a × c + b, rounded once. */
export const multiplyAdd: Fused = (m, operands, format) =>
  fused.multiplyAdd(m, operands, m.const(format));
/** a × c - b. */
export const multiplySubtract: Fused = (m, { a, c, b }, format) =>
  multiplyAdd(m, { a, c, b: negated(m, b) }, format);
/** -(a × c + b): negated once rounded, a NaN not at all. */
export const negativeMultiplyAdd: Fused = (m, operands, format) =>
  negated(m, multiplyAdd(m, operands, format));
/** -(a × c - b). */
export const negativeMultiplySubtract: Fused = (m, operands, format) =>
  negated(m, multiplySubtract(m, operands, format));

function entered(m: Ops, result: Value, format: Format): Value {
  enterScalar(m, result, format);
  return result;
}

/** An operation on one number, with its flags entered into FPSCR. */
export function scalarUnary(operation: Unary): Unary {
  return (m, b, format) => entered(m, operation(m, b, format), format);
}

/** The same of two numbers. */
export function scalarBinary(operation: Binary): Binary {
  return (m, a, b, format) => entered(m, operation(m, a, b, format), format);
}

/** The same of three. */
export function scalarFused(operation: Fused): Fused {
  return (m, operands, format) =>
    entered(m, operation(m, operands, format), format);
}

export const scalarAdd: Binary = scalarBinary(add);
export const scalarSubtract: Binary = scalarBinary(subtract);
export const scalarMultiply: Binary = scalarBinary(multiply);
export const scalarDivide: Binary = scalarBinary(divide);
export const scalarSquareRoot: Unary = scalarUnary(squareRoot);
export const scalarMultiplyAdd: Fused = scalarFused(multiplyAdd);
export const scalarMultiplySubtract: Fused = scalarFused(multiplySubtract);
export const scalarNegativeMultiplyAdd: Fused = scalarFused(
  negativeMultiplyAdd,
);
export const scalarNegativeMultiplySubtract: Fused = scalarFused(
  negativeMultiplySubtract,
);
