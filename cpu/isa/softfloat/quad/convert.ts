/**
 * Conversions between quad precision, double precision and integers, and
 * rounding (Book I 7.6.3).
 *
 * @module
 */
import type { Ops, Value } from "../../ops.ts";
import { subroutine } from "../../subroutine.ts";
import {
  addWide,
  isNothing,
  leadingZeros,
  selectWide,
  shiftLeft,
  shiftRight,
  subtractWide,
  type Wide,
  wideConstant,
} from "../../wide.ts";
import { getWide, setWide, wideVariable } from "../../wide_variable.ts";
import * as binary from "../format.ts";
import { flag, FPSCR } from "../fpscr.ts";
import * as rounding from "../round.ts";
import {
  BIAS,
  exponentOf,
  INFINITY,
  isNan,
  isSignaling,
  isSpecial,
  isZero,
  normalized,
  pairOf,
  returned,
  signOf,
} from "./format.ts";
import { propagateNan } from "./nan.ts";
import { round, shiftRightJam } from "./round.ts";

/** What a double's exponent lacks to a quad's. */
const REBIAS = BIAS - 1023;
/** Bits of a quad's fraction that a double has not. */
const BEYOND = 60;

const FROM_DOUBLE = subroutine("quad_from_double", 1, (m, b) => {
  const sign = binary.signOf(m, b);
  const special = binary.isSpecial(m, b);
  m.if(binary.isSignaling(m, b), () => flag(m, FPSCR.VXSNAN));
  const quiet = m.select(
    binary.isNan(m, b),
    m.or(b, m.const(binary.QUIET)),
    b,
  );
  const { significand, exponent } = binary.normalized(m, b);
  const scale = m.add(exponent, m.const(REBIAS));
  const fraction = m.and(m.shl(significand, 1), m.const(~0xfffn));
  const finite = {
    high: m.or(m.shl(scale, 48), m.shr(fraction, 16)),
    low: m.shl(fraction, 48),
  };
  const bits = m.and(quiet, m.const(binary.UNIT - 1n));
  const other = {
    high: m.or(m.const(INFINITY), m.shr(bits, 64 - BEYOND)),
    low: m.shl(bits, BEYOND),
  };
  const number = selectWide(m, special, other, finite);
  const none = wideConstant(m, 0n);
  const result = selectWide(m, binary.isZero(m, b), none, number);
  return returned(m, { high: m.or(result.high, sign), low: result.low });
});

/** A double as a quad, which is exact; a signaling NaN becomes quiet. */
export function fromDouble(m: Ops, b: Value): Wide {
  return pairOf(m, m.call(FROM_DOUBLE, b));
}

const TO_DOUBLE = subroutine("quad_to_double", 3, (m, high, low, format) => {
  const b = { high, low };
  const sign = signOf(m, b);
  const result = m.variable(m.or(sign, m.const(binary.INFINITY)));
  m.if(
    isNan(m, b),
    () => {
      const fraction = m.or(m.shl(high, 4), m.shr(low, BEYOND));
      const nan = m.or(
        m.and(fraction, m.const(binary.UNIT - 1n)),
        m.const(binary.DEFAULT_NAN),
      );
      m.if(isSignaling(m, b), () => flag(m, FPSCR.VXSNAN));
      m.set(result, m.or(sign, nan));
    },
    () =>
      m.if(
        isZero(m, b),
        () => m.set(result, sign),
        () =>
          m.if(m.negate(isSpecial(m, b)), () => {
            const { significand, exponent } = normalized(m, b);
            m.set(
              result,
              rounding.round(m, {
                sign,
                exponent: m.sub(exponent, m.const(REBIAS)),
                significand: m.or(
                  significand.high,
                  m.bit(m.nonZero(significand.low)),
                ),
              }, format),
            );
          }),
      ),
  );
  return m.get(result);
});

/** The quad rounded to double precision. */
export function toDouble(m: Ops, b: Wide, format: binary.Format): Value {
  return m.call(TO_DOUBLE, b.high, b.low, m.const(format));
}

/** A 64-bit integer as a quad, which is exact. */
export function fromInteger(m: Ops, a: Value, signed: boolean): Wide {
  const sign = signed ? m.and(a, m.const(binary.SIGN)) : m.const(0);
  const magnitude = m.select(m.nonZero(sign), m.sub(m.const(0), a), a);
  const zeros = m.clz(magnitude);
  // The implicit bit falls out.
  const fraction = m.shl(m.shl(magnitude, zeros), 1);
  const exponent = m.sub(m.const(BIAS + 63), zeros);
  const number = m.or(m.shl(exponent, 48), m.shr(fraction, 16));
  const whole = m.select(m.nonZero(magnitude), number, m.const(0));
  return { high: m.or(whole, sign), low: m.shl(fraction, 48) };
}

/** A finite number as an integer and what is left, as `roundsUp` wants it. */
function split(m: Ops, b: Wide) {
  const { significand, exponent } = normalized(m, b);
  // All of a number below ½ falls out at 126 too, and is less than half.
  const wanted = m.sub(m.const(BIAS + 127), exponent);
  const most = m.const(127);
  const far = m.ltSigned(most, wanted);
  const cut = shiftRightJam(
    m,
    significand,
    m.select(far, m.sub(wanted, most), m.const(0)),
  );
  const shift = m.select(far, most, wanted);
  const kept = shiftRight(m, cut, shift);
  const rest = subtractWide(m, cut, shiftLeft(m, kept, shift));
  // What is left of it in 64 bits, of which half is the first.
  const aligned = shiftLeft(m, rest, m.sub(m.const(128), shift));
  return {
    kept,
    shift,
    rest: m.or(
      m.shr(aligned.high, 1),
      m.bit(m.nonZero(m.or(m.and(aligned.high, m.const(1)), aligned.low))),
    ),
    half: m.const(1n << 62n),
  };
}

function flagInexact(m: Ops, up: Value): void {
  flag(
    m,
    m.select(
      m.nonZero(up),
      m.const(FPSCR.XX | FPSCR.FI | FPSCR.FR),
      m.const(FPSCR.XX | FPSCR.FI),
    ),
  );
}

const TO_INTEGER = subroutine(
  "quad_to_integer",
  4,
  (m, high, low, greatest, least) => {
    const b = { high, low };
    const negative = m.ltSigned(high, m.const(0));
    const limit = m.select(negative, least, greatest);
    const exponent = exponentOf(m, b);
    const magnitude = m.variable(m.const(0));
    const { kept, rest } = split(m, b);
    const fits = m.both(
      m.ltUnsigned(exponent, m.const(BIAS + 64)),
      m.leUnsigned(kept.low, limit),
    );
    m.if(fits, () => {
      m.set(magnitude, kept.low);
      m.if(m.nonZero(rest), () => flagInexact(m, m.const(0)));
    }, () => {
      m.set(magnitude, limit);
      flag(m, FPSCR.VXCVI);
      m.if(isSignaling(m, b), () => flag(m, FPSCR.VXSNAN));
    });
    const value = m.select(
      m.either(negative, isNan(m, b)),
      m.sub(m.const(0), m.select(isNan(m, b), least, m.get(magnitude))),
      m.get(magnitude),
    );
    return value;
  },
);

/**
 * The number truncated to an integer of 4 or 8 bytes, sign- or zero-extended.
 * What does not fit saturates with VXCVI; a NaN gives the least integer.
 */
export function toInteger(
  m: Ops,
  { high, low }: Wide,
  { bytes, signed }: { bytes: 4 | 8; signed: boolean },
): Value {
  const bits = BigInt(8 * bytes);
  const greatest = (1n << (signed ? bits - 1n : bits)) - 1n;
  const least = signed ? 1n << (bits - 1n) : 0n;
  return m.call(TO_INTEGER, high, low, m.const(greatest), m.const(least));
}

const ROUND_TO_INTEGER = subroutine(
  "quad_round_to_integer",
  4,
  (m, high, low, mode, exact) => {
    const b = { high, low };
    const result = wideVariable(m, b);
    m.if(isNan(m, b), () => {
      setWide(m, result, propagateNan(m, [b]));
    }, () =>
      m.if(
        m.both(
          m.negate(isZero(m, b)),
          m.ltUnsigned(exponentOf(m, b), m.const(BIAS + 112)),
        ),
        () => {
          const { kept, rest, half } = split(m, b);
          const sign = signOf(m, b);
          const up = rounding.roundsUp(m, mode, {
            sign,
            kept: kept.low,
            rest,
            half,
          });
          m.if(
            m.both(m.nonZero(exact), m.nonZero(rest)),
            () => flagInexact(m, up),
          );
          const integer = addWide(m, kept, { high: m.const(0), low: up });
          const zeros = leadingZeros(m, integer);
          const fraction = shiftRight(
            m,
            shiftLeft(m, integer, zeros),
            m.const(15),
          );
          const scale = m.sub(m.const(BIAS + 127 - 1), zeros);
          setWide(m, result, {
            high: m.or(
              sign,
              m.select(
                isNothing(m, integer),
                m.const(0),
                m.add(m.shl(scale, 48), fraction.high),
              ),
            ),
            low: fraction.low,
          });
        },
      ));
    return returned(m, getWide(m, result));
  },
);

/**
 * The nearest integral number. Where `exact` is 1, a change of value counts as
 * inexact.
 */
export function roundToInteger(
  m: Ops,
  { high, low }: Wide,
  mode: Value,
  exact: Value,
): Wide {
  return pairOf(m, m.call(ROUND_TO_INTEGER, high, low, mode, exact));
}

const TO_EXTENDED = subroutine("quad_to_extended", 3, (m, high, low, mode) => {
  const b = { high, low };
  const result = wideVariable(m, b);
  m.if(isNan(m, b), () => {
    const { high, low } = propagateNan(m, [b]);
    // 64 bits of significand leave 15 of them below.
    setWide(m, result, { high, low: m.and(low, m.const(-1n << 49n)) });
  }, () =>
    m.if(
      m.negate(m.either(isSpecial(m, b), isZero(m, b))),
      () => {
        const number = { sign: signOf(m, b), ...normalized(m, b) };
        const rounded = round(m, number, { mode, precision: "extended" });
        setWide(m, result, pairOf(m, rounded));
      },
    ));
  return returned(m, getWide(m, result));
});

/** The number rounded to 64 bits of significand. */
export function toExtended(m: Ops, { high, low }: Wide, mode: Value): Wide {
  return pairOf(m, m.call(TO_EXTENDED, high, low, mode));
}
