/**
 * Binary-coded decimals, exponents and shifts of significands
 * (Book I 5.6.6): what changes a number's parts without computing.
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { FPSCR } from "../softfloat/mod.ts";
import { subroutine } from "../subroutine.ts";
import { hasBadDigit } from "../vector_digits.ts";
import { selectWide, type Wide } from "../wide.ts";
import { getWide, setWide, wideVariable } from "../wide_variable.ts";
import * as digits from "./digits.ts";
import {
  exponentOf,
  type FormatName,
  formatParts,
  formatValue,
  INFINITY,
  isNan,
  isSignaling,
  isSpecial,
  LAYOUTS,
  pack,
  packSpecial,
  pairOf,
  QUIET_NAN,
  SIGNALING,
  signOf,
  unpack,
} from "./format.ts";
import { invalid } from "./special.ts";

const SIGN = 1n << 63n;

/** The formats of registers and pairs. */
type Size = Exclude<FormatName, "short">;

/** A digit more, and what is last in its place. */
function append(m: Ops, { high, low }: Wide, last: Value): Wide {
  return {
    high: m.or(m.shl(high, 4), m.shr(low, 60)),
    low: m.or(m.shl(low, 4), last),
  };
}

/**
 * The last 16 or 32 digits; with SP = 2 or 3 one fewer and a sign, of which
 * plus is 12 or 15.
 */
export function toBcd(m: Ops, b: Wide, sp: Value, format: Size): Wide {
  unpack(m, "result", b, formatValue(m, format));
  const all = {
    high: digits.digitsOf(m, "result", 1),
    low: digits.digitsOf(m, "result", 0),
  };
  const plus = m.add(m.const(12), m.mul(m.and(sp, m.const(1)), m.const(3)));
  const code = m.select(m.nonZero(signOf(m, b)), m.const(13), plus);
  const { high, low } = selectWide(
    m,
    m.ltUnsigned(sp, m.const(2)),
    all,
    append(m, all, code),
  );
  return format === "long" ? { high: low, low: m.const(0) } : { high, low };
}

const FROM_BCD = subroutine(
  "decimal_from_bcd",
  5,
  (m, high, low, signed, bias, format) => {
    const code = m.and(low, m.const(15));
    const withSign = m.nonZero(signed);
    const [upper, lower] = [
      m.select(withSign, m.shr(high, 4), high),
      m.select(withSign, m.or(m.shr(low, 4), m.shl(high, 60)), low),
    ];
    const wrong = m.either(
      m.either(hasBadDigit(m, upper), hasBadDigit(m, lower)),
      m.both(withSign, m.ltUnsigned(code, m.const(10))),
    );
    const minus = m.both(
      withSign,
      m.either(m.eq(code, m.const(11)), m.eq(code, m.const(13))),
    );
    const result = wideVariable(m, { high, low });
    m.if(wrong, () => setWide(m, result, invalid(m, FPSCR.VXCVI)), () => {
      digits.set(m, "result", lower);
      digits.setDigits(m, "result", 1, upper);
      const sign = m.select(minus, m.const(SIGN), m.const(0));
      setWide(m, result, pack(m, { sign, exponent: bias, format }));
    });
    const { high: first, low: second } = getWide(m, result);
    m.setReg("FP_LOW", second);
    return first;
  },
);

/** An integer of 16 or 32 digits, the last of which may be a sign. */
export function fromBcd(m: Ops, b: Wide, signed: Value, format: Size): Wide {
  const bias = m.const(LAYOUTS[format].bias);
  const name = formatValue(m, format);
  const { high, low } = format === "long"
    ? { high: m.const(0), low: b.high }
    : b;
  return pairOf(m, m.call(FROM_BCD, high, low, signed, bias, name));
}

/** The biased exponent; -1 for infinities, -2 and -3 for NaNs. */
export function extractExponent(m: Ops, b: Wide, format: Size): Value {
  const nan = m.select(isSignaling(m, b), m.const(-3), m.const(-2));
  return m.select(
    isSpecial(m, b),
    m.select(isNan(m, b), nan, m.const(-1)),
    exponentOf(m, b, formatValue(m, format)),
  );
}

const INSERT = subroutine(
  "decimal_insert_exponent",
  4,
  (m, exponent, high, low, format) => {
    const b = { high, low };
    const sign = signOf(m, b);
    const { continuation, most } = formatParts(m, format);
    const head = m.select(
      m.eq(exponent, m.const(-1)),
      m.const(INFINITY),
      m.select(
        m.eq(exponent, m.const(-3)),
        m.const(QUIET_NAN | SIGNALING),
        m.const(QUIET_NAN),
      ),
    );
    const shift = m.add(continuation, m.const(6));
    const trailing = m.shr(m.shl(high, shift), shift);
    const result = wideVariable(m, {
      high: m.or(m.or(sign, head), trailing),
      low,
    });
    m.if(m.leUnsigned(exponent, most), () => {
      unpack(m, "result", b, format);
      setWide(m, result, pack(m, { sign, exponent, format }));
    });
    const { high: first, low: second } = getWide(m, result);
    m.setReg("FP_LOW", second);
    return first;
  },
);

/** The number with another exponent, as `extractExponent` gives it. */
export function insertExponent(
  m: Ops,
  exponent: Value,
  { high, low }: Wide,
  format: Size,
): Wide {
  const name = formatValue(m, format);
  return pairOf(m, m.call(INSERT, exponent, high, low, name));
}

const SHIFT = subroutine(
  "decimal_shift",
  5,
  (m, high, low, left, right, format) => {
    const a = { high, low };
    const { precision } = formatParts(m, format);
    unpack(m, "result", a, format);
    digits.shiftRight(m, "result", right);
    digits.shiftLeft(m, "result", left);
    // Digits shifted out in front are lost.
    const count = digits.countDigits(m, "result");
    m.if(m.ltUnsigned(precision, count), () => {
      const out = m.sub(m.const(80), precision);
      digits.shiftLeft(m, "result", out);
      digits.shiftRight(m, "result", out);
    });
    // Of a special value's combination field only what makes it one is left.
    const kind = m.const(SIGN | QUIET_NAN);
    const nan = m.and(high, m.const(SIGN | QUIET_NAN | SIGNALING));
    const head = m.select(isNan(m, a), nan, m.and(high, kind));
    const result = wideVariable(m, a);
    m.if(
      isSpecial(m, a),
      () => setWide(m, result, packSpecial(m, head, format)),
      () => {
        const sign = signOf(m, a);
        const exponent = exponentOf(m, a, format);
        setWide(m, result, pack(m, { sign, exponent, format }));
      },
    );
    const { high: first, low: second } = getWide(m, result);
    m.setReg("FP_LOW", second);
    return first;
  },
);

/** The significand moved by so many digits, the exponent as it was. */
export function shiftSignificand(
  m: Ops,
  { high, low }: Wide,
  count: Value,
  { direction, format }: { direction: "left" | "right"; format: Size },
): Wide {
  const none = m.const(0);
  const [left, right] = direction === "left" ? [count, none] : [none, count];
  const name = formatValue(m, format);
  return pairOf(m, m.call(SHIFT, high, low, left, right, name));
}
