/**
 * Square roots (Book I 4.6.6.1).
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import { isNan, isSpecial, isZero, normalized } from "./format.ts";
import { FPSCR, goLong } from "./fpscr.ts";
import { invalid, propagateNan } from "./nan.ts";
import { round } from "./round.ts";

const SQUARE_ROOT = subroutine("float_square_root", 2, (m, b, format) => {
  goLong(m);
  const result = m.variable(b);
  m.if(isNan(m, b), () => {
    m.set(result, propagateNan(m, [b], format));
  }, () =>
    m.if(m.negate(isZero(m, b)), () => {
      m.if(
        m.ltSigned(b, m.const(0)),
        () => m.set(result, invalid(m, FPSCR.VXSQRT)),
        () =>
          m.if(
            m.negate(isSpecial(m, b)),
            () => m.set(result, m.call(POSITIVE, b, format)),
          ),
      );
    }));
  return m.get(result);
});

/**
 * Root of a positive finite number. The host's root of a number between 1 and
 * 4, of the same significand, is right to half a last place; the remainder
 * against its square says where the true root lies.
 */
const POSITIVE = subroutine("float_square_root_positive", 2, (m, b, format) => {
  const { significand, exponent } = normalized(m, b);
  const integer = m.shr(significand, 11);
  // Even exponents (unbiased) keep the number in [1, 2), odd ones in [2, 4).
  const odd = m.and(m.sub(exponent, m.const(1023)), m.const(1));
  const fraction = m.and(integer, m.const((1n << 52n) - 1n));
  const radicand = m.or(
    fraction,
    m.shl(m.add(m.const(1023), odd), 52),
  );
  const near = m.or(
    m.and(m.hostFloat("sqrt", radicand), m.const((1n << 52n) - 1n)),
    m.const(1n << 52n),
  );
  // N = integer × 2^(52 + odd), of which near is the root, to one unit. The
  // remainder N - near² is small, so that its low 64 bits are all of it.
  const scaled = m.shl(integer, m.add(m.const(52), odd));
  const above = m.ltSigned(m.sub(scaled, m.mul(near, near)), m.const(0));
  const root = m.sub(near, m.bit(above));
  const rest = m.sub(scaled, m.mul(root, root));
  // Beyond root + ½ where N > root² + root; never exactly there.
  const beyond = m.select(
    m.ltUnsigned(root, rest),
    m.const(1n << 10n),
    m.const(0),
  );
  return round(m, {
    sign: m.const(0),
    exponent: m.add(
      m.sar(m.sub(exponent, m.const(1023)), 1),
      m.const(1023),
    ),
    significand: m.or(
      m.or(m.shl(root, 11), beyond),
      m.bit(m.nonZero(rest)),
    ),
  }, format);
});

/** √b. */
export function squareRoot(m: Ops, b: Value, format: Value): Value {
  return m.call(SQUARE_ROOT, b, format);
}
