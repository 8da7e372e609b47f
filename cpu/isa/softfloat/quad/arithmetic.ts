/**
 * Arithmetic in quad precision (Book I 7.6.3). Sums and products are
 * multiply-adds in which one number makes no difference.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../../ops.ts";
import { type Subroutine, subroutine } from "../../subroutine.ts";
import {
  addWide,
  isLess,
  isNothing,
  shiftLeft,
  shiftRight,
  subtractWide,
  type Wide,
  wideConstant,
} from "../../wide.ts";
import { getWide, setWide, wideVariable } from "../../wide_variable.ts";
import { flag, FPSCR } from "../fpscr.ts";
import { MODE, SIGN } from "../format.ts";
import { signedZero } from "../round.ts";
import * as accumulators from "./accumulator.ts";
import {
  BIAS,
  INFINITY,
  isNan,
  isSpecial,
  isZero,
  negated,
  normalized,
  pairOf,
  returned,
  signOf,
} from "./format.ts";
import { invalid, propagateNan } from "./nan.ts";
import { round } from "./round.ts";

/** The operands of a × c + b. */
type FusedOperands = Readonly<Record<"a" | "c" | "b", Wide>>;

function isInfinite(m: Ops, x: Wide): Condition {
  return m.both(isSpecial(m, x), m.negate(isNan(m, x)));
}

function any(m: Ops, first: Condition, ...others: Condition[]): Condition {
  return others.reduce((a, b) => m.either(a, b), first);
}

/** a × c + b where one of them is infinite or a NaN. */
const SPECIAL = subroutine(
  "quad_multiply_add_special",
  6,
  (m, ah, al, ch, cl, bh, bl) => {
    const [a, c, b] = [
      { high: ah, low: al },
      { high: ch, low: cl },
      { high: bh, low: bl },
    ];
    const sign = signOf(m, { high: m.xor(ah, ch), low: al });
    const infinity = { high: m.or(sign, m.const(INFINITY)), low: m.const(0) };
    const result = wideVariable(m, infinity);
    const impossible = m.either(
      m.both(isZero(m, a), isInfinite(m, c)),
      m.both(isZero(m, c), isInfinite(m, a)),
    );
    m.if(impossible, () => setWide(m, result, invalid(m, FPSCR.VXIMZ)));
    m.if(any(m, isNan(m, a), isNan(m, b), isNan(m, c)), () => {
      setWide(m, result, propagateNan(m, [a, b, c]));
    }, () =>
      m.if(m.both(m.negate(impossible), isSpecial(m, b)), () => {
        // The product may be infinite too.
        const against = m.both(
          m.either(isSpecial(m, a), isSpecial(m, c)),
          m.ne(sign, signOf(m, b)),
        );
        m.if(
          against,
          () => setWide(m, result, invalid(m, FPSCR.VXISI)),
          () => setWide(m, result, b),
        );
      }));
    return returned(m, getWide(m, result));
  },
);

const MULTIPLY_ADD = subroutine(
  "quad_multiply_add",
  7,
  (m, ah, al, ch, cl, bh, bl, mode) => {
    const [a, c, b] = [
      { high: ah, low: al },
      { high: ch, low: cl },
      { high: bh, low: bl },
    ];
    const result = m.variable(m.const(0));
    const special = any(m, isSpecial(m, a), isSpecial(m, b), isSpecial(m, c));
    m.if(special, () => {
      m.set(result, m.call(SPECIAL, ah, al, ch, cl, bh, bl));
    }, () => {
      m.set(result, finite(m, { a, c, b }, mode));
    });
    return m.get(result);
  },
);

function finite(m: Ops, { a, c, b }: FusedOperands, mode: Value): Value {
  const [x, y, z] = [normalized(m, a), normalized(m, c), normalized(m, b)];
  const sign = signOf(m, { high: m.xor(a.high, c.high), low: a.low });
  const nothing = m.either(isZero(m, a), isZero(m, c));
  // First bits at bit 254 of 256, that of a product perhaps at 253.
  const total = accumulators.product(
    m,
    shiftRight(m, x.significand, m.const(1)),
    y.significand,
  );
  const half = shiftRight(m, z.significand, m.const(1));
  const zero = m.const(0);
  const addend = accumulators.accumulator(m, [zero, zero, half.low, half.high]);
  const scale = m.sub(m.add(x.exponent, y.exponent), m.const(BIAS - 1));
  // A zero takes the other's exponent, so that nothing is shifted for it.
  const e = m.select(nothing, z.exponent, scale);
  const f = m.select(isZero(m, b), e, z.exponent);
  const behind = m.ltSigned(e, f);
  m.if(
    behind,
    () => accumulators.shiftRightJam(m, total, m.sub(f, e)),
    () => accumulators.shiftRightJam(m, addend, m.sub(e, f)),
  );
  const exponent = m.select(behind, f, e);
  const opposed = m.ne(sign, signOf(m, b));
  const turned = accumulators.addTo(m, total, addend, opposed);
  const cancelled = signedZero(m, m.eq(mode, m.const(MODE.down)));
  const result = m.variable(m.select(opposed, cancelled, sign));
  m.if(accumulators.isNothing(m, total), () => m.setReg("FP_LOW", zero), () => {
    const zeros = accumulators.normalize(m, total);
    m.set(
      result,
      round(m, {
        sign: m.select(turned, m.xor(sign, m.const(SIGN)), sign),
        exponent: m.sub(m.add(exponent, m.const(1)), zeros),
        significand: accumulators.upperHalf(m, total),
      }, { mode }),
    );
  });
  return m.get(result);
}

/** A quotient where an operand is zero, infinite or a NaN. */
const DIVIDE_SPECIAL: Subroutine = subroutine(
  "quad_divide_special",
  4,
  (m, ah, al, bh, bl) => {
    const [a, b] = [{ high: ah, low: al }, { high: bh, low: bl }];
    const sign = signOf(m, { high: m.xor(ah, bh), low: al });
    const zero = { high: sign, low: m.const(0) };
    const infinity = { ...zero, high: m.or(sign, m.const(INFINITY)) };
    const result = wideVariable(m, zero);
    m.if(m.either(isNan(m, a), isNan(m, b)), () => {
      setWide(m, result, propagateNan(m, [a, b]));
    }, () =>
      m.if(isSpecial(m, a), () =>
        m.if(
          isSpecial(m, b),
          () => setWide(m, result, invalid(m, FPSCR.VXIDI)),
          () => setWide(m, result, infinity),
        ), () =>
        m.if(isZero(m, b), () =>
          m.if(
            isZero(m, a),
            () => setWide(m, result, invalid(m, FPSCR.VXZDZ)),
            () => {
              flag(m, FPSCR.ZX);
              setWide(m, result, infinity);
            },
          ))));
    return returned(m, getWide(m, result));
  },
);

/** Bits of a quotient or root that are computed: two more than are kept. */
const DIGITS = 116;

const DIVIDE = subroutine("quad_divide", 5, (m, ah, al, bh, bl, mode) => {
  const [a, b] = [{ high: ah, low: al }, { high: bh, low: bl }];
  const result = m.variable(m.const(0));
  const special = any(
    m,
    isSpecial(m, a),
    isSpecial(m, b),
    isZero(m, a),
    isZero(m, b),
  );
  m.if(
    special,
    () => m.set(result, m.call(DIVIDE_SPECIAL, ah, al, bh, bl)),
    () => {
      const [x, y] = [normalized(m, a), normalized(m, b)];
      const one = m.const(1);
      const divisor = shiftRight(m, y.significand, one);
      const rest = wideVariable(m, shiftRight(m, x.significand, one));
      const quotient = wideVariable(m, wideConstant(m, 0n));
      const left = m.variable(m.const(DIGITS));
      m.while(() => m.nonZero(m.get(left)), () => {
        const before = getWide(m, rest);
        const fits = m.negate(isLess(m, before, divisor));
        m.if(fits, () => setWide(m, rest, subtractWide(m, before, divisor)));
        setWide(m, rest, shiftLeft(m, getWide(m, rest), one));
        const digits = shiftLeft(m, getWide(m, quotient), one);
        setWide(m, quotient, {
          high: digits.high,
          low: m.or(digits.low, m.bit(fits)),
        });
        m.set(left, m.sub(m.get(left), one));
      });
      // The first bit is bit 115 or 114.
      const found = getWide(m, quotient);
      const short = m.shr(m.not(found.high), 51);
      const zeros = m.add(m.const(128 - DIGITS), m.and(short, one));
      const { high, low } = shiftLeft(m, found, zeros);
      const inexact = m.negate(isNothing(m, getWide(m, rest)));
      m.set(
        result,
        round(m, {
          sign: signOf(m, { high: m.xor(ah, bh), low: al }),
          exponent: m.sub(
            m.add(m.sub(x.exponent, y.exponent), m.const(BIAS + 12)),
            zeros,
          ),
          significand: { high, low: m.or(low, m.bit(inexact)) },
        }, { mode }),
      );
    },
  );
  return m.get(result);
});

/** Root of a positive finite number, bit by bit. */
function positiveRoot(m: Ops, b: Wide, mode: Value): Value {
  const { significand, exponent } = normalized(m, b);
  const unbiased = m.sub(exponent, m.const(BIAS));
  // Even exponents leave the number in [1, 2), odd ones in [2, 4).
  const odd = m.and(unbiased, m.const(1));
  const digits = wideVariable(
    m,
    shiftRight(m, significand, m.sub(m.const(1), odd)),
  );
  const rest = wideVariable(m, wideConstant(m, 0n));
  const root = wideVariable(m, wideConstant(m, 0n));
  const left = m.variable(m.const(DIGITS));
  const [one, two] = [m.const(1), m.const(2)];
  m.while(() => m.nonZero(m.get(left)), () => {
    const next = getWide(m, digits);
    const shifted = shiftLeft(m, getWide(m, rest), two);
    setWide(m, rest, {
      high: shifted.high,
      low: m.or(shifted.low, m.shr(next.high, 62)),
    });
    setWide(m, digits, shiftLeft(m, next, two));
    const before = getWide(m, rest);
    const trial = shiftLeft(m, getWide(m, root), two);
    const subtrahend = { high: trial.high, low: m.or(trial.low, one) };
    const fits = m.negate(isLess(m, before, subtrahend));
    m.if(fits, () => setWide(m, rest, subtractWide(m, before, subtrahend)));
    const doubled = shiftLeft(m, getWide(m, root), one);
    setWide(
      m,
      root,
      addWide(m, doubled, { high: m.const(0), low: m.bit(fits) }),
    );
    m.set(left, m.sub(m.get(left), one));
  });
  const { high, low } = shiftLeft(m, getWide(m, root), m.const(128 - DIGITS));
  const inexact = m.negate(isNothing(m, getWide(m, rest)));
  return round(m, {
    sign: m.const(0),
    exponent: m.add(m.sar(unbiased, 1), m.const(BIAS)),
    significand: { high, low: m.or(low, m.bit(inexact)) },
  }, { mode });
}

const SQUARE_ROOT = subroutine("quad_square_root", 3, (m, high, low, mode) => {
  const b = { high, low };
  const result = wideVariable(m, b);
  m.if(isNan(m, b), () => {
    setWide(m, result, propagateNan(m, [b]));
  }, () =>
    m.if(m.negate(isZero(m, b)), () =>
      m.if(
        m.ltSigned(high, m.const(0)),
        () => setWide(m, result, invalid(m, FPSCR.VXSQRT)),
        () =>
          m.if(
            m.negate(isSpecial(m, b)),
            () => setWide(m, result, pairOf(m, positiveRoot(m, b, mode))),
          ),
      )));
  return returned(m, getWide(m, result));
});

/** a × c + b, rounded once. */
export function multiplyAdd(
  m: Ops,
  { a, c, b }: FusedOperands,
  mode: Value,
): Wide {
  return pairOf(
    m,
    m.call(MULTIPLY_ADD, a.high, a.low, c.high, c.low, b.high, b.low, mode),
  );
}

/** a + b: a × 1 + b. */
export function add(m: Ops, a: Wide, b: Wide, mode: Value): Wide {
  const c = wideConstant(m, BigInt(BIAS) << 112n);
  return multiplyAdd(m, { a, c, b }, mode);
}

/** a - b. */
export function subtract(m: Ops, a: Wide, b: Wide, mode: Value): Wide {
  return add(m, a, negated(m, b), mode);
}

/** a × c, to which a zero of its sign is added. */
export function multiply(m: Ops, a: Wide, c: Wide, mode: Value): Wide {
  const sign = signOf(m, { high: m.xor(a.high, c.high), low: a.low });
  return multiplyAdd(m, { a, c, b: { high: sign, low: m.const(0) } }, mode);
}

/** a ÷ b. */
export function divide(m: Ops, a: Wide, b: Wide, mode: Value): Wide {
  return pairOf(m, m.call(DIVIDE, a.high, a.low, b.high, b.low, mode));
}

/** √b. */
export function squareRoot(m: Ops, b: Wide, mode: Value): Wide {
  return pairOf(m, m.call(SQUARE_ROOT, b.high, b.low, mode));
}
