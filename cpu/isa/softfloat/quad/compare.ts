/**
 * Comparisons in quad precision (Book I 7.6.3).
 *
 * @module
 */
import type { Ops, Value } from "../../ops.ts";
import { subroutine } from "../../subroutine.ts";
import { isLess, type Wide } from "../../wide.ts";
import { SIGN } from "../format.ts";
import { flag, FPSCR } from "../fpscr.ts";
import { isNan, isSignaling, isZero } from "./format.ts";

const COMPARE = subroutine(
  "quad_compare",
  5,
  (m, ah, al, bh, bl, ordered) => {
    const [a, b] = [{ high: ah, low: al }, { high: bh, low: bl }];
    const [x, y] = [a, b].map(({ high, low }): Wide => ({
      high: m.and(high, m.const(~SIGN)),
      low,
    })) as [Wide, Wide];
    const [minus, other] = [
      m.ltSigned(ah, m.const(0)),
      m.ltSigned(bh, m.const(0)),
    ];
    // Both of one sign: by magnitude, the other way round below zero.
    const less = m.select(
      minus,
      m.bit(m.either(m.negate(other), isLess(m, y, x))),
      m.bit(m.both(m.negate(other), isLess(m, x, y))),
    );
    const same = m.either(
      m.both(m.eq(ah, bh), m.eq(al, bl)),
      m.both(isZero(m, a), isZero(m, b)),
    );
    const result = m.variable(
      m.select(
        same,
        m.const(2),
        m.select(m.nonZero(less), m.const(8), m.const(4)),
      ),
    );
    m.if(m.either(isNan(m, a), isNan(m, b)), () => {
      m.set(result, m.const(1));
      const signaling = m.either(isSignaling(m, a), isSignaling(m, b));
      m.if(signaling, () => flag(m, FPSCR.VXSNAN));
      const quiet = m.either(
        m.negate(signaling),
        m.eq(m.and(m.reg("FPSCR"), m.const(FPSCR.VE)), m.const(0)),
      );
      m.if(m.both(m.nonZero(ordered), quiet), () => flag(m, FPSCR.VXVC));
    });
    return m.get(result);
  },
);

/** LT GT EQ unordered = 8 4 2 1, as softfloat's `compare`. */
export function compare(
  m: Ops,
  a: Wide,
  b: Wide,
  kind: "ordered" | "unordered",
): Value {
  const ordered = m.const(kind === "ordered" ? 1 : 0);
  return m.call(COMPARE, a.high, a.low, b.high, b.low, ordered);
}
