/**
 * Reciprocal estimates (Book I 4.6.6.1). The book lets an implementation
 * choose how good they are and leaves inexact undefined; these are quotients,
 * rounded and inexact like others.
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import { divide } from "./divide.ts";
import { FORMAT } from "./format.ts";
import { squareRoot } from "./square_root.ts";

const ONE = 1023n << 52n;

const RECIPROCAL_SQUARE_ROOT = subroutine(
  "float_reciprocal_square_root",
  2,
  (m, b, format) => {
    const root = squareRoot(m, b, m.const(FORMAT.double));
    const result = divide(m, m.const(ONE), root, format);
    return result;
  },
);

/** 1 ÷ b, as an estimate (fre, xsredp). */
export function reciprocal(m: Ops, b: Value, format: Value): Value {
  return divide(m, m.const(ONE), b, format);
}

/** 1 ÷ √b, as an estimate (frsqrte, xsrsqrtedp). */
export function reciprocalSquareRoot(m: Ops, b: Value, format: Value): Value {
  return m.call(RECIPROCAL_SQUARE_ROOT, b, format);
}
