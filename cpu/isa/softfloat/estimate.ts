/**
 * Reciprocal estimates (Book I 4.6.6.1). The book lets an implementation
 * choose how good they are; these are rounded quotients.
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import { divide } from "./divide.ts";
import { FORMAT } from "./format.ts";
import { FPSCR } from "./fpscr.ts";
import { squareRoot } from "./square_root.ts";

const ONE = 1023n << 52n;

/** An estimate is never inexact: forgets what rounding noted. */
function forgetInexact(m: Ops): void {
  const inexact = FPSCR.XX | FPSCR.FI | FPSCR.FR;
  m.setReg("FP_FLAGS", m.and(m.reg("FP_FLAGS"), m.const(~inexact)));
}

const RECIPROCAL = subroutine("float_reciprocal", 2, (m, b, format) => {
  const result = divide(m, m.const(ONE), b, format);
  forgetInexact(m);
  return result;
});

const RECIPROCAL_SQUARE_ROOT = subroutine(
  "float_reciprocal_square_root",
  2,
  (m, b, format) => {
    const root = squareRoot(m, b, m.const(FORMAT.double));
    const result = divide(m, m.const(ONE), root, format);
    forgetInexact(m);
    return result;
  },
);

/** 1 ÷ b, as an estimate (fre, xsredp). */
export function reciprocal(m: Ops, b: Value, format: Value): Value {
  return m.call(RECIPROCAL, b, format);
}

/** 1 ÷ √b, as an estimate (frsqrte, xsrsqrtedp). */
export function reciprocalSquareRoot(m: Ops, b: Value, format: Value): Value {
  return m.call(RECIPROCAL_SQUARE_ROOT, b, format);
}
