/**
 * NaNs as results in quad precision (Book I 7.3.2.7): the first operand that
 * is one, made quiet, or the default NaN.
 *
 * @module
 */
import type { Ops, Value } from "../../ops.ts";
import { type Wide, wideConstant } from "../../wide.ts";
import { flag, FPSCR } from "../fpscr.ts";
import { DEFAULT_NAN, firstNan, isSignaling, QUIET } from "./format.ts";

/** The NaN that an operation on these gives, one of which is a NaN. */
export function propagateNan(
  m: Ops,
  operands: readonly [Wide, ...Wide[]],
): Wide {
  const signaling = operands.map((x) => m.bit(isSignaling(m, x)))
    .reduce((a, b): Value => m.or(a, b));
  m.if(m.nonZero(signaling), () => flag(m, FPSCR.VXSNAN));
  const { high, low } = firstNan(m, operands);
  return { high: m.or(high, m.const(QUIET)), low };
}

/** The default NaN of an invalid operation, whose reason is noted. */
export function invalid(m: Ops, reason: bigint): Wide {
  flag(m, reason);
  return wideConstant(m, DEFAULT_NAN << 64n);
}
