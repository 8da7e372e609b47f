/**
 * Decimal arithmetic (Book I 5.6.1): exact in digits, then rounded. The
 * exponent comes as near to the ideal one as the digits let it.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../ops.ts";
import { flag, FPSCR } from "../softfloat/mod.ts";
import { type Subroutine, subroutine } from "../subroutine.ts";
import type { Wide } from "../wide.ts";
import { getWide, setWide, wideVariable } from "../wide_variable.ts";
import * as digits from "./digits.ts";
import {
  exponentOf,
  type FormatName,
  formatParts,
  formatValue,
  isInfinite,
  isNan,
  isSpecial,
  LAYOUTS,
  pairOf,
  signOf,
  unpack,
} from "./format.ts";
import { MODE, round, roundingMode } from "./round.ts";
import { infinity, invalid, propagateNan } from "./special.ts";

const SIGN = 1n << 63n;

/** Two numbers and what they are made of, the digits being in a and b. */
interface Operands {
  readonly a: Wide;
  readonly b: Wide;
  readonly format: Value;
}

function operation(
  name: string,
  { special, finite }: {
    /** A result where one is infinite, and neither a NaN. */
    special: (m: Ops, operands: Operands) => Wide;
    finite: (m: Ops, operands: Operands) => Wide;
  },
): Subroutine {
  return subroutine(`decimal_${name}`, 5, (m, ah, al, bh, bl, format) => {
    const [a, b] = [{ high: ah, low: al }, { high: bh, low: bl }];
    const operands = { a, b, format };
    const result = wideVariable(m, a);
    m.if(m.either(isNan(m, a), isNan(m, b)), () => {
      setWide(m, result, propagateNan(m, a, b, format));
    }, () =>
      m.if(
        m.either(isSpecial(m, a), isSpecial(m, b)),
        () => setWide(m, result, special(m, operands)),
        () => {
          unpack(m, "a", a, format);
          unpack(m, "b", b, format);
          setWide(m, result, finite(m, operands));
        },
      ));
    const { high, low } = getWide(m, result);
    m.setReg("FP_LOW", low);
    return high;
  });
}

/** The one or the other, each computed only where it is wanted. */
function choose(
  m: Ops,
  c: Condition,
  then: () => Wide,
  otherwise: () => Wide,
): Wide {
  const result = wideVariable(m, { high: m.const(0), low: m.const(0) });
  m.if(
    c,
    () => setWide(m, result, then()),
    () => setWide(m, result, otherwise()),
  );
  return getWide(m, result);
}

function signOfProduct(m: Ops, { a, b }: Operands): Value {
  return m.and(m.xor(a.high, b.high), m.const(SIGN));
}

/**
 * Digits by which the number with the greater exponent is shifted at most: it
 * then reaches so far beyond any 34 that what falls out of the other does not
 * matter but for being there.
 */
const REACH = 40;

/** Brings b, of the lesser exponent, in line with a; gives the exponent. */
function align(m: Ops, ea: Value, eb: Value): Value {
  const nothing = m.eq(digits.countDigits(m, "a"), m.const(0));
  const distance = m.select(nothing, m.const(0), m.sub(ea, eb));
  const far = m.ltUnsigned(m.const(REACH), distance);
  const up = m.select(far, m.const(REACH), distance);
  digits.shiftLeft(m, "a", up);
  m.if(far, () => {
    const rest = digits.shiftRight(m, "b", m.sub(distance, up));
    const last = digits.digitsOf(m, "b", 0);
    const empty = m.eq(m.and(last, m.const(15)), m.const(0));
    m.if(
      m.both(m.nonZero(rest), empty),
      () => digits.setDigits(m, "b", 0, m.or(last, m.const(1))),
    );
  });
  return m.add(eb, m.sub(distance, up));
}

const ADD = operation("add", {
  special(m, { a, b }) {
    const against = m.both(
      m.both(isInfinite(m, a), isInfinite(m, b)),
      m.ne(signOf(m, a), signOf(m, b)),
    );
    return choose(
      m,
      against,
      () => invalid(m, FPSCR.VXISI),
      () =>
        infinity(
          m,
          signOf(m, { ...a, high: m.select(isInfinite(m, a), a.high, b.high) }),
        ),
    );
  },
  finite(m, { a, b, format }) {
    const [ea, eb] = [exponentOf(m, a, format), exponentOf(m, b, format)];
    const behind = m.ltUnsigned(ea, eb);
    m.if(behind, () => {
      digits.copy(m, "spare", "a");
      digits.copy(m, "a", "b");
      digits.copy(m, "b", "spare");
    });
    const exponent = align(
      m,
      m.select(behind, eb, ea),
      m.select(behind, ea, eb),
    );
    const [signA, signB] = [
      m.select(behind, signOf(m, b), signOf(m, a)),
      m.select(behind, signOf(m, a), signOf(m, b)),
    ];
    const mode = roundingMode(m);
    const sign = m.variable(signA);
    m.if(m.eq(signA, signB), () => digits.add(m, "a", "b"), () => {
      const order = digits.compare(m, "a", "b");
      m.if(m.ltSigned(order, m.const(0)), () => {
        digits.subtract(m, "b", "a");
        digits.copy(m, "a", "b");
        m.set(sign, signB);
      }, () => digits.subtract(m, "a", "b"));
      const cancelled = m.select(
        m.eq(mode, m.const(MODE.down)),
        m.const(SIGN),
        m.const(0),
      );
      m.if(m.eq(order, m.const(0)), () => m.set(sign, cancelled));
    });
    digits.copy(m, "result", "a");
    return round(m, { sign: m.get(sign), exponent, format, mode });
  },
});

/** The bias of a format, of which there are two here. */
function biasOf(m: Ops, format: Value): Value {
  const { long, extended } = LAYOUTS;
  return m.select(
    m.eq(formatParts(m, format).precision, m.const(long.precision)),
    m.const(long.bias),
    m.const(extended.bias),
  );
}

function isZero(m: Ops, place: digits.Place): Condition {
  return m.eq(digits.countDigits(m, place), m.const(0));
}

const MULTIPLY = operation("multiply", {
  special(m, operands) {
    const { a, b, format } = operands;
    unpack(m, "a", a, format);
    unpack(m, "b", b, format);
    const impossible = m.either(
      m.both(m.negate(isInfinite(m, a)), isZero(m, "a")),
      m.both(m.negate(isInfinite(m, b)), isZero(m, "b")),
    );
    return choose(
      m,
      impossible,
      () => invalid(m, FPSCR.VXIMZ),
      () => infinity(m, signOfProduct(m, operands)),
    );
  },
  finite(m, operands) {
    const { a, b, format } = operands;
    digits.multiply(m);
    return round(m, {
      sign: signOfProduct(m, operands),
      exponent: m.sub(
        m.add(exponentOf(m, a, format), exponentOf(m, b, format)),
        biasOf(m, format),
      ),
      format,
      mode: roundingMode(m),
    });
  },
});

/**
 * result = a ÷ b, digit by digit until nothing is left or there are two more
 * digits than the format has; what is left then counts as a last digit 1. Gives
 * the exponent.
 */
const LONG_DIVISION = subroutine(
  "decimal_long_division",
  2,
  (m, ideal, precision) => {
    const [na, nb] = [digits.countDigits(m, "a"), digits.countDigits(m, "b")];
    const shift = m.sub(nb, na);
    const behind = m.ltSigned(shift, m.const(0));
    m.if(
      behind,
      () => digits.shiftLeft(m, "b", m.sub(na, nb)),
      () => digits.shiftLeft(m, "a", shift),
    );
    const exponent = m.variable(m.sub(ideal, shift));
    const [zero, one] = [m.const(0), m.const(1)];
    const left = m.variable(m.add(precision, m.const(2)));
    const goesOn = m.variable(one);
    digits.set(m, "result", zero);
    m.while(() => m.nonZero(m.get(goesOn)), () => {
      const digit = m.variable(zero);
      m.while(
        () => m.leSigned(zero, digits.compare(m, "a", "b")),
        () => {
          digits.subtract(m, "a", "b");
          m.set(digit, m.add(m.get(digit), one));
        },
      );
      const last = digits.digitsOf(m, "result", 0);
      digits.setDigits(m, "result", 0, m.or(last, m.get(digit)));
      m.set(left, m.sub(m.get(left), one));
      const wanted = m.either(
        m.negate(isZero(m, "a")),
        m.ltSigned(ideal, m.get(exponent)),
      );
      m.set(goesOn, m.bit(m.both(wanted, m.nonZero(m.get(left)))));
      m.if(m.nonZero(m.get(goesOn)), () => {
        digits.shiftLeft(m, "result", one);
        digits.shiftLeft(m, "a", one);
        m.set(exponent, m.sub(m.get(exponent), one));
      });
    });
    m.if(isZero(m, "a"), () => {
      function ends(): Condition {
        const last = m.and(digits.digitsOf(m, "result", 0), m.const(15));
        return m.both(
          m.eq(last, zero),
          m.ltSigned(m.get(exponent), ideal),
        );
      }
      m.while(ends, () => {
        digits.shiftRight(m, "result", one);
        m.set(exponent, m.add(m.get(exponent), one));
      });
    }, () => {
      digits.shiftLeft(m, "result", one);
      const last = digits.digitsOf(m, "result", 0);
      digits.setDigits(m, "result", 0, m.or(last, one));
      m.set(exponent, m.sub(m.get(exponent), one));
    });
    return m.get(exponent);
  },
);

const DIVIDE = operation("divide", {
  special(m, operands) {
    const { a, b, format } = operands;
    return choose(
      m,
      isInfinite(m, a),
      () =>
        choose(
          m,
          isInfinite(m, b),
          () => invalid(m, FPSCR.VXIDI),
          () => infinity(m, signOfProduct(m, operands)),
        ),
      () => {
        // A finite number by an infinite one: zero of the least exponent.
        digits.set(m, "result", m.const(0));
        const [sign, exponent] = [signOfProduct(m, operands), m.const(0)];
        return round(m, { sign, exponent, format, mode: m.const(MODE.zero) });
      },
    );
  },
  finite(m, operands) {
    const { a, b, format } = operands;
    const { precision } = formatParts(m, format);
    const sign = signOfProduct(m, operands);
    const ideal = m.add(
      m.sub(exponentOf(m, a, format), exponentOf(m, b, format)),
      biasOf(m, format),
    );
    const mode = roundingMode(m);
    return choose(
      m,
      isZero(m, "b"),
      () =>
        choose(m, isZero(m, "a"), () => invalid(m, FPSCR.VXZDZ), () => {
          flag(m, FPSCR.ZX);
          return infinity(m, sign);
        }),
      () => {
        const exponent = m.variable(ideal);
        m.if(
          isZero(m, "a"),
          () => digits.set(m, "result", m.const(0)),
          () => m.set(exponent, m.call(LONG_DIVISION, ideal, precision)),
        );
        return round(m, { sign, exponent: m.get(exponent), format, mode });
      },
    );
  },
});

/** An operation on two numbers of a format. */
export type Binary = (m: Ops, a: Wide, b: Wide, format: FormatName) => Wide;

function binary(shared: Subroutine): Binary {
  return (m, a, b, format) =>
    pairOf(
      m,
      m.call(shared, a.high, a.low, b.high, b.low, formatValue(m, format)),
    );
}

/** a + b. */
export const add: Binary = binary(ADD);
/** a × b. */
export const multiply: Binary = binary(MULTIPLY);
/** a ÷ b. */
export const divide: Binary = binary(DIVIDE);

/** a - b; a NaN keeps its sign. */
export const subtract: Binary = (m, a, b, format) => {
  const minus = m.xor(b.high, m.const(SIGN));
  const high = m.select(isNan(m, b), b.high, minus);
  return add(m, a, { high, low: b.low }, format);
};
