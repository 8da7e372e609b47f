/**
 * Vector floating point (Book I 6.10): single precision, rounded to nearest,
 * without a trace in FPSCR.
 *
 * @module
 */
import type { Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  divide,
  elementAdd,
  elementMultiplyAdd,
  elementNegativeMultiplySubtract,
  elementSubtract,
  FORMAT,
  FPSCR,
  fromInteger,
  type Fused,
  isNan,
  isZero,
  narrow,
  roundToInteger,
  squareRoot,
  toInteger,
  widen,
} from "./softfloat/mod.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";
import { exponential, logarithm } from "./vector_estimate.ts";
import { binary, saturated, type Unary, unary } from "./vector_families.ts";
import { flushing, nonJava, operand } from "./vector_float_compare.ts";

/** The least normal number of a single, as a double without its sign. */
const LEAST_NORMAL = BigInt(1023 - 126) << 52n;
const SIGN = 1n << 63n;

/**
 * Computes to nearest, with nothing enabled, and leaves FPSCR as it was; that
 * XX is 1 meanwhile spares finding out what is inexact. FP_FLAGS is the
 * computation's to look at.
 */
function apart<T>(m: Ops, compute: () => T): T {
  const fpscr = m.reg("FPSCR");
  m.setReg("FPSCR", m.const(FPSCR.XX));
  const result = compute();
  m.setReg("FPSCR", fpscr);
  m.setReg("FP_FLAGS", m.const(0));
  return result;
}

/** A result as a word; with NJ, zero where it was tiny before rounding. */
function finished(m: Ops, x: Value): Value {
  const magnitude = m.and(x, m.const(~SIGN));
  const denormalized = m.ltUnsigned(magnitude, m.const(LEAST_NORMAL));
  const underflow = m.and(m.reg("FP_FLAGS"), m.const(FPSCR.UX));
  const tiny = m.either(denormalized, m.nonZero(underflow));
  const zero = m.both(nonJava(m), tiny);
  const flushed = m.select(zero, m.and(x, m.const(SIGN)), x);
  m.setReg("FP_FLAGS", m.const(0));
  return narrow(m, flushed);
}

/** One word from three; those that a function does not use are idle. */
function wordSubroutine(
  name: string,
  compute: (m: Ops, a: Value, b: Value, c: Value) => Value,
): Subroutine {
  return subroutine(
    name,
    3,
    (m, a, b, c) =>
      finished(m, compute(m, widen(m, a), widen(m, b), widen(m, c))),
  );
}

function arithmetic(
  name: string,
  xo: number,
  compute: (m: Ops, a: Value, b: Value) => Value,
): Instruction {
  const shared = wordSubroutine(name, compute);
  return binary(
    name,
    xo,
    flushing((m, a, b) =>
      apart(m, () =>
        m.elements(4, (i) => {
          const x = m.element(4, a, i);
          return m.call(shared, x, m.element(4, b, i), x);
        }))
    ),
  );
}

function fused(name: string, xo: number, compute: Fused): Instruction {
  const shared = wordSubroutine(
    name,
    (m, a, b, c) => compute(m, { a, c, b }, FORMAT.single),
  );
  return row(`${name} VRT,VRA,VRC,VRB`, "VA", [4, xo], (m, f) => {
    m.require("VEC");
    const a = operand(m, m.vr(f.VRA));
    const b = operand(m, m.vr(f.VRB));
    const c = operand(m, m.vr(f.VRC));
    const result = apart(m, () =>
      m.elements(4, (i) =>
        m.call(
          shared,
          m.element(4, a, i),
          m.element(4, b, i),
          m.element(4, c, i),
        )));
    m.setVr(f.VRT, result);
  });
}

function single(
  name: string,
  xo: number,
  compute: (m: Ops, b: Value) => Value,
): Instruction {
  const shared = wordSubroutine(name, compute);
  return unary(name, xo, (m, b) => {
    const operands = operand(m, b);
    return apart(m, () =>
      m.elements(4, (i) => {
        const x = m.element(4, operands, i);
        return m.call(shared, x, x, x);
      }));
  });
}

const ONE = 1023n << 52n;

function reciprocal(m: Ops, b: Value): Value {
  return divide(m, m.const(ONE), b, FORMAT.single);
}

function reciprocalSquareRoot(m: Ops, b: Value): Value {
  return reciprocal(m, squareRoot(m, b, FORMAT.single));
}

// ---------------------------------------------------------------- convert

/** 2 to the power of a number of at most five bits, added to an exponent. */
function scaled(m: Ops, x: Value, power: Value): Value {
  const moved = m.add(x, m.shl(power, 52));
  const special = m.either(isNan(m, x), isZero(m, x));
  const infinite = m.eq(m.shl(x, 1), m.const(0x7ffn << 53n));
  return m.select(m.either(special, infinite), x, moved);
}

function fromIntegers(
  name: string,
  xo: number,
  signed: boolean,
): Instruction {
  return row(`${name} VRT,VRB,UIM`, "VX_UIM5", [4, xo], (m, f) => {
    m.require("VEC");
    const b = m.vr(f.VRB);
    const power = m.sub(m.const(0), m.field(f.UIM));
    const result = apart(m, () =>
      m.elements(4, (i) => {
        const element = m.element(4, b, i);
        const integer = signed ? m.signExtend(4, element) : element;
        const number = fromInteger(m, integer, {
          signed,
          format: FORMAT.single,
        });
        return narrow(m, scaled(m, number, power));
      }));
    m.setVr(f.VRT, result);
  });
}

/** Truncated and limited; a NaN gives 0 and does not count as saturation. */
function toIntegers(name: string, xo: number, signed: boolean): Instruction {
  return row(`${name} VRT,VRB,UIM`, "VX_UIM5", [4, xo], (m, f) => {
    m.require("VEC");
    const b = m.vr(f.VRB);
    const power = m.field(f.UIM);
    const outside = m.variable(m.const(0));
    const result = apart(m, () =>
      m.elements(4, (i) => {
        const x = scaled(m, widen(m, m.element(4, b, i)), power);
        const number = m.select(isNan(m, x), m.const(0), x);
        const integer = toInteger(m, number, {
          bytes: 4,
          signed,
          mode: "zero",
        });
        const flags = m.and(m.reg("FP_FLAGS"), m.const(FPSCR.VXCVI));
        m.set(outside, m.or(m.get(outside), flags));
        return integer;
      }));
    saturated(m, m.nonZero(m.get(outside)));
    m.setVr(f.VRT, result);
  });
}

function rounding(mode: "nearestEven" | "zero" | "up" | "down"): Unary {
  return (m, b) => {
    const x = operand(m, b);
    return apart(m, () =>
      m.elements(
        4,
        (i) =>
          narrow(m, roundToInteger(m, widen(m, m.element(4, x, i)), { mode })),
      ));
  };
}

/** Vector floating point: a row an instruction. */
export const vectorFloat = chapter(
  "Book I 6.10",
  "Vector Floating-Point Arithmetic, Conversion and Estimate Instructions",
  [
    arithmetic("vaddfp", 10, (m, a, b) => elementAdd(m, a, b, FORMAT.single)),
    arithmetic(
      "vsubfp",
      74,
      (m, a, b) => elementSubtract(m, a, b, FORMAT.single),
    ),
    fused("vmaddfp", 46, elementMultiplyAdd),
    fused("vnmsubfp", 47, elementNegativeMultiplySubtract),
    fromIntegers("vcfsx", 842, true),
    fromIntegers("vcfux", 778, false),
    toIntegers("vctsxs", 970, true),
    toIntegers("vctuxs", 906, false),
    unary("vrfim", 714, rounding("down")),
    unary("vrfin", 522, rounding("nearestEven")),
    unary("vrfip", 650, rounding("up")),
    unary("vrfiz", 586, rounding("zero")),
    single("vexptefp", 394, exponential),
    single("vlogefp", 458, logarithm),
    single("vrefp", 266, reciprocal),
    single("vrsqrtefp", 330, reciprocalSquareRoot),
  ],
);
