/**
 * Rounding to quad precision (Book I 7.3.2.6) with overflow, underflow and
 * inexact: the one place through which every arithmetic result passes.
 *
 * @module
 */
import type { Ops, Value } from "../../ops.ts";
import { subroutine } from "../../subroutine.ts";
import {
  addWide,
  isNothing,
  selectWide,
  shiftLeft,
  shiftRight,
  subtractWide,
  type Wide,
  wideConstant,
} from "../../wide.ts";
import { getWide, setWide, wideVariable } from "../../wide_variable.ts";
import { MODE, SIGN } from "../format.ts";
import { flag, FPSCR } from "../fpscr.ts";
import { awayFromZero, roundsUp } from "../round.ts";
import { EXCESS, INFINITY, returned } from "./format.ts";

/** What a result is rounded to: bits below its last place, of 128. */
export const PRECISION = {
  quad: EXCESS,
  /** Double extended precision: 64 bits (xsrqpxp). */
  extended: 64,
} as const;

/** A rounding mode of softfloat's `MODE`, or FPSCR[RN]. */
export function roundingMode(m: Ops, own?: keyof typeof MODE): Value {
  return own === undefined
    ? m.and(m.reg("FPSCR"), m.const(FPSCR.RN))
    : m.const(MODE[own]);
}

/** By how much enabled overflow and underflow adjust the exponent. */
const REBIAS = 24576;
const GREATEST = 0x7ffe;

/** x shifted right, its last bit 1 where a bit that fell out was. */
export function shiftRightJam(m: Ops, x: Wide, count: Value): Wide {
  const far = m.ltUnsigned(m.const(127), count);
  const kept = shiftRight(m, x, m.select(far, m.const(128), count));
  const back = shiftLeft(m, kept, count);
  const fallen = m.select(
    far,
    m.or(x.high, x.low),
    m.or(m.xor(back.high, x.high), m.xor(back.low, x.low)),
  );
  return { high: kept.high, low: m.or(kept.low, m.bit(m.nonZero(fallen))) };
}

const ROUND = subroutine(
  "quad_round",
  6,
  (m, sign, exponent, high, low, excess, mode) => {
    const fpscr = m.reg("FPSCR");
    const e = m.variable(exponent);
    const s = wideVariable(m, { high, low });
    const found = m.variable(m.const(0));
    // Tininess is detected before rounding.
    const tiny = m.ltSigned(exponent, m.const(1));
    m.if(tiny, () => {
      m.if(m.nonZero(m.and(fpscr, m.const(FPSCR.UE))), () => {
        m.set(e, m.add(exponent, m.const(REBIAS)));
        m.set(found, m.const(FPSCR.UX));
      }, () => {
        setWide(
          m,
          s,
          shiftRightJam(m, { high, low }, m.sub(m.const(1), exponent)),
        );
        m.set(e, m.const(1));
      });
    });
    const unit = shiftLeft(m, wideConstant(m, 1n), excess);
    const mask = subtractWide(m, unit, wideConstant(m, 1n));
    const before = getWide(m, s);
    const base = {
      high: m.and(before.high, m.not(mask.high)),
      low: m.and(before.low, m.not(mask.low)),
    };
    // At most 64 bits fall out; the last two of them count as one.
    const cut = m.and(before.low, mask.low);
    const rest = m.or(m.shr(cut, 1), m.and(cut, m.const(1)));
    const half = m.shl(m.const(1), m.sub(excess, m.const(2)));
    const kept = shiftRight(m, before, excess).low;
    const up = roundsUp(m, mode, { sign, kept, rest, half });
    m.if(m.nonZero(rest), () => {
      const lost = m.or(
        m.const(FPSCR.XX | FPSCR.FI),
        m.or(
          m.select(tiny, m.const(FPSCR.UX), m.const(0)),
          m.select(m.nonZero(up), m.const(FPSCR.FR), m.const(0)),
        ),
      );
      m.set(found, m.or(m.get(found), lost));
    });
    const none = wideConstant(m, 0n);
    const sum = addWide(m, base, selectWide(m, m.nonZero(up), unit, none));
    const carried = m.both(m.nonZero(up), isNothing(m, sum));
    m.set(e, m.add(m.get(e), m.bit(carried)));
    setWide(m, s, {
      high: m.select(carried, m.const(SIGN), sum.high),
      low: sum.low,
    });
    const result = wideVariable(m, none);
    m.if(m.ltSigned(m.const(GREATEST), m.get(e)), () => {
      m.if(m.nonZero(m.and(fpscr, m.const(FPSCR.OE))), () => {
        m.set(found, m.or(m.get(found), m.const(FPSCR.OX)));
        m.set(e, m.sub(m.get(e), m.const(REBIAS)));
        setWide(m, result, assemble(m, m.get(e), getWide(m, s)));
      }, () => {
        // FR is undefined; it stays 0.
        m.set(found, m.const(FPSCR.OX | FPSCR.XX | FPSCR.FI));
        const infinite = m.either(
          m.eq(m.and(mode, m.const(3)), m.const(MODE.nearestEven)),
          awayFromZero(m, mode, sign),
        );
        const ones = { high: m.not(mask.high), low: m.not(mask.low) };
        const greatest = assemble(m, m.const(GREATEST), ones);
        const infinity = wideConstant(m, INFINITY << 64n);
        setWide(m, result, selectWide(m, infinite, infinity, greatest));
      });
    }, () => setWide(m, result, assemble(m, m.get(e), getWide(m, s))));
    m.if(m.nonZero(m.get(found)), () => flag(m, m.get(found)));
    const { high: magnitude, low: last } = getWide(m, result);
    return returned(m, {
      // Operands far too small could carry an adjusted exponent into the sign.
      high: m.or(m.and(magnitude, m.const(~SIGN)), sign),
      low: last,
    });
  },
);

/** A number of a significand whose first bit, unless e = 1, is bit 127. */
function assemble(m: Ops, e: Value, significand: Wide): Wide {
  const { high, low } = shiftRight(m, significand, m.const(EXCESS));
  const scale = m.shl(m.sub(e, m.const(1)), 48);
  return { high: m.add(scale, high), low };
}

/** A number on its way to be rounded. */
export interface Unrounded {
  /** The sign bit in its place, the rest 0. */
  readonly sign: Value;
  /** Biased, of any size. */
  readonly exponent: Value;
  /** First bit at bit 127; the last bit is sticky. */
  readonly significand: Wide;
}

/** Rounds and notes what happened; a subroutine's result (`pairOf`). */
export function round(
  m: Ops,
  { sign, exponent, significand: { high, low } }: Unrounded,
  { mode, precision = "quad" }: {
    mode: Value;
    precision?: keyof typeof PRECISION;
  },
): Value {
  const excess = m.const(PRECISION[precision]);
  return m.call(ROUND, sign, exponent, high, low, excess, mode);
}
