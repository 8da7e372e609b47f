/**
 * Formats of decimal floating point (Book I 5.3 and 5.4): sign, combination
 * field, and declets.
 *
 * @module
 */
import { bcdToDeclet, decletToBcd } from "../fixed_decimal.ts";
import type { Condition, Ops, Value } from "../ops.ts";
import { getWide, setWide, wideVariable } from "../wide_variable.ts";
import { subroutine } from "../subroutine.ts";
import { shiftLeft as shiftWide, shiftRight, type Wide } from "../wide.ts";
import * as digits from "./digits.ts";
import type { Place } from "./digits.ts";

/** What a format is made of. */
interface Layout {
  /** Digits of the significand. */
  readonly precision: number;
  /** Declets of the trailing significand, three digits each. */
  readonly declets: number;
  /** Bits of the exponent behind the first two. */
  readonly continuation: number;
  readonly bias: number;
  /** The greatest biased exponent; the least is 0. */
  readonly most: number;
  /** By how much enabled overflow and underflow adjust the exponent. */
  readonly adjust: number;
}

/** The formats; a short stands in bits 0:31 of a doubleword here. */
export const LAYOUTS = {
  short: {
    precision: 7,
    declets: 2,
    continuation: 6,
    bias: 101,
    most: 191,
    adjust: 192,
  },
  long: {
    precision: 16,
    declets: 5,
    continuation: 8,
    bias: 398,
    most: 767,
    adjust: 576,
  },
  extended: {
    precision: 34,
    declets: 11,
    continuation: 12,
    bias: 6176,
    most: 12287,
    adjust: 9216,
  },
} as const satisfies Record<string, Layout>;

/** Name of a format. */
export type FormatName = keyof typeof LAYOUTS;

/** A format as subroutines take it: a constant with the numbers side by side. */
export function formatValue(m: Ops, name: FormatName): Value {
  const { precision, declets, continuation, most, adjust } = LAYOUTS[name];
  return m.const(
    BigInt(precision) | BigInt(declets) << 8n | BigInt(continuation) << 16n |
      BigInt(most) << 24n | BigInt(adjust) << 40n,
  );
}

/** Taken apart at run time. */
export function formatParts(m: Ops, format: Value) {
  function bits(shift: number, width: number): Value {
    return m.and(m.shr(format, shift), m.const(2 ** width - 1));
  }
  return {
    precision: bits(0, 8),
    declets: bits(8, 8),
    continuation: bits(16, 8),
    most: bits(24, 16),
    adjust: bits(40, 16),
  };
}

const SIGN = 1n << 63n;
/** Bits of doubleword 0: the first five bits of the combination field. */
export const INFINITY = 0x78n << 56n;
export const QUIET_NAN = 0x7cn << 56n;
export const SIGNALING = 1n << 57n;

export function signOf(m: Ops, { high }: Wide): Value {
  return m.and(high, m.const(SIGN));
}

function combination(m: Ops, { high }: Wide): Value {
  return m.and(m.shr(high, 58), m.const(31));
}

/** Infinity or NaN. */
export function isSpecial(m: Ops, x: Wide): Condition {
  return m.leUnsigned(m.const(30), combination(m, x));
}

export function isNan(m: Ops, x: Wide): Condition {
  return m.eq(combination(m, x), m.const(31));
}

export function isInfinite(m: Ops, x: Wide): Condition {
  return m.eq(combination(m, x), m.const(30));
}

export function isSignaling(m: Ops, x: Wide): Condition {
  return m.both(
    isNan(m, x),
    m.nonZero(m.and(x.high, m.const(SIGNALING))),
  );
}

/** The biased exponent of a finite number. */
export function exponentOf(m: Ops, x: Wide, format: Value): Value {
  const { continuation } = formatParts(m, format);
  const g = combination(m, x);
  const large = m.leUnsigned(m.const(24), g);
  const first = m.select(
    large,
    m.and(m.shr(g, 1), m.const(3)),
    m.shr(g, 3),
  );
  const rest = m.shr(m.shl(x.high, 6), m.sub(m.const(64), continuation));
  return m.or(m.shl(first, continuation), rest);
}

/** The trailing significand as an integer. */
function trailing(m: Ops, { high, low }: Wide, format: Value): Wide {
  const { declets, continuation } = formatParts(m, format);
  const long = m.eq(declets, m.const(LAYOUTS.extended.declets));
  const behind = m.shl(high, m.add(continuation, m.const(6)));
  const upper = m.shr(behind, m.add(continuation, m.const(6)));
  const width = m.mul(declets, m.const(10));
  const short = m.shr(behind, m.sub(m.const(64), width));
  return {
    high: m.select(long, upper, m.const(0)),
    low: m.select(long, low, short),
  };
}

const UNPACK = subroutine(
  "decimal_unpack",
  4,
  (m, at, high, low, format) => {
    const x = { high, low };
    const g = combination(m, x);
    const first = m.select(
      m.ltUnsigned(g, m.const(24)),
      m.and(g, m.const(7)),
      m.select(
        isSpecial(m, x),
        m.const(0),
        m.or(m.and(g, m.const(1)), m.const(8)),
      ),
    );
    const bits = trailing(m, x, format);
    const shift = m.variable(
      m.mul(formatParts(m, format).declets, m.const(10)),
    );
    digits.set(m, "spare", first);
    m.while(() => m.nonZero(m.get(shift)), () => {
      m.set(shift, m.sub(m.get(shift), m.const(10)));
      digits.shiftLeft(m, "spare", m.const(3));
      const declet = shiftRight(m, bits, m.get(shift)).low;
      const three = m.call(decletToBcd, declet);
      const last = digits.digitsOf(m, "spare", 0);
      digits.setDigits(m, "spare", 0, m.or(last, three));
    });
    digits.copyTo(m, at, "spare");
    return m.const(0);
  },
);

/** Puts the significand's digits into a place; a NaN's are its payload. */
export function unpack(m: Ops, place: Place, x: Wide, format: Value): void {
  m.call(UNPACK, m.const(digits.AT[place]), x.high, x.low, format);
}

const PACK = subroutine("decimal_pack", 3, (m, sign, exponent, format) => {
  const { declets, continuation } = formatParts(m, format);
  const bits = wideVariable(m, { high: m.const(0), low: m.const(0) });
  const shift = m.variable(m.const(0));
  const end = m.mul(declets, m.const(10));
  m.while(() => m.ltUnsigned(m.get(shift), end), () => {
    const declet = m.call(bcdToDeclet, digits.digitsOf(m, "result", 0));
    const placed = shiftWide(
      m,
      { high: m.const(0), low: declet },
      m.get(shift),
    );
    const { high, low } = getWide(m, bits);
    setWide(m, bits, {
      high: m.or(high, placed.high),
      low: m.or(low, placed.low),
    });
    digits.shiftRight(m, "result", m.const(3));
    m.set(shift, m.add(m.get(shift), m.const(10)));
  });
  const first = m.and(digits.digitsOf(m, "result", 0), m.const(15));
  const top = m.shr(exponent, continuation);
  const large = m.or(
    m.or(m.const(24), m.shl(top, 1)),
    m.and(first, m.const(1)),
  );
  const g = m.select(
    m.ltUnsigned(first, m.const(8)),
    m.or(m.shl(top, 3), first),
    large,
  );
  const rest = m.sub(exponent, m.shl(top, continuation));
  const head = m.or(
    m.or(sign, m.shl(g, 58)),
    m.shl(rest, m.sub(m.const(58), continuation)),
  );
  const { high, low } = getWide(m, bits);
  const long = m.eq(declets, m.const(LAYOUTS.extended.declets));
  const place = m.sub(m.sub(m.const(58), continuation), end);
  m.setReg("FP_LOW", m.select(long, low, m.const(0)));
  return m.or(head, m.select(long, high, m.shl(low, place)));
});

/** The pair that a subroutine gave: doubleword 0, and FP_LOW. */
export function pairOf(m: Ops, high: Value): Wide {
  return { high, low: m.reg("FP_LOW") };
}

/** Packs the digits of `result`; they must fit. Its place is free afterwards. */
export function pack(
  m: Ops,
  { sign, exponent, format }: Record<"sign" | "exponent" | "format", Value>,
): Wide {
  return pairOf(m, m.call(PACK, sign, exponent, format));
}

/** A special value with the digits of `result` for a payload. */
export function packSpecial(
  m: Ops,
  head: Value,
  format: Value,
): Wide {
  const zero = m.const(0);
  const { high, low } = pack(m, { sign: zero, exponent: zero, format });
  // A first digit has no place there.
  const payload = m.and(high, m.const((1n << 58n) - 1n));
  return { high: m.or(head, payload), low };
}

const CLASS_OF = subroutine("decimal_class", 3, (m, high, low, format) => {
  const x = { high, low };
  const negative = m.ltSigned(high, m.const(0));
  function signed(minus: number, plus: number): Value {
    return m.select(negative, m.const(minus), m.const(plus));
  }
  const result = m.variable(
    m.select(
      isNan(m, x),
      m.select(isSignaling(m, x), m.const(0b00001), m.const(0b10001)),
      signed(0b01001, 0b00101),
    ),
  );
  m.if(m.negate(isSpecial(m, x)), () => {
    const { precision } = formatParts(m, format);
    unpack(m, "spare", x, format);
    const count = digits.countDigits(m, "spare");
    const reach = m.add(exponentOf(m, x, format), count);
    const small = m.ltUnsigned(reach, precision);
    m.set(
      result,
      m.select(
        m.eq(count, m.const(0)),
        signed(0b10010, 0b00010),
        m.select(small, signed(0b11000, 0b10100), signed(0b01000, 0b00100)),
      ),
    );
  });
  return m.get(result);
});

/** FPRF of a number (Book I 5.5.1): class and sign. */
export function classOf(m: Ops, { high, low }: Wide, format: Value): Value {
  return m.call(CLASS_OF, high, low, format);
}
