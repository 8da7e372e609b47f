/**
 * Fixed-point rotate and shift (Book I 3.3.14).
 *
 * @module
 */
import { finish } from "./fixed_xer.ts";
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, row } from "./row.ts";

/** MASK(mb + base, me + base) of the book, wrapping where mb > me. */
function mask(m: Ops, mb: Value, me: Value, base: 0 | 32 = 0): Value {
  // me − mb + 1 ones on the left; a shift by n counts n modulo 64.
  const ones = m.shl(m.const(-1), m.add(mb, m.not(me)));
  return m.rotl(ones, m.sub(m.const(base), mb));
}

/** Ones from bit mb on. */
function onesFrom(m: Ops, mb: Value): Value {
  return m.shr(m.const(-1), mb);
}

/** Ones up to bit me. */
function onesTo(m: Ops, me: Value): Value {
  return m.shl(m.const(-1), m.not(me));
}

/** Bits of `inserted` where the mask is 1, of `into` elsewhere. */
function insert(m: Ops, inserted: Value, into: Value, ones: Value): Value {
  return m.or(m.and(inserted, ones), m.and(into, m.not(ones)));
}

interface ShiftOperands {
  readonly RS: Field;
  readonly RA: Field;
  readonly RB?: Field;
  readonly SH?: Field;
  readonly Rc: Field;
}

function shiftCount(m: Ops, f: ShiftOperands): Value {
  if (f.RB !== undefined) return m.gpr(f.RB);
  return f.SH === undefined ? m.const(0) : m.field(f.SH);
}

/** Shifts a word left or right by the low six bits of RB. */
function shiftWord(direction: "shl" | "shr") {
  return (m: Ops, f: ShiftOperands) => {
    const word = m.zeroExtend(4, m.gpr(f.RS));
    const shifted = m[direction](word, shiftCount(m, f));
    finish(m, f.RA, m.zeroExtend(4, shifted), f.Rc);
  };
}

/** Shifts a doubleword left or right by the low seven bits of RB. */
function shiftDoubleword(direction: "shl" | "shr") {
  return (m: Ops, f: ShiftOperands) => {
    const count = shiftCount(m, f);
    const shifted = m[direction](m.gpr(f.RS), count);
    const all = m.nonZero(m.and(count, m.const(64)));
    finish(m, f.RA, m.select(all, m.const(0), shifted), f.Rc);
  };
}

/** Sets CA and CA32 where the result is negative and ones were lost. */
function carryLost(m: Ops, value: Value, result: Value, count: Value): void {
  const lost = m.ne(m.shl(result, count), value);
  const ca = m.bit(m.both(m.ltSigned(value, m.const(0)), lost));
  m.setReg("CA", ca);
  m.setReg("CA32", ca);
}

/** Algebraic shift of a word, by SH or the low six bits of RB. */
function shiftAlgebraicWord(m: Ops, f: ShiftOperands): void {
  const value = m.signExtend(4, m.gpr(f.RS));
  const count = shiftCount(m, f);
  const result = m.sar(value, count);
  carryLost(m, value, result, count);
  finish(m, f.RA, result, f.Rc);
}

const since = "3.0";

/** Rotations, insertions and shifts. */
export const fixedRotate = chapter(
  "Book I 3.3.14",
  "Fixed-Point Rotate and Shift Instructions",
  [
    row("rlwinm[.] RA,RS,SH,MB,ME", "M", [21], (m, f) => {
      const rotated = m.rotl32(m.gpr(f.RS), m.field(f.SH));
      const ones = mask(m, m.field(f.MB), m.field(f.ME), 32);
      finish(m, f.RA, m.and(rotated, ones), f.Rc);
    }),
    row("rlwnm[.] RA,RS,RB,MB,ME", "MR", [23], (m, f) => {
      const rotated = m.rotl32(m.gpr(f.RS), m.gpr(f.RB));
      const ones = mask(m, m.field(f.MB), m.field(f.ME), 32);
      finish(m, f.RA, m.and(rotated, ones), f.Rc);
    }),
    row("rlwimi[.] RA,RS,SH,MB,ME", "M", [20], (m, f) => {
      const rotated = m.rotl32(m.gpr(f.RS), m.field(f.SH));
      const ones = mask(m, m.field(f.MB), m.field(f.ME), 32);
      finish(m, f.RA, insert(m, rotated, m.gpr(f.RA), ones), f.Rc);
    }),
    row("rldicl[.] RA,RS,SH,MB", "MD", [30, 0], (m, f) => {
      const rotated = m.rotl(m.gpr(f.RS), m.field(f.SH));
      finish(m, f.RA, m.and(rotated, onesFrom(m, m.field(f.MB))), f.Rc);
    }),
    row("rldicr[.] RA,RS,SH,ME", "MD_ME", [30, 1], (m, f) => {
      const rotated = m.rotl(m.gpr(f.RS), m.field(f.SH));
      finish(m, f.RA, m.and(rotated, onesTo(m, m.field(f.ME))), f.Rc);
    }),
    row("rldic[.] RA,RS,SH,MB", "MD", [30, 2], (m, f) => {
      const sh = m.field(f.SH);
      const ones = mask(m, m.field(f.MB), m.not(sh));
      finish(m, f.RA, m.and(m.rotl(m.gpr(f.RS), sh), ones), f.Rc);
    }),
    row("rldcl[.] RA,RS,RB,MB", "MDS", [30, 8], (m, f) => {
      const rotated = m.rotl(m.gpr(f.RS), m.gpr(f.RB));
      finish(m, f.RA, m.and(rotated, onesFrom(m, m.field(f.MB))), f.Rc);
    }),
    row("rldcr[.] RA,RS,RB,ME", "MDS_ME", [30, 9], (m, f) => {
      const rotated = m.rotl(m.gpr(f.RS), m.gpr(f.RB));
      finish(m, f.RA, m.and(rotated, onesTo(m, m.field(f.ME))), f.Rc);
    }),
    row("rldimi[.] RA,RS,SH,MB", "MD", [30, 3], (m, f) => {
      const sh = m.field(f.SH);
      const ones = mask(m, m.field(f.MB), m.not(sh));
      const rotated = m.rotl(m.gpr(f.RS), sh);
      finish(m, f.RA, insert(m, rotated, m.gpr(f.RA), ones), f.Rc);
    }),

    row("slw[.] RA,RS,RB", "X_Rc", [31, 24], shiftWord("shl")),
    row("srw[.] RA,RS,RB", "X_Rc", [31, 536], shiftWord("shr")),
    row("srawi[.] RA,RS,SH", "X_SH", [31, 824], shiftAlgebraicWord),
    row("sraw[.] RA,RS,RB", "X_Rc", [31, 792], shiftAlgebraicWord),
    row("sld[.] RA,RS,RB", "X_Rc", [31, 27], shiftDoubleword("shl")),
    row("srd[.] RA,RS,RB", "X_Rc", [31, 539], shiftDoubleword("shr")),
    row("sradi[.] RA,RS,SH", "XS", [31, 413], (m, f) => {
      const value = m.gpr(f.RS);
      const sh = m.field(f.SH);
      const result = m.sar(value, sh);
      carryLost(m, value, result, sh);
      finish(m, f.RA, result, f.Rc);
    }),
    row("srad[.] RA,RS,RB", "X_Rc", [31, 794], (m, f) => {
      const value = m.gpr(f.RS);
      const count = m.gpr(f.RB);
      const all = m.nonZero(m.and(count, m.const(64)));
      // Beyond 63 only signs remain, and every one of the value is lost.
      const shifted = m.sar(value, m.select(all, m.const(63), count));
      const lost = m.either(all, m.ne(m.shl(shifted, count), value));
      const ca = m.bit(m.both(m.ltSigned(value, m.const(0)), lost));
      m.setReg("CA", ca);
      m.setReg("CA32", ca);
      finish(m, f.RA, shifted, f.Rc);
    }),
    row("extswsli[.] RA,RS,SH", "XS", [31, 445], (m, f) => {
      const value = m.signExtend(4, m.gpr(f.RS));
      finish(m, f.RA, m.shl(value, m.field(f.SH)), f.Rc);
    }, { since }),
  ],
);
