/**
 * Conversions between floating point, its formats and integers (Book I 4.6.7).
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import {
  DOUBLE_EXCESS,
  exponentOf,
  type Format,
  isNan,
  isSignaling,
  isSpecial,
  isZero,
  MODE,
  normalized,
  SIGN,
  significandOf,
  signOf,
} from "./format.ts";
import { flag, FPSCR } from "./fpscr.ts";
import { propagateNan } from "./nan.ts";
import { round, roundsUp } from "./round.ts";

const ROUND_TO_FORMAT = subroutine("float_convert", 2, (m, b, format) => {
  const result = m.variable(b);
  m.if(isNan(m, b), () => {
    m.set(result, propagateNan(m, [b], format));
  }, () =>
    m.if(
      m.negate(m.either(isSpecial(m, b), isZero(m, b))),
      () =>
        m.set(
          result,
          round(m, { sign: signOf(m, b), ...normalized(m, b) }, format),
        ),
    ));
  return m.get(result);
});

/** The number in a narrower format (frsp, xsrsp, xscvdpsp). */
export function roundToFormat(m: Ops, b: Value, format: Value): Value {
  return m.call(ROUND_TO_FORMAT, b, format);
}

/** Exponent with which a significand's last bit is worth 1. */
const INTEGER = 1075;

/** A magnitude below 2^52, rounded to an integer. */
function integerOf(m: Ops, x: Value, mode: Value) {
  const significand = significandOf(m, x);
  // All of a number below ½ falls out at 54 too, and is less than half.
  const wanted = m.sub(m.const(INTEGER), exponentOf(m, x));
  const shift = m.select(
    m.ltUnsigned(wanted, m.const(54)),
    wanted,
    m.const(54),
  );
  const kept = m.shr(significand, shift);
  const rest = m.sub(significand, m.shl(kept, shift));
  const half = m.shl(m.const(1), m.sub(shift, m.const(1)));
  const up = roundsUp(m, mode, { sign: signOf(m, x), kept, rest, half });
  return { integer: m.add(kept, up), up, rest };
}

/** XX, FI and FR of rounding to an integer. */
function flagInexact(m: Ops, up: Value, rest: Value): void {
  m.if(m.nonZero(rest), () =>
    flag(
      m,
      m.select(
        m.nonZero(up),
        m.const(FPSCR.XX | FPSCR.FI | FPSCR.FR),
        m.const(FPSCR.XX | FPSCR.FI),
      ),
    ));
}

const ROUND_TO_INTEGER = subroutine(
  "float_round_to_integer",
  3,
  (m, b, mode, exact) => {
    const result = m.variable(b);
    m.if(isNan(m, b), () => {
      m.set(result, propagateNan(m, [b], m.const(DOUBLE_EXCESS)));
    }, () =>
      m.if(
        m.both(
          m.negate(isZero(m, b)),
          m.ltUnsigned(exponentOf(m, b), m.const(INTEGER)),
        ),
        () => {
          const { integer, up, rest } = integerOf(m, b, mode);
          m.if(m.nonZero(exact), () => flagInexact(m, up, rest));
          const zeros = m.sub(m.clz(integer), m.const(DOUBLE_EXCESS));
          const scale = m.shl(m.sub(m.const(INTEGER - 1), zeros), 52);
          m.set(
            result,
            m.or(
              signOf(m, b),
              m.select(
                m.eq(integer, m.const(0)),
                m.const(0),
                m.add(scale, m.shl(integer, zeros)),
              ),
            ),
          );
        },
      ));
    return m.get(result);
  },
);

/** How a value is rounded to an integer: a fixed mode, or FPSCR[RN]. */
export type IntegerMode = keyof typeof MODE | "RN";

function modeOf(m: Ops, mode: IntegerMode): Value {
  return mode === "RN"
    ? m.and(m.reg("FPSCR"), m.const(FPSCR.RN))
    : m.const(MODE[mode]);
}

/**
 * The nearest integral number in floating point. With `exact` a change of
 * value counts as inexact (xsrdpic, xvrdpic), else not (frin, xsrdpi).
 */
export function roundToInteger(
  m: Ops,
  b: Value,
  { mode, exact = false }: { mode: IntegerMode; exact?: boolean },
): Value {
  return m.call(ROUND_TO_INTEGER, b, modeOf(m, mode), m.const(exact ? 1 : 0));
}

const TO_INTEGER = subroutine(
  "float_to_integer",
  4,
  (m, b, mode, greatest, least) => {
    const negative = m.ltSigned(b, m.const(0));
    // The magnitude that must not be exceeded.
    const limit = m.select(negative, least, greatest);
    const magnitude = m.variable(m.const(0));
    const fits = m.variable(m.const(0));
    const exponent = exponentOf(m, b);
    m.if(m.ltUnsigned(exponent, m.const(INTEGER)), () => {
      const { integer, up, rest } = integerOf(m, b, mode);
      m.set(magnitude, integer);
      m.if(m.leUnsigned(integer, limit), () => {
        m.set(fits, m.const(1));
        flagInexact(m, up, rest);
      });
    }, () =>
      m.if(m.ltUnsigned(exponent, m.const(1023 + 64)), () => {
        m.set(
          magnitude,
          m.shl(significandOf(m, b), m.sub(exponent, m.const(INTEGER))),
        );
        m.set(fits, m.bit(m.leUnsigned(m.get(magnitude), limit)));
      }));
    m.if(m.eq(m.get(fits), m.const(0)), () => {
      m.set(magnitude, limit);
      flag(m, FPSCR.VXCVI);
      m.if(isSignaling(m, b), () => flag(m, FPSCR.VXSNAN));
    });
    return m.select(
      isNan(m, b),
      least,
      m.select(
        negative,
        m.sub(m.const(0), m.get(magnitude)),
        m.get(magnitude),
      ),
    );
  },
);

/** Integer formats that a conversion can aim at. */
export interface IntegerFormat {
  readonly bytes: 1 | 2 | 4 | 8;
  readonly signed: boolean;
}

/**
 * The number as an integer, sign- or zero-extended to 64 bits. What does not
 * fit saturates with VXCVI; a NaN gives the least integer of the format,
 * zero-extended.
 */
export function toInteger(
  m: Ops,
  b: Value,
  { bytes, signed, mode }: IntegerFormat & { mode: IntegerMode },
): Value {
  const bits = BigInt(8 * bytes);
  const greatest = (1n << (signed ? bits - 1n : bits)) - 1n;
  const least = signed ? 1n << (bits - 1n) : 0n;
  return m.call(
    TO_INTEGER,
    b,
    modeOf(m, mode),
    m.const(greatest),
    m.const(least),
  );
}

const FROM_INTEGER = subroutine(
  "float_from_integer",
  3,
  (m, magnitude, sign, format) => {
    const result = m.variable(m.const(0));
    m.if(m.nonZero(magnitude), () => {
      const zeros = m.clz(magnitude);
      m.set(
        result,
        round(m, {
          sign,
          exponent: m.sub(m.const(1023 + 63), zeros),
          significand: m.shl(magnitude, zeros),
        }, format),
      );
    });
    return m.get(result);
  },
);

/** A 64-bit integer as a number, rounded to the format. */
export function fromInteger(
  m: Ops,
  a: Value,
  { signed, format }: { signed: boolean; format: Format },
): Value {
  const sign = signed ? m.and(a, m.const(SIGN)) : m.const(0);
  const magnitude = m.select(m.nonZero(sign), m.sub(m.const(0), a), a);
  return m.call(FROM_INTEGER, magnitude, sign, m.const(format));
}

/**
 * DOUBLE(word) of Book I 4.6.2: a single in the low word as a double, bit for
 * bit; signaling NaNs stay so.
 */
export const WIDEN = subroutine("float_widen", 1, (m, word) => {
  const magnitude = m.and(word, m.const(0x7fff_ffff));
  const sign = m.shl(m.and(word, m.const(0x8000_0000)), 32);
  // Exponent 255 becomes 2047, all others shift by the difference of biases.
  const special = m.leUnsigned(m.const(0x7f80_0000), magnitude);
  const normal = m.add(
    m.shl(magnitude, 29),
    m.select(special, m.const(1792n << 52n), m.const(896n << 52n)),
  );
  const result = m.variable(normal);
  m.if(m.ltUnsigned(magnitude, m.const(0x80_0000)), () => {
    const zeros = m.sub(m.clz(magnitude), m.const(DOUBLE_EXCESS));
    // The last place of a single is 2^-149.
    const scale = m.shl(m.sub(m.const(INTEGER - 149 - 1), zeros), 52);
    m.set(
      result,
      m.select(
        m.eq(magnitude, m.const(0)),
        m.const(0),
        m.add(scale, m.shl(magnitude, zeros)),
      ),
    );
  });
  return m.or(m.get(result), sign);
});

/**
 * SINGLE(x) of Book I 4.6.3: a double as a single's word, bit for bit and not
 * rounded. Magnitudes below 2^-149 are undefined there; they give zero.
 */
export const NARROW = subroutine("float_narrow", 1, (m, x) => {
  const exponent = exponentOf(m, x);
  const result = m.variable(
    m.or(
      m.and(m.shr(x, 32), m.const(0xc000_0000)),
      m.and(m.shr(x, 29), m.const(0x3fff_ffff)),
    ),
  );
  m.if(m.ltUnsigned(exponent, m.const(897)), () => {
    const shift = m.sub(m.const(897 + 29), exponent);
    const fraction = m.shr(
      m.or(m.and(x, m.const((1n << 52n) - 1n)), m.const(1n << 52n)),
      shift,
    );
    m.set(
      result,
      m.or(
        m.and(m.shr(x, 32), m.const(0x8000_0000)),
        m.select(
          m.ltUnsigned(exponent, m.const(874)),
          m.const(0),
          fraction,
        ),
      ),
    );
  });
  return m.get(result);
});

/** A single in the low word as a double, bit for bit. */
export function widen(m: Ops, word: Value): Value {
  return m.call(WIDEN, word);
}

/** A double as a single's word, bit for bit. */
export function narrow(m: Ops, x: Value): Value {
  return m.call(NARROW, x);
}
