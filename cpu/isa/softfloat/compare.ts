/**
 * Comparisons and tests (Book I 4.6.8 and 4.6.6.1).
 *
 * @module
 */
import type { Condition, Ops, Value } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import {
  exponentOf,
  isNan,
  isSignaling,
  isSpecial,
  isZero,
  magnitudeOf,
} from "./format.ts";
import { flag, FPSCR } from "./fpscr.ts";

/** A number as an integer of the same order; both zeros are 0. */
function keyOf(m: Ops, x: Value): Value {
  const magnitude = magnitudeOf(m, x);
  return m.select(
    m.ltSigned(x, m.const(0)),
    m.sub(m.const(0), magnitude),
    magnitude,
  );
}

const COMPARE = subroutine("float_compare", 3, (m, a, b, ordered) => {
  const x = keyOf(m, a);
  const y = keyOf(m, b);
  const result = m.variable(
    m.select(
      m.ltSigned(x, y),
      m.const(8),
      m.select(m.eq(x, y), m.const(2), m.const(4)),
    ),
  );
  m.if(m.either(isNan(m, a), isNan(m, b)), () => {
    m.set(result, m.const(1));
    const signaling = m.either(isSignaling(m, a), isSignaling(m, b));
    m.if(signaling, () => flag(m, FPSCR.VXSNAN));
    const quiet = m.either(
      m.negate(signaling),
      m.eq(m.and(m.reg("FPSCR"), m.const(FPSCR.VE)), m.const(0)),
    );
    m.if(m.both(m.nonZero(ordered), quiet), () => flag(m, FPSCR.VXVC));
  });
  return m.get(result);
});

/**
 * LT GT EQ unordered = 8 4 2 1. An ordered comparison finds a NaN invalid, an
 * unordered one only a signaling NaN.
 */
export function compare(
  m: Ops,
  a: Value,
  b: Value,
  kind: "ordered" | "unordered",
): Value {
  return m.call(COMPARE, a, b, m.const(kind === "ordered" ? 1 : 0));
}

function crField(m: Ops, fg: Condition, fe: Condition): Value {
  const flags = m.or(m.shl(m.bit(fg), 2), m.shl(m.bit(fe), 1));
  return m.or(m.const(8), flags);
}

/** Zero, infinite or denormalized: an iteration needs care. */
function isExtreme(m: Ops, x: Value): Condition {
  return m.either(isSpecialNumber(m, x), m.eq(exponentOf(m, x), m.const(0)));
}

function isSpecialNumber(m: Ops, x: Value): Condition {
  return m.both(isSpecial(m, x), m.negate(isNan(m, x)));
}

/** Exponents as ftdiv and ftsqrt bound them, in biased form. */
const BIAS = 1023;

/** What ftdiv finds: 1 FG FE 0, whether a software division may go wrong. */
export const TEST_DIVIDE = subroutine("float_test_divide", 2, (m, a, b) => {
  const ea = exponentOf(m, a);
  const eb = exponentOf(m, b);
  const distance = m.sub(ea, eb);
  const special = m.either(
    m.either(isSpecial(m, a), isSpecial(m, b)),
    isZero(m, b),
  );
  const divisor = m.either(
    m.leUnsigned(eb, m.const(BIAS - 1022)),
    m.leUnsigned(m.const(BIAS + 1021), eb),
  );
  const quotient = m.both(
    m.negate(isZero(m, a)),
    m.either(
      m.leSigned(m.const(1023), distance),
      m.either(
        m.leSigned(distance, m.const(-1021)),
        m.leUnsigned(ea, m.const(BIAS - 970)),
      ),
    ),
  );
  return crField(
    m,
    m.either(isSpecialNumber(m, a), isExtreme(m, b)),
    m.either(special, m.either(divisor, quotient)),
  );
});

/** What ftsqrt finds: 1 FG FE 0. */
export const TEST_SQUARE_ROOT = subroutine(
  "float_test_square_root",
  1,
  (m, b) => {
    const fe = m.either(
      m.either(isSpecial(m, b), m.ltSigned(b, m.const(0))),
      m.leUnsigned(exponentOf(m, b), m.const(BIAS - 970)),
    );
    return crField(m, isExtreme(m, b), fe);
  },
);
