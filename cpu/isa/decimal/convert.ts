/**
 * Decimal numbers to other formats and integers and back (Book I 5.6.5).
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { flag, FPSCR } from "../softfloat/mod.ts";
import { subroutine } from "../subroutine.ts";
import type { Wide } from "../wide.ts";
import { getWide, setWide, wideVariable } from "../wide_variable.ts";
import * as digits from "./digits.ts";
import {
  exponentOf,
  type FormatName,
  formatValue,
  INFINITY,
  isNan,
  isSignaling,
  isSpecial,
  LAYOUTS,
  packSpecial,
  pairOf,
  QUIET_NAN,
  SIGNALING,
  signOf,
  unpack,
} from "./format.ts";
import { DROP, inexactFlags, round, roundingMode } from "./round.ts";

const CONVERT = subroutine(
  "decimal_convert",
  6,
  (m, high, low, from, to, rebias, quiet) => {
    const x = { high, low };
    const sign = signOf(m, x);
    const result = wideVariable(m, {
      high: m.or(sign, m.const(INFINITY)),
      low: m.const(0),
    });
    m.if(isNan(m, x), () => {
      unpack(m, "result", x, from);
      const signaling = m.and(high, m.const(SIGNALING));
      const kept = m.select(m.nonZero(quiet), m.const(0), signaling);
      m.if(
        m.both(m.nonZero(quiet), m.nonZero(signaling)),
        () => flag(m, FPSCR.VXSNAN),
      );
      const head = m.or(m.or(sign, m.const(QUIET_NAN)), kept);
      setWide(m, result, packSpecial(m, head, to));
    }, () =>
      m.if(m.negate(isSpecial(m, x)), () => {
        unpack(m, "result", x, from);
        const exponent = m.add(exponentOf(m, x, from), rebias);
        const mode = roundingMode(m);
        setWide(m, result, round(m, { sign, exponent, format: to, mode }));
      }));
    const { high: first, low: second } = getWide(m, result);
    m.setReg("FP_LOW", second);
    return first;
  },
);

/**
 * The number in another format. A signaling NaN stays so from and to a short,
 * else it is invalid and becomes quiet.
 */
export function convert(
  m: Ops,
  { high, low }: Wide,
  { from, to }: { from: FormatName; to: FormatName },
): Wide {
  const short = from === "short" || to === "short";
  return pairOf(
    m,
    m.call(
      CONVERT,
      high,
      low,
      formatValue(m, from),
      formatValue(m, to),
      m.const(LAYOUTS[to].bias - LAYOUTS[from].bias),
      m.const(short ? 0 : 1),
    ),
  );
}

const SIGN = 1n << 63n;

const FROM_INTEGER = subroutine(
  "decimal_from_integer",
  3,
  (m, integer, bias, format) => {
    const sign = m.and(integer, m.const(SIGN));
    const magnitude = m.select(
      m.nonZero(sign),
      m.sub(m.const(0), integer),
      integer,
    );
    digits.set(m, "result", m.const(0));
    const left = m.variable(magnitude);
    const place = m.variable(m.const(0));
    m.while(() => m.nonZero(m.get(left)), () => {
      const digit = m.remUnsigned(m.get(left), m.const(10));
      digits.setDigitAt(m, "result", m.get(place), digit);
      m.set(left, m.divUnsigned(m.get(left), m.const(10)));
      m.set(place, m.add(m.get(place), m.const(1)));
    });
    const mode = roundingMode(m);
    const { high } = round(m, { sign, exponent: bias, format, mode });
    return high;
  },
);

/** A signed 64-bit integer as a number. */
export function fromInteger(
  m: Ops,
  integer: Value,
  format: "long" | "extended",
): Wide {
  const bias = m.const(LAYOUTS[format].bias);
  const name = formatValue(m, format);
  return pairOf(m, m.call(FROM_INTEGER, integer, bias, name));
}

const GREATEST = (1n << 63n) - 1n;
/** Digits of the greatest integers. */
const LONGEST = 19;

const TO_INTEGER = subroutine(
  "decimal_to_integer",
  4,
  (m, high, low, bias, format) => {
    const b = { high, low };
    const sign = signOf(m, b);
    const negative = m.nonZero(sign);
    const limit = m.select(negative, m.const(SIGN), m.const(GREATEST));
    const magnitude = m.variable(limit);
    const fits = m.variable(m.const(0));
    m.if(m.negate(isSpecial(m, b)), () => {
      unpack(m, "result", b, format);
      const up = m.sub(exponentOf(m, b, format), bias);
      const inexact = m.variable(m.const(0));
      const away = m.variable(m.const(0));
      m.if(m.ltSigned(up, m.const(0)), () => {
        const count = m.sub(m.const(0), up);
        m.set(inexact, m.call(DROP, count, sign, roundingMode(m)));
        m.set(away, m.reg("FP_LOW"));
      }, () => {
        // No zero could be longer than this.
        const count = digits.countDigits(m, "result");
        const long = m.ltUnsigned(m.const(LONGEST), up);
        const all = m.select(long, m.const(LONGEST), up);
        const none = m.eq(count, m.const(0));
        digits.shiftLeft(m, "result", m.select(none, m.const(0), all));
      });
      const count = digits.countDigits(m, "result");
      m.if(m.leUnsigned(count, m.const(LONGEST)), () => {
        const value = m.variable(m.const(0));
        const left = m.variable(count);
        m.while(() => m.nonZero(m.get(left)), () => {
          m.set(left, m.sub(m.get(left), m.const(1)));
          const digit = digits.digitAt(m, "result", m.get(left));
          m.set(value, m.add(m.mul(m.get(value), m.const(10)), digit));
        });
        m.if(m.leUnsigned(m.get(value), limit), () => {
          m.set(fits, m.const(1));
          m.set(magnitude, m.get(value));
          flag(m, inexactFlags(m, m.get(inexact), m.get(away)));
        });
      });
    });
    m.if(m.eq(m.get(fits), m.const(0)), () => {
      flag(m, FPSCR.VXCVI);
      m.if(isSignaling(m, b), () => flag(m, FPSCR.VXSNAN));
    });
    const value = m.get(magnitude);
    return m.select(
      isNan(m, b),
      m.const(SIGN),
      m.select(negative, m.sub(m.const(0), value), value),
    );
  },
);

/** The number as a signed 64-bit integer; what does not fit saturates. */
export function toInteger(
  m: Ops,
  { high, low }: Wide,
  format: "long" | "extended",
): Value {
  const bias = m.const(LAYOUTS[format].bias);
  return m.call(TO_INTEGER, high, low, bias, formatValue(m, format));
}
