/**
 * Floating-point moves and select (Book I 4.6.5 and 4.6.9): bits, not numbers.
 *
 * @module
 */
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, row } from "./row.ts";
import { isNan, recordStatus } from "./softfloat/mod.ts";

const SIGN = 1n << 63n;
const UPPER = 0xffff_ffffn << 32n;

interface Move {
  readonly FRT: Field;
  readonly FRB: Field;
  readonly Rc: Field;
}

function move(change: (m: Ops, frb: Value) => Value) {
  return (m: Ops, f: Move) => {
    m.require("FP");
    m.setFpr(f.FRT, change(m, m.fpr(f.FRB)));
    m.when(f.Rc, () => recordStatus(m));
  };
}

/** Moves between FPRs (Book I 4.6.5). */
export const floatMoves = chapter(
  "Book I 4.6.5",
  "Floating-Point Move Instructions",
  [
    row("fmr[.] FRT,FRB", "X_FRB", [63, 72], move((_, frb) => frb)),
    row(
      "fneg[.] FRT,FRB",
      "X_FRB",
      [63, 40],
      move((m, frb) => m.xor(frb, m.const(SIGN))),
    ),
    row(
      "fabs[.] FRT,FRB",
      "X_FRB",
      [63, 264],
      move((m, frb) => m.and(frb, m.const(~SIGN))),
    ),
    row(
      "fnabs[.] FRT,FRB",
      "X_FRB",
      [63, 136],
      move((m, frb) => m.or(frb, m.const(SIGN))),
    ),
    row("fcpsgn[.] FRT,FRA,FRB", "X_FRA_FRB_Rc", [63, 8], (m, f) => {
      m.require("FP");
      m.setFpr(
        f.FRT,
        m.or(
          m.and(m.fpr(f.FRA), m.const(SIGN)),
          m.and(m.fpr(f.FRB), m.const(~SIGN)),
        ),
      );
      m.when(f.Rc, () => recordStatus(m));
    }),
    row("fmrgew FRT,FRA,FRB", "X_FRA_FRB", [63, 966], (m, f) => {
      m.require("FP");
      const upper = m.and(m.fpr(f.FRA), m.const(UPPER));
      m.setFpr(f.FRT, m.or(upper, m.shr(m.fpr(f.FRB), 32)));
    }),
    row("fmrgow FRT,FRA,FRB", "X_FRA_FRB", [63, 838], (m, f) => {
      m.require("FP");
      const upper = m.shl(m.fpr(f.FRA), 32);
      m.setFpr(f.FRT, m.or(upper, m.zeroExtend(4, m.fpr(f.FRB))));
    }),
  ],
);

/** Selection by a sign (Book I 4.6.9). */
export const floatSelect = chapter(
  "Book I 4.6.9",
  "Floating-Point Select Instruction",
  [
    row("fsel[.] FRT,FRA,FRC,FRB", "A", [63, 23], (m, f) => {
      m.require("FP");
      const fra = m.fpr(f.FRA);
      // Minus zero is not less than zero; a NaN is not at least zero.
      const atLeastZero = m.either(
        m.leSigned(m.const(0), fra),
        m.eq(fra, m.const(SIGN)),
      );
      m.setFpr(
        f.FRT,
        m.select(
          m.both(atLeastZero, m.negate(isNan(m, fra))),
          m.fpr(f.FRC),
          m.fpr(f.FRB),
        ),
      );
      m.when(f.Rc, () => recordStatus(m));
    }),
  ],
);
