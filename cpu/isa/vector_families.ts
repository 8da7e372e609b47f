/**
 * Families of vector instructions: the same operands and checks around
 * different functions of vectors.
 *
 * @module
 */
import type { Bytes, Condition, Field, Ops, Value, Vector } from "./ops.ts";
import { type Instruction, row, type RowOptions } from "./row.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";

/** A function of two vectors. */
export type Binary = (m: Ops, a: Vector, b: Vector) => Vector;
/** A function of one vector. */
export type Unary = (m: Ops, b: Vector) => Vector;
/** A function of three vectors. */
export type Ternary = (m: Ops, a: Vector, b: Vector, c: Vector) => Vector;

/** Options of a row that POWER8 lacks. */
export const POWER9: RowOptions = { since: "3.0" };

/** VRT from VRA and VRB. */
export function binary(
  name: string,
  xo: number,
  compute: Binary,
  options?: RowOptions,
): Instruction {
  return row(`${name} VRT,VRA,VRB`, "VX", [4, xo], (m, f) => {
    m.require("VEC");
    m.setVr(f.VRT, compute(m, m.vr(f.VRA), m.vr(f.VRB)));
  }, options);
}

/** VRT from VRB. */
export function unary(
  name: string,
  xo: number,
  compute: Unary,
  options?: RowOptions,
): Instruction {
  return row(`${name} VRT,VRB`, "VX_VRB", [4, xo], (m, f) => {
    m.require("VEC");
    m.setVr(f.VRT, compute(m, m.vr(f.VRB)));
  }, options);
}

/** VRT from VRB, told apart by the field where others have VRA. */
export function extended(
  name: string,
  [xo, eo]: readonly [xo: number, eo: number],
  compute: Unary,
  options: RowOptions = POWER9,
): Instruction {
  return row(`${name} VRT,VRB`, "VX_EO", [4, eo, xo], (m, f) => {
    m.require("VEC");
    m.setVr(f.VRT, compute(m, m.vr(f.VRB)));
  }, options);
}

/** VRT from VRA, VRB and VRC. */
export function ternary(
  name: string,
  xo: number,
  compute: Ternary,
  options?: RowOptions,
): Instruction {
  return row(`${name} VRT,VRA,VRB,VRC`, "VA", [4, xo], (m, f) => {
    m.require("VEC");
    m.setVr(f.VRT, compute(m, m.vr(f.VRA), m.vr(f.VRB), m.vr(f.VRC)));
  }, options);
}

/** VRT a mask from VRA and VRB; with Rc, CR6 tells whether all or none hold. */
export function comparison(
  name: string,
  xo: number,
  compute: Binary,
  options?: RowOptions,
): Instruction {
  return row(`${name}[.] VRT,VRA,VRB`, "VC", [4, xo], (m, f) => {
    m.require("VEC");
    const mask = compute(m, m.vr(f.VRA), m.vr(f.VRB));
    m.setVr(f.VRT, mask);
    m.when(f.Rc, () => m.setCrField(6, summary(m, mask)));
  }, options);
}

/** CR6 of a compare: 8 where every bit of the mask is 1, 2 where none is. */
export function summary(m: Ops, mask: Vector): Value {
  return m.or(
    m.shl(m.bit(m.isZeroVector(m.simdNot(mask))), 3),
    m.shl(m.bit(m.isZeroVector(mask)), 1),
  );
}

/** The number of a VR among the VSRs, for subroutines. */
export function vrNumber(m: Ops, register: Field): Value {
  return m.or(m.field(register), m.const(32));
}

/**
 * VRT from VRA and VRB by a function too long to repeat: engines make it once
 * and give it the numbers of the registers.
 */
export function longBinary(
  name: string,
  xo: number,
  compute: Binary,
  options?: RowOptions,
): Instruction {
  const shared: Subroutine = subroutine(name, 3, (m, t, a, b) => {
    m.setVsrNumber(t, compute(m, m.vsrNumber(a), m.vsrNumber(b)));
    return m.const(0);
  });
  return row(`${name} VRT,VRA,VRB`, "VX", [4, xo], (m, f) => {
    m.require("VEC");
    const [a, b] = [vrNumber(m, f.VRA), vrNumber(m, f.VRB)];
    m.call(shared, vrNumber(m, f.VRT), a, b);
  }, options);
}

/** Element `index` of `x`, sign-extended. */
export function signedElement(
  m: Ops,
  bytes: Bytes,
  x: Vector,
  index: number,
): Value {
  const element = m.element(bytes, x, index);
  return bytes === 8 ? element : m.signExtend(bytes, element);
}

/** Element by element from one vector. */
export function mapElements(
  bytes: Bytes,
  compute: (m: Ops, b: Value) => Value,
): Unary {
  return (m, b) => m.elements(bytes, (i) => compute(m, m.element(bytes, b, i)));
}

/** Element by element from two vectors. */
export function zipElements(
  bytes: Bytes,
  compute: (m: Ops, a: Value, b: Value) => Value,
): Binary {
  return (m, a, b) =>
    m.elements(
      bytes,
      (i) => compute(m, m.element(bytes, a, i), m.element(bytes, b, i)),
    );
}

/** Sets VSCR[SAT] where the condition holds; it stays set (Book I 6.3.2). */
export function saturated(m: Ops, c: Condition): void {
  m.setReg("VSCR", m.or(m.reg("VSCR"), m.bit(c)));
}

/** True where two vectors differ in any bit. */
export function differ(m: Ops, a: Vector, b: Vector): Condition {
  return m.negate(m.isZeroVector(m.simd("v128.xor", a, b)));
}
