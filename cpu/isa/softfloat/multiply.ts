/**
 * Products (Book I 4.6.6.1).
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import {
  INFINITY,
  isNan,
  isSpecial,
  isZero,
  normalized,
  signOf,
} from "./format.ts";
import { FPSCR, goLong } from "./fpscr.ts";
import { invalid, propagateNan } from "./nan.ts";
import { round } from "./round.ts";

const MULTIPLY = subroutine("float_multiply", 3, (m, a, b, format) => {
  goLong(m);
  const sign = signOf(m, m.xor(a, b));
  const result = m.variable(sign);
  const zero = m.either(isZero(m, a), isZero(m, b));
  m.if(m.either(isSpecial(m, a), isSpecial(m, b)), () => {
    m.if(
      m.either(isNan(m, a), isNan(m, b)),
      () => m.set(result, propagateNan(m, [a, b], format)),
      () =>
        m.if(
          zero,
          () => m.set(result, invalid(m, FPSCR.VXIMZ)),
          () => m.set(result, m.or(sign, m.const(INFINITY))),
        ),
    );
  }, () =>
    m.if(m.negate(zero), () => {
      const x = normalized(m, a);
      const y = normalized(m, b);
      const upper = m.mulHighUnsigned(x.significand, y.significand);
      const lower = m.mul(x.significand, y.significand);
      // The first bit is bit 63 or 62.
      const zeros = m.clz(upper);
      const sticky = m.or(upper, m.bit(m.nonZero(lower)));
      m.set(
        result,
        round(m, {
          sign,
          exponent: m.sub(
            m.add(x.exponent, y.exponent),
            m.add(m.const(1022), zeros),
          ),
          significand: m.shl(sticky, zeros),
        }, format),
      );
    }));
  return m.get(result);
});

/** a × b. */
export function multiply(m: Ops, a: Value, b: Value, format: Value): Value {
  return m.call(MULTIPLY, a, b, format);
}
