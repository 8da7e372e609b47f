/**
 * Infinities and NaNs as results (Book I 5.5.10.1): the first operand that is
 * a signaling NaN, made quiet, else the first that is quiet.
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { flag, FPSCR } from "../softfloat/mod.ts";
import { selectWide, type Wide } from "../wide.ts";
import {
  INFINITY,
  isNan,
  isSignaling,
  packSpecial,
  QUIET_NAN,
  signOf,
  unpack,
} from "./format.ts";

/** A NaN in its preferred encoding, quiet. */
export function quieted(m: Ops, x: Wide, format: Value): Wide {
  unpack(m, "result", x, format);
  return packSpecial(m, m.or(signOf(m, x), m.const(QUIET_NAN)), format);
}

/** The NaN that an operation on these gives, one of which is a NaN. */
export function propagateNan(
  m: Ops,
  a: Wide,
  b: Wide,
  format: Value,
): Wide {
  const [first, second] = [isSignaling(m, a), isSignaling(m, b)];
  const signaling = m.either(first, second);
  m.if(signaling, () => flag(m, FPSCR.VXSNAN));
  const useA = m.either(
    first,
    m.both(m.negate(second), isNan(m, a)),
  );
  return quieted(m, selectWide(m, useA, a, b), format);
}

/** The default NaN of an invalid operation, whose reason is noted. */
export function invalid(m: Ops, reason: bigint): Wide {
  flag(m, reason);
  return { high: m.const(QUIET_NAN), low: m.const(0) };
}

/** Infinity of that sign. */
export function infinity(m: Ops, sign: Value): Wide {
  return { high: m.or(sign, m.const(INFINITY)), low: m.const(0) };
}
