/**
 * Multiply-add, rounded once (Book I 4.6.6.2).
 *
 * @module
 */
import type { Ops, Value, Variable } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import {
  INFINITY,
  isNan,
  isSpecial,
  isZero,
  normalized,
  SIGN,
  signOf,
} from "./format.ts";
import { FPSCR, goLong } from "./fpscr.ts";
import { invalid, propagateNan } from "./nan.ts";
import { cancelled, round } from "./round.ts";

/** a × c + b where one of them is infinite or a NaN. */
const SPECIAL = subroutine(
  "float_multiply_add_special",
  4,
  (m, a, c, b, format) => {
    const sign = signOf(m, m.xor(a, c));
    const result = m.variable(m.or(sign, m.const(INFINITY)));
    const impossible = m.either(
      m.both(isZero(m, a), m.eq(m.shl(c, 1), m.const(INFINITY << 1n))),
      m.both(isZero(m, c), m.eq(m.shl(a, 1), m.const(INFINITY << 1n))),
    );
    const nan = m.either(isNan(m, a), m.either(isNan(m, b), isNan(m, c)));
    m.if(impossible, () => m.set(result, invalid(m, FPSCR.VXIMZ)));
    m.if(nan, () => {
      m.set(result, propagateNan(m, [a, b, c], format));
    }, () =>
      m.if(m.both(m.negate(impossible), isSpecial(m, b)), () => {
        // The product may be infinite too.
        const against = m.both(
          m.either(isSpecial(m, a), isSpecial(m, c)),
          m.ne(sign, signOf(m, b)),
        );
        m.if(
          against,
          () => m.set(result, invalid(m, FPSCR.VXISI)),
          () => m.set(result, b),
        );
      }));
    return m.get(result);
  },
);

/** Shifts a 128-bit variable right by 0 or more; the last bit is sticky. */
function shiftPairJam(
  m: Ops,
  upper: Variable,
  lower: Variable,
  count: Value,
): void {
  const far = m.leUnsigned(m.const(64), count);
  m.if(far, () => {
    m.set(
      lower,
      m.or(m.get(upper), m.bit(m.nonZero(m.get(lower)))),
    );
    m.set(upper, m.const(0));
  });
  const rest = m.select(far, m.sub(count, m.const(64)), count);
  const across = m.shl(
    m.shl(m.get(upper), m.sub(m.const(63), rest)),
    1,
  );
  const fallen = m.shl(m.shl(m.get(lower), m.sub(m.const(63), rest)), 1);
  const out = m.leUnsigned(m.const(64), rest);
  m.set(
    lower,
    m.select(
      out,
      m.bit(m.nonZero(m.or(m.get(upper), m.get(lower)))),
      m.or(
        m.or(m.shr(m.get(lower), rest), across),
        m.bit(m.nonZero(fallen)),
      ),
    ),
  );
  m.set(upper, m.select(out, m.const(0), m.shr(m.get(upper), rest)));
}

const MULTIPLY_ADD = subroutine(
  "float_multiply_add",
  4,
  (m, a, c, b, format) => {
    goLong(m);
    const special = m.either(
      isSpecial(m, b),
      m.either(isSpecial(m, a), isSpecial(m, c)),
    );
    const result = m.variable(m.const(0));
    m.if(special, () => {
      m.set(result, m.call(SPECIAL, a, c, b, format));
    }, () => {
      m.set(result, m.call(FINITE, a, c, b, format));
    });
    return m.get(result);
  },
);

const FINITE = subroutine(
  "float_multiply_add_finite",
  4,
  (m, a, c, b, format) => {
    const x = normalized(m, a);
    const y = normalized(m, c);
    const z = normalized(m, b);
    const product = signOf(m, m.xor(a, c));
    const productZero = m.either(isZero(m, a), isZero(m, c));
    // First bits at bit 126 of 128: the product's is bit 126 or 125 there.
    const upper = m.mulHighUnsigned(x.significand, y.significand);
    const lower = m.mul(x.significand, y.significand);
    const shift = m.sub(m.clz(upper), m.const(1));
    const high = m.variable(upper);
    const low = m.variable(lower);
    m.if(m.ltSigned(shift, m.const(0)), () => {
      // The last bits of a product of doubles are 0.
      m.set(low, m.or(m.shr(lower, 1), m.shl(upper, 63)));
      m.set(high, m.shr(upper, 1));
    });
    const scale = m.sub(
      m.add(x.exponent, y.exponent),
      m.add(m.const(1023), shift),
    );
    const addend = m.variable(m.shr(z.significand, 1));
    const addendLow = m.variable(m.const(0));
    // A zero takes the other's exponent, so that nothing is shifted for it.
    const e = m.select(productZero, z.exponent, scale);
    const f = m.select(isZero(m, b), e, z.exponent);
    const distance = m.sub(e, f);
    const exponent = m.select(m.ltSigned(distance, m.const(0)), f, e);
    m.if(
      m.ltSigned(distance, m.const(0)),
      () => shiftPairJam(m, high, low, m.sub(f, e)),
      () => shiftPairJam(m, addend, addendLow, distance),
    );
    const sign = m.variable(product);
    m.if(m.eq(product, signOf(m, b)), () => {
      const sum = m.add(m.get(low), m.get(addendLow));
      const carry = m.bit(m.ltUnsigned(sum, m.get(low)));
      m.set(high, m.add(m.add(m.get(high), m.get(addend)), carry));
      m.set(low, sum);
    }, () => {
      const borrow = m.bit(m.ltUnsigned(m.get(low), m.get(addendLow)));
      m.set(low, m.sub(m.get(low), m.get(addendLow)));
      m.set(high, m.sub(m.sub(m.get(high), m.get(addend)), borrow));
      m.if(m.ltSigned(m.get(high), m.const(0)), () => {
        m.set(sign, m.xor(product, m.const(SIGN)));
        m.set(
          high,
          m.add(
            m.not(m.get(high)),
            m.bit(m.eq(m.get(low), m.const(0))),
          ),
        );
        m.set(low, m.sub(m.const(0), m.get(low)));
      });
    });
    const result = m.variable(m.const(0));
    const top = m.eq(m.get(high), m.const(0));
    m.if(m.both(top, m.eq(m.get(low), m.const(0))), () => {
      m.set(
        result,
        m.select(
          m.eq(product, signOf(m, b)),
          product,
          cancelled(m),
        ),
      );
    }, () => {
      const first = m.select(top, m.get(low), m.get(high));
      const second = m.select(top, m.const(0), m.get(low));
      const zeros = m.clz(first);
      const moved = m.shr(m.shr(second, 1), m.sub(m.const(63), zeros));
      m.set(
        result,
        round(m, {
          sign: m.get(sign),
          exponent: m.sub(
            m.add(exponent, m.const(1)),
            m.add(zeros, m.select(top, m.const(64), m.const(0))),
          ),
          significand: m.or(
            m.or(m.shl(first, zeros), moved),
            m.bit(m.nonZero(m.shl(second, zeros))),
          ),
        }, format),
      );
    });
    return m.get(result);
  },
);

/** a × c + b. */
export function multiplyAdd(
  m: Ops,
  { a, c, b }: Record<"a" | "c" | "b", Value>,
  format: Value,
): Value {
  return m.call(MULTIPLY_ADD, a, c, b, format);
}
