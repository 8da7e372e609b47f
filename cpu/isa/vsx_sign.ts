/**
 * VSX sign manipulation, exponents and significands (Book I 7.6.3).
 *
 * @module
 */
import type { Ops, Value, Vector } from "./ops.ts";
import { chapter, type Instruction, row, type RowOptions } from "./row.ts";
import { type Binary, POWER9, type Unary } from "./vector_families.ts";
import {
  DOUBLE,
  exponentOf,
  fractionMask,
  fractionOf,
  type Layout,
  signBit,
  SINGLE,
  specialExponent,
} from "./vsx_layout.ts";

/** Doubleword 0 of XT; the other becomes 0. */
function scalar(m: Ops, x: Vector): Vector {
  return m.vector(m.upper(x), m.const(0));
}

function unary(name: string, xo: number, compute: Unary): Instruction {
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    m.setVsr(f.XT, compute(m, m.vsr(f.XB)));
  });
}

function binary(
  name: string,
  xo: number,
  compute: Binary,
  options?: RowOptions,
): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    m.setVsr(f.XT, compute(m, m.vsr(f.XA), m.vsr(f.XB)));
  }, options);
}

/** Sets (or), clears (andnot) or turns (xor) every sign. */
function signs(layout: Layout, operation: "or" | "andnot" | "xor"): Unary {
  const bit = signBit(layout);
  return (m, b) =>
    m.simd(`v128.${operation}`, b, m.splat(layout.bytes, m.const(bit)));
}

function copySign(layout: Layout): Binary {
  const bit = signBit(layout);
  return (m, a, b) => m.simdSelect(m.splat(layout.bytes, m.const(bit)), a, b);
}

function firstOnly(compute: Unary): Unary {
  return (m, b) => scalar(m, compute(m, b));
}

/** Sign manipulation: a row an instruction. */
export const vsxSigns = chapter(
  "Book I 7.6.3",
  "VSX Floating-Point Sign Manipulation Instructions",
  [
    unary("xsabsdp", 345, firstOnly(signs(DOUBLE, "andnot"))),
    binary("xscpsgndp", 176, (m, a, b) => scalar(m, copySign(DOUBLE)(m, a, b))),
    unary("xsnabsdp", 361, firstOnly(signs(DOUBLE, "or"))),
    unary("xsnegdp", 377, firstOnly(signs(DOUBLE, "xor"))),
    unary("xvabsdp", 473, signs(DOUBLE, "andnot")),
    unary("xvabssp", 409, signs(SINGLE, "andnot")),
    binary("xvcpsgndp", 240, copySign(DOUBLE)),
    binary("xvcpsgnsp", 208, copySign(SINGLE)),
    unary("xvnabsdp", 489, signs(DOUBLE, "or")),
    unary("xvnabssp", 425, signs(SINGLE, "or")),
    unary("xvnegdp", 505, signs(DOUBLE, "xor")),
    unary("xvnegsp", 441, signs(SINGLE, "xor")),
  ],
);

// ---------------------------------------------- exponent and significand

/** The fraction with its implicit bit, where the number is normal. */
function significandOf(m: Ops, layout: Layout, x: Value): Value {
  const exponent = exponentOf(m, layout, x);
  const fraction = fractionOf(m, layout, x);
  // 1 to the greatest exponent less one.
  const normal = m.ltUnsigned(
    m.sub(exponent, m.const(1)),
    m.const(specialExponent(layout) - 1),
  );
  const implicit = m.const(1n << BigInt(layout.fraction));
  return m.select(normal, m.or(fraction, implicit), fraction);
}

/** Sign and fraction of one, the exponent from the low bits of the other. */
function insertExponent(layout: Layout): Binary {
  const { bytes, fraction } = layout;
  const kept = signBit(layout) | fractionMask(layout);
  const exponent = BigInt(specialExponent(layout)) << BigInt(fraction);
  return (m, a, b) => {
    const mask = m.splat(bytes, m.const(kept));
    const moved = m.simdShift("shl", bytes, b, m.const(fraction));
    const placed = m.splat(bytes, m.const(exponent));
    return m.simd(
      "v128.or",
      m.simd("v128.and", a, mask),
      m.simd("v128.and", moved, placed),
    );
  };
}

function extracted(
  name: string,
  eo: number,
  { bytes }: Layout,
  compute: (m: Ops, x: Value) => Value,
): Instruction {
  return row(`${name} XT,XB`, "XX2_EO", [60, eo, 475], (m, f) => {
    m.require("VSX");
    const b = m.vsr(f.XB);
    m.setVsr(
      f.XT,
      m.elements(bytes, (i) => compute(m, m.element(bytes, b, i))),
    );
  }, POWER9);
}

/** Exponents and significands: a row an instruction. */
export const vsxExponents = chapter(
  "Book I 7.6.3",
  "VSX Floating-Point Exponent and Significand Instructions",
  [
    row("xsiexpdp XT,RA,RB", "XX1", [60, 918], (m, f) => {
      m.require("VSX");
      const kept = m.const(signBit(DOUBLE) | fractionMask(DOUBLE));
      const exponent = m.and(m.gpr(f.RB), m.const(0x7ff));
      const number = m.or(m.and(m.gpr(f.RA), kept), m.shl(exponent, 52));
      m.setFpr(f.XT, number);
    }, POWER9),
    row("xsxexpdp RT,XB", "XX2_EO_RT", [60, 0, 347], (m, f) => {
      m.require("VSX");
      m.setGpr(f.RT, exponentOf(m, DOUBLE, m.fpr(f.XB)));
    }, POWER9),
    row("xsxsigdp RT,XB", "XX2_EO_RT", [60, 1, 347], (m, f) => {
      m.require("VSX");
      m.setGpr(f.RT, significandOf(m, DOUBLE, m.fpr(f.XB)));
    }, POWER9),
    binary("xviexpdp", 248, insertExponent(DOUBLE), POWER9),
    binary("xviexpsp", 216, insertExponent(SINGLE), POWER9),
    extracted("xvxexpdp", 0, DOUBLE, (m, x) => exponentOf(m, DOUBLE, x)),
    extracted("xvxexpsp", 8, SINGLE, (m, x) => exponentOf(m, SINGLE, x)),
    extracted("xvxsigdp", 1, DOUBLE, (m, x) => significandOf(m, DOUBLE, x)),
    extracted("xvxsigsp", 9, SINGLE, (m, x) => significandOf(m, SINGLE, x)),
  ],
);
