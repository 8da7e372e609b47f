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
import { flag, FPSCR, goLong } from "./fpscr.ts";
import { propagateNan } from "./nan.ts";
import { round, roundsUp } from "./round.ts";

const ROUND_TO_FORMAT = subroutine("float_convert", 2, (m, b, format) => {
  goLong(m);
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
    goLong(m);
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
