/**
 * Quotients (Book I 4.6.6.1).
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
import { flag, FPSCR, goLong } from "./fpscr.ts";
import { invalid, propagateNan } from "./nan.ts";
import { round } from "./round.ts";

/** Quotient where an operand is zero, infinite or a NaN. */
const DIVIDE_SPECIAL = subroutine(
  "float_divide_special",
  3,
  (m, a, b, format) => {
    const sign = signOf(m, m.xor(a, b));
    const result = m.variable(sign);
    m.if(m.either(isNan(m, a), isNan(m, b)), () => {
      m.set(result, propagateNan(m, [a, b], format));
    }, () => {
      m.if(isSpecial(m, a), () => {
        m.if(
          isSpecial(m, b),
          () => m.set(result, invalid(m, FPSCR.VXIDI)),
          () => m.set(result, m.or(sign, m.const(INFINITY))),
        );
      }, () =>
        m.if(isZero(m, b), () => {
          m.if(
            isZero(m, a),
            () => m.set(result, invalid(m, FPSCR.VXZDZ)),
            () => {
              flag(m, FPSCR.ZX);
              m.set(result, m.or(sign, m.const(INFINITY)));
            },
          );
        }));
    });
    return m.get(result);
  },
);

/** Quotient bits that one 64-bit division gives: 64 less 53. */
const DIGIT = 11;

const DIVIDE = subroutine("float_divide", 3, (m, a, b, format) => {
  goLong(m);
  const result = m.variable(m.const(0));
  m.if(
    m.either(
      m.either(isSpecial(m, a), isSpecial(m, b)),
      m.either(isZero(m, a), isZero(m, b)),
    ),
    () => m.set(result, m.call(DIVIDE_SPECIAL, a, b, format)),
    () => {
      const x = normalized(m, a);
      const y = normalized(m, b);
      // Both first bits at bit 52, so that a remainder has room for a digit.
      const divisor = m.shr(y.significand, 11);
      let rest = m.shr(x.significand, 11);
      let quotient = m.const(0);
      // floor(x × 2^55 / y): 55 or 56 bits, two more than a double needs.
      for (let digits = 0; digits < 5; digits++) {
        const dividend = m.shl(rest, DIGIT);
        const digit = m.divUnsigned(dividend, divisor);
        quotient = m.add(m.shl(quotient, DIGIT), digit);
        rest = m.sub(dividend, m.mul(digit, divisor));
      }
      const zeros = m.clz(quotient);
      m.set(
        result,
        round(m, {
          sign: signOf(m, m.xor(a, b)),
          exponent: m.sub(
            m.add(m.sub(x.exponent, y.exponent), m.const(1023 + 8)),
            zeros,
          ),
          significand: m.or(
            m.shl(quotient, zeros),
            m.bit(m.nonZero(rest)),
          ),
        }, format),
      );
    },
  );
  return m.get(result);
});

/** a ÷ b. */
export function divide(m: Ops, a: Value, b: Value, format: Value): Value {
  return m.call(DIVIDE, a, b, format);
}
