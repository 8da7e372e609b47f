/**
 * NaNs as results (Book I 4.4.1.2): the first operand that is one, made quiet,
 * or the default NaN.
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import {
  DEFAULT_NAN,
  DOUBLE_EXCESS,
  formatParts,
  isNan,
  isSignaling,
  QUIET,
} from "./format.ts";
import { flag, FPSCR } from "./fpscr.ts";

const PROPAGATE = subroutine("float_nan", 4, (m, a, b, c, format) => {
  m.if(
    m.either(isSignaling(m, a), m.either(isSignaling(m, b), isSignaling(m, c))),
    () => flag(m, FPSCR.VXSNAN),
  );
  const first = m.select(isNan(m, a), a, m.select(isNan(m, b), b, c));
  const { excess } = formatParts(m, format);
  const beyond = m.sub(excess, m.const(DOUBLE_EXCESS));
  const quiet = m.or(first, m.const(QUIET));
  return m.shl(m.shr(quiet, beyond), beyond);
});

/** The NaN that an operation on these gives, one of which is a NaN. */
export function propagateNan(
  m: Ops,
  operands: readonly [Value, Value?, Value?],
  format: Value,
): Value {
  const [a, b = a, c = b] = operands;
  return m.call(PROPAGATE, a, b, c, format);
}

/** The default NaN of an invalid operation, whose reason is noted. */
export function invalid(m: Ops, reason: bigint): Value {
  flag(m, reason);
  return m.const(DEFAULT_NAN);
}
