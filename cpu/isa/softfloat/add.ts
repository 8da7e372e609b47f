/**
 * Sums and differences (Book I 4.6.6.1).
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import {
  isNan,
  isSpecial,
  magnitudeOf,
  negated,
  scaleOf,
  SIGN,
  significandOf,
  signOf,
} from "./format.ts";
import { FPSCR, goLong } from "./fpscr.ts";
import { invalid, propagateNan } from "./nan.ts";
import { cancelled, round, shiftRightJam } from "./round.ts";

/** Sum of which at least one term is infinite or a NaN. */
const ADD_SPECIAL = subroutine("float_add_special", 3, (m, a, b, format) => {
  const result = m.variable(m.select(isSpecial(m, a), a, b));
  m.if(
    m.either(isNan(m, a), isNan(m, b)),
    () => m.set(result, propagateNan(m, [a, b], format)),
    () =>
      m.if(
        m.eq(m.xor(a, b), m.const(SIGN)),
        () => m.set(result, invalid(m, FPSCR.VXISI)),
      ),
  );
  return m.get(result);
});

const ADD = subroutine("float_add", 3, (m, a, b, format) => {
  goLong(m);
  const result = m.variable(m.const(0));
  m.if(m.either(isSpecial(m, a), isSpecial(m, b)), () => {
    m.set(result, m.call(ADD_SPECIAL, a, b, format));
  }, () => {
    const ordered = m.leUnsigned(magnitudeOf(m, b), magnitudeOf(m, a));
    const large = m.select(ordered, a, b);
    const small = m.select(ordered, b, a);
    // First bit at bit 62: room for a carry above, guard bits below.
    const x = m.shl(significandOf(m, large), 10);
    const y = shiftRightJam(
      m,
      m.shl(significandOf(m, small), 10),
      m.sub(scaleOf(m, large), scaleOf(m, small)),
    );
    const sign = signOf(m, large);
    const sum = m.select(
      m.eq(sign, signOf(m, small)),
      m.add(x, y),
      m.sub(x, y),
    );
    m.if(m.eq(sum, m.const(0)), () => {
      m.set(result, m.select(m.eq(a, b), a, cancelled(m)));
    }, () => {
      const zeros = m.clz(sum);
      m.set(
        result,
        round(m, {
          sign,
          exponent: m.sub(m.add(scaleOf(m, large), m.const(1)), zeros),
          significand: m.shl(sum, zeros),
        }, format),
      );
    });
  });
  return m.get(result);
});

/** a + b. */
export function add(m: Ops, a: Value, b: Value, format: Value): Value {
  return m.call(ADD, a, b, format);
}

/** a - b. */
export function subtract(m: Ops, a: Value, b: Value, format: Value): Value {
  return m.call(ADD, a, negated(m, b), format);
}
