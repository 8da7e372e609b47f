/**
 * Rounding (Book I 4.3.6) with overflow, underflow and inexact (4.4.3 to
 * 4.4.5): the one place through which every arithmetic result passes.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import {
  DOUBLE_EXCESS,
  formatParts,
  INFINITY,
  MODE,
  SIGN,
  UNIT,
} from "./format.ts";
import { flag, FPSCR } from "./fpscr.ts";

/** x shifted right, its last bit 1 where a bit that fell out was. */
export function shiftRightJam(m: Ops, x: Value, count: Value): Value {
  const fallen = m.shl(m.shl(x, m.sub(m.const(63), count)), 1);
  return m.select(
    m.ltUnsigned(count, m.const(64)),
    m.or(m.shr(x, count), m.bit(m.nonZero(fallen))),
    m.bit(m.nonZero(x)),
  );
}

/**
 * 1 where rounding goes to the next greater magnitude.
 *
 * `rest` is what is cut off, in units of which `half` is half a last place.
 */
export function roundsUp(
  m: Ops,
  mode: Value,
  { sign, kept, rest, half }: Record<"sign" | "kept" | "rest" | "half", Value>,
): Value {
  const odd = m.and(kept, m.const(1));
  const directed = m.bit(m.both(m.nonZero(rest), awayFromZero(m, mode, sign)));
  return m.select(
    m.eq(mode, m.const(MODE.nearestEven)),
    m.bit(m.ltUnsigned(half, m.add(rest, odd))),
    m.select(
      m.ltUnsigned(mode, m.const(MODE.nearestAway)),
      directed,
      m.select(
        m.eq(mode, m.const(MODE.odd)),
        m.bit(m.both(m.nonZero(rest), m.eq(odd, m.const(0)))),
        m.bit(m.leUnsigned(half, rest)),
      ),
    ),
  );
}

/** Whether a directed mode takes a number of that sign away from zero. */
export function awayFromZero(m: Ops, mode: Value, sign: Value): Condition {
  return m.eq(mode, m.add(m.const(MODE.up), m.shr(sign, 63)));
}

const ROUND = subroutine(
  "float_round",
  4,
  (m, sign, exponent, significand, format) => {
    const fpscr = m.reg("FPSCR");
    const { excess, minimum, maximum, rebias, mode: own } = formatParts(
      m,
      format,
    );
    const mode = m.select(
      m.nonZero(own),
      own,
      m.and(fpscr, m.const(FPSCR.RN)),
    );
    const e = m.variable(exponent);
    const s = m.variable(significand);
    const found = m.variable(m.const(0));
    // Tininess is detected before rounding.
    const tiny = m.ltSigned(exponent, minimum);
    m.if(tiny, () => {
      m.if(m.nonZero(m.and(fpscr, m.const(FPSCR.UE))), () => {
        m.set(e, m.add(exponent, rebias));
        m.set(found, m.const(FPSCR.UX));
      }, () => {
        m.set(s, shiftRightJam(m, significand, m.sub(minimum, exponent)));
        m.set(e, minimum);
      });
    });
    const kept = m.shr(m.get(s), excess);
    const rest = m.sub(m.get(s), m.shl(kept, excess));
    const half = m.shl(m.const(1), m.sub(excess, m.const(1)));
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
    // The first bit, if there, is bit 52; or bit 53 where rounding carried.
    const sum = m.shl(m.add(kept, up), m.sub(excess, m.const(DOUBLE_EXCESS)));
    const result = m.variable(m.const(0));
    m.if(
      m.ltSigned(maximum, m.add(m.get(e), m.shr(sum, 53))),
      () => {
        m.if(m.nonZero(m.and(fpscr, m.const(FPSCR.OE))), () => {
          m.set(found, m.or(m.get(found), m.const(FPSCR.OX)));
          const adjusted = m.sub(m.get(e), m.add(rebias, m.const(1)));
          m.set(result, m.add(m.shl(adjusted, 52), sum));
        }, () => {
          // FR is undefined; it stays 0.
          m.set(found, m.const(FPSCR.OX | FPSCR.XX | FPSCR.FI));
          const lastPlace = m.shl(
            m.const(1),
            m.sub(excess, m.const(DOUBLE_EXCESS)),
          );
          const greatest = m.sub(
            m.shl(m.add(maximum, m.const(1)), 52),
            lastPlace,
          );
          const infinite = m.either(
            m.eq(m.and(mode, m.const(3)), m.const(MODE.nearestEven)),
            awayFromZero(m, mode, sign),
          );
          m.set(result, m.select(infinite, m.const(INFINITY), greatest));
        });
      },
      () => m.set(result, assemble(m, m.get(e), sum, excess)),
    );
    m.if(m.nonZero(m.get(found)), () => flag(m, m.get(found)));
    // Operands beyond the format could carry an adjusted exponent into the sign.
    return m.or(m.and(m.get(result), m.const(~SIGN)), sign);
  },
);

/** A double of a significand below 2^54, which may lack its first bit. */
function assemble(m: Ops, e: Value, sum: Value, excess: Value): Value {
  const zeros = m.sub(m.clz(sum), m.const(DOUBLE_EXCESS));
  const denormalized = m.both(
    m.ltUnsigned(sum, m.const(UNIT)),
    // In double format such a number is written as it is.
    m.ne(excess, m.const(DOUBLE_EXCESS)),
  );
  const shift = m.select(denormalized, zeros, m.const(0));
  const scale = m.shl(m.sub(m.sub(e, shift), m.const(1)), 52);
  return m.select(
    m.eq(sum, m.const(0)),
    m.const(0),
    m.add(scale, m.shl(sum, shift)),
  );
}

/** A number on its way to be rounded. */
export interface Unrounded {
  /** The sign bit in its place, the rest 0. */
  readonly sign: Value;
  /** Biased as a double's, of any size. */
  readonly exponent: Value;
  /** First bit at bit 63; the last bit is sticky. */
  readonly significand: Value;
}

/** Rounds to the format (at run time a Value) and notes what happened. */
export function round(
  m: Ops,
  { sign, exponent, significand }: Unrounded,
  format: Value,
): Value {
  return m.call(ROUND, sign, exponent, significand, format);
}

/** Zero of that sign. */
export function signedZero(m: Ops, negative: Condition): Value {
  return m.select(negative, m.const(SIGN), m.const(0));
}

/** The sign of an exact zero difference: minus only rounding down. */
export function cancelled(m: Ops): Value {
  return signedZero(
    m,
    m.eq(m.and(m.reg("FPSCR"), m.const(FPSCR.RN)), m.const(MODE.down)),
  );
}
