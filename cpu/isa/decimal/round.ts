/**
 * Rounding of decimal numbers (Book I 5.5.2) with overflow, underflow and
 * inexact (5.5.10): the one place through which arithmetic results pass.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../ops.ts";
import { flag, FPSCR } from "../softfloat/mod.ts";
import { subroutine } from "../subroutine.ts";
import type { Wide } from "../wide.ts";
import {
  add,
  countDigits,
  digitsOf,
  REST,
  set,
  setDigits,
  shiftLeft,
  shiftRight,
} from "./digits.ts";
import { formatParts, INFINITY, pack, pairOf } from "./format.ts";

/** Rounding modes by the numbers of FPSCR[DRN]. */
export const MODE = {
  nearestEven: 0,
  zero: 1,
  up: 2,
  down: 3,
  nearestAway: 4,
  nearestZero: 5,
  away: 6,
  /** Away from zero where the last digit is 0 or 5, for a second rounding. */
  prepare: 7,
} as const;

/** FPSCR[DRN]. */
export function roundingMode(m: Ops): Value {
  return m.and(m.shr(m.reg("FPSCR"), 32), m.const(7));
}

/** Gives one of eight values by a mode. */
function byMode(
  m: Ops,
  mode: Value,
  values: Readonly<Record<keyof typeof MODE, Value>>,
): Value {
  return Object.entries(MODE).reduce(
    (otherwise, [name, number]) =>
      m.select(
        m.eq(mode, m.const(number)),
        values[name as keyof typeof MODE],
        otherwise,
      ),
    values.nearestEven,
  );
}

const ROUNDS_UP = subroutine(
  "decimal_rounds_up",
  4,
  (m, mode, sign, last, rest) => {
    const minus = m.nonZero(sign);
    const some = m.nonZero(rest);
    const more = m.leUnsigned(m.const(REST.half), rest);
    const odd = m.nonZero(m.and(last, m.const(1)));
    const beyond = m.eq(rest, m.const(REST.more));
    const half = m.eq(rest, m.const(REST.half));
    const five = m.either(m.eq(last, m.const(0)), m.eq(last, m.const(5)));
    function both(a: Condition, b: Condition): Value {
      return m.bit(m.both(a, b));
    }
    return byMode(m, mode, {
      nearestEven: m.bit(m.either(beyond, m.both(half, odd))),
      zero: m.const(0),
      up: both(some, m.negate(minus)),
      down: both(some, minus),
      nearestAway: m.bit(more),
      nearestZero: m.bit(beyond),
      away: m.bit(some),
      prepare: both(some, five),
    });
  },
);

/**
 * Drops digits of `result`, which is rounded; gives whether it was inexact,
 * and in FP_LOW whether its magnitude went up.
 */
export const DROP = subroutine("decimal_drop", 3, (m, count, sign, mode) => {
  const rest = shiftRight(m, "result", count);
  const last = m.and(digitsOf(m, "result", 0), m.const(15));
  const up = m.call(ROUNDS_UP, mode, sign, last, rest);
  m.setReg("FP_LOW", up);
  m.if(m.nonZero(up), () => {
    set(m, "spare", m.const(0));
    add(m, "result", "spare", m.const(1));
  });
  return m.bit(m.nonZero(rest));
});

/** XX and FI, and FR where the magnitude went up. */
export function inexactFlags(m: Ops, inexact: Value, up: Value): Value {
  const lost = m.select(
    m.nonZero(up),
    m.const(FPSCR.XX | FPSCR.FI | FPSCR.FR),
    m.const(FPSCR.XX | FPSCR.FI),
  );
  return m.select(m.nonZero(inexact), lost, m.const(0));
}

/** Whether an overflow gives infinity. */
function overflowsToInfinity(m: Ops, mode: Value, sign: Value): Condition {
  const minus = m.bit(m.nonZero(sign));
  const [no, yes] = [m.const(0), m.const(1)];
  return m.nonZero(byMode(m, mode, {
    nearestEven: yes,
    zero: no,
    up: m.xor(minus, yes),
    down: minus,
    nearestAway: yes,
    nearestZero: yes,
    away: yes,
    prepare: no,
  }));
}

const ROUND = subroutine(
  "decimal_round",
  4,
  (m, sign, exponent, format, mode) => {
    const fpscr = m.reg("FPSCR");
    const { precision, most, adjust } = formatParts(m, format);
    const count = countDigits(m, "result");
    const e = m.variable(exponent);
    const found = m.variable(m.const(0));
    const high = m.variable(m.const(0));
    const done = m.variable(m.const(0));
    m.if(m.eq(count, m.const(0)), () => {
      // A zero takes the nearest exponent that there is.
      const least = m.select(
        m.ltSigned(exponent, m.const(0)),
        m.const(0),
        exponent,
      );
      m.set(e, m.select(m.ltSigned(most, least), most, least));
    }, () => {
      const excess = m.select(
        m.ltUnsigned(precision, count),
        m.sub(count, precision),
        m.const(0),
      );
      const drop = m.variable(excess);
      // Tininess is detected before rounding.
      const tiny = m.ltSigned(m.add(exponent, count), precision);
      m.if(tiny, () => {
        m.if(m.nonZero(m.and(fpscr, m.const(FPSCR.UE))), () => {
          m.set(e, m.add(exponent, adjust));
          m.set(found, m.const(FPSCR.UX));
        });
      });
      const lacking = m.sub(m.const(0), m.get(e));
      m.if(
        m.ltSigned(m.get(drop), lacking),
        () => m.set(drop, lacking),
      );
      m.set(e, m.add(m.get(e), m.get(drop)));
      const inexact = m.call(DROP, m.get(drop), sign, mode);
      const up = m.reg("FP_LOW");
      m.if(m.nonZero(inexact), () => {
        const underflow = m.select(tiny, m.const(FPSCR.UX), m.const(0));
        const lost = m.or(inexactFlags(m, inexact, up), underflow);
        m.set(found, m.or(m.get(found), lost));
      });
      m.if(m.ltUnsigned(precision, countDigits(m, "result")), () => {
        shiftRight(m, "result", m.const(1));
        m.set(e, m.add(m.get(e), m.const(1)));
      });
      const digits = countDigits(m, "result");
      const reach = m.sub(m.add(most, precision), digits);
      m.if(m.ltSigned(reach, m.get(e)), () => {
        m.if(m.nonZero(m.and(fpscr, m.const(FPSCR.OE))), () => {
          m.set(found, m.or(m.get(found), m.const(FPSCR.OX)));
          m.set(e, m.sub(m.get(e), adjust));
        }, () => {
          // FR is undefined; it stays 0.
          m.set(found, m.const(FPSCR.OX | FPSCR.XX | FPSCR.FI));
          m.if(overflowsToInfinity(m, mode, sign), () => {
            m.set(high, m.or(sign, m.const(INFINITY)));
            m.set(done, m.const(1));
            m.setReg("FP_LOW", m.const(0));
          }, () => {
            nines(m, precision);
            m.set(e, most);
          });
        });
      });
      // Zeros behind make up for an exponent that does not fit.
      const above = m.sub(m.get(e), most);
      m.if(m.ltSigned(m.const(0), above), () => {
        const room = m.sub(precision, countDigits(m, "result"));
        shiftLeft(
          m,
          "result",
          m.select(m.ltUnsigned(room, above), room, above),
        );
        m.set(e, most);
      });
    });
    m.if(m.nonZero(m.get(found)), () => flag(m, m.get(found)));
    m.if(m.eq(m.get(done), m.const(0)), () => {
      // Operands far too small could leave an adjusted exponent below 0.
      const least = m.select(
        m.ltSigned(m.get(e), m.const(0)),
        m.const(0),
        m.get(e),
      );
      m.set(high, pack(m, { sign, exponent: least, format }).high);
    });
    return m.get(high);
  },
);

/** Makes `result` as many nines as the precision has digits. */
function nines(m: Ops, precision: Value): void {
  const all = m.const(0x9999_9999_9999_9999n);
  set(m, "result", all);
  for (let i = 1; i < 5; i++) setDigits(m, "result", i, all);
  shiftRight(m, "result", m.sub(m.const(80), precision));
}

/**
 * The number of the digits in `result` and a biased exponent, of any size
 * both; notes what happened. Its place is free afterwards.
 */
export function round(
  m: Ops,
  { sign, exponent, format, mode }: Record<
    "sign" | "exponent" | "format" | "mode",
    Value
  >,
): Wide {
  return pairOf(m, m.call(ROUND, sign, exponent, format, mode));
}
