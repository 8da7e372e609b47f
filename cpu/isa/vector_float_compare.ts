/**
 * Vector floating-point comparisons, maximum and minimum (Book I 6.10.2 and
 * 6.10.4), and what VSCR[NJ] makes of operands.
 *
 * @module
 */
import type { Condition, Ops, Vector } from "./ops.ts";
import { chapter, row } from "./row.ts";
import { type Binary, binary, comparison } from "./vector_families.ts";
import { splatConstant } from "./vector_lanes.ts";

/** VSCR[NJ]: denormalized results become zero (Book I 6.3.2). */
const NON_JAVA = 0x10000;
/** VSCR[NJ] = 1. */
export function nonJava(m: Ops): Condition {
  return m.nonZero(m.and(m.reg("VSCR"), m.const(NON_JAVA)));
}

/** An operand: with NJ, its denormalized words are zeros. */
export function operand(m: Ops, x: Vector): Vector {
  const most = splatConstant(m, 4, 0x7fffffff);
  const magnitude = m.simd("v128.and", x, most);
  const small = m.simd("i32x4.gt_s", splatConstant(m, 4, 0x800000), magnitude);
  const lost = m.simd("v128.and", small, most);
  return m.selectVector(nonJava(m), m.simd("v128.andnot", x, lost), x);
}

/** A function whose operands are flushed first. */
export function flushing(compute: Binary): Binary {
  return (m, a, b) => compute(m, operand(m, a), operand(m, b));
}

/** Words as integers of the same order: both zeros 0, NaNs anything. */
function keys(m: Ops, x: Vector): Vector {
  const sign = m.simdShift("shr_s", 4, x, m.const(31));
  const magnitude = m.simd("v128.and", x, splatConstant(m, 4, 0x7fffffff));
  return m.simd("i32x4.sub", m.simd("v128.xor", magnitude, sign), sign);
}

/** All ones where a word is a NaN. */
function nans(m: Ops, x: Vector): Vector {
  const magnitude = m.simd("v128.and", x, splatConstant(m, 4, 0x7fffffff));
  return m.simd("i32x4.gt_s", magnitude, splatConstant(m, 4, 0x7f800000));
}

function unordered(m: Ops, a: Vector, b: Vector): Vector {
  return m.simd("v128.or", nans(m, a), nans(m, b));
}

function compared(relation: "eq" | "gt" | "ge"): Binary {
  return flushing((m, a, b) => {
    const [x, y] = [keys(m, a), keys(m, b)];
    const holds = relation === "eq"
      ? m.simd("i32x4.eq", x, y)
      : relation === "gt"
      ? m.simd("i32x4.gt_s", x, y)
      : m.simdNot(m.simd("i32x4.gt_s", y, x));
    return m.simd("v128.andnot", holds, unordered(m, a, b));
  });
}

/** Bit 0 of every word: a > b or unordered; bit 1: a < -b or unordered. */
function bounds(m: Ops, a: Vector, b: Vector): Vector {
  const [x, y] = [keys(m, a), keys(m, b)];
  const sign = splatConstant(m, 4, 0x80000000);
  const minus = keys(m, m.simd("v128.xor", b, sign));
  const no = unordered(m, a, b);
  const above = m.simd("v128.or", m.simd("i32x4.gt_s", x, y), no);
  const below = m.simd("v128.or", m.simd("i32x4.gt_s", minus, x), no);
  return m.simd(
    "v128.or",
    m.simd("v128.and", above, sign),
    m.simd("v128.and", below, splatConstant(m, 4, 0x40000000)),
  );
}

/** A NaN first, made quiet; of both zeros the greater or the lesser. */
function extreme(which: "max" | "min"): Binary {
  return flushing((m, a, b) => {
    const [x, y] = [keys(m, a), keys(m, b)];
    const [more, less] = which === "max" ? [x, y] : [y, x];
    const same = m.simd(which === "max" ? "v128.and" : "v128.or", a, b);
    const number = m.simdSelect(
      m.simd("i32x4.gt_s", more, less),
      a,
      m.simdSelect(m.simd("i32x4.eq", x, y), same, b),
    );
    const quiet = splatConstant(m, 4, 0x00400000);
    return m.simdSelect(
      nans(m, a),
      m.simd("v128.or", a, quiet),
      m.simdSelect(nans(m, b), m.simd("v128.or", b, quiet), number),
    );
  });
}

/** Vector floating-point comparisons: a row an instruction. */
export const vectorFloatCompare = chapter(
  "Book I 6.10",
  "Vector Floating-Point Compare, Maximum and Minimum Instructions",
  [
    binary("vmaxfp", 1034, extreme("max")),
    binary("vminfp", 1098, extreme("min")),
    row("vcmpbfp[.] VRT,VRA,VRB", "VC", [4, 966], (m, f) => {
      m.require("VEC");
      const [a, b] = [operand(m, m.vr(f.VRA)), operand(m, m.vr(f.VRB))];
      const outside = bounds(m, a, b);
      m.setVr(f.VRT, outside);
      m.when(f.Rc, () => {
        m.setCrField(6, m.shl(m.bit(m.isZeroVector(outside)), 1));
      });
    }),
    comparison("vcmpeqfp", 198, compared("eq")),
    comparison("vcmpgefp", 454, compared("ge")),
    comparison("vcmpgtfp", 710, compared("gt")),
  ],
);
