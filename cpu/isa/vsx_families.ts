/**
 * What rows of VSX have in common.
 *
 * @module
 */
import type { Field, Ops, Value, Vector } from "./ops.ts";
import { FORMAT, type Format, narrow, widen } from "./softfloat/mod.ts";

/**
 * The check of most instructions new in version 3.0: VSRs 0 to 31 belong to
 * MSR[VSX], VSRs 32 to 63, the VRs, to MSR[VEC].
 */
export function requireByRegister(m: Ops, register: Field): void {
  m.if(
    m.ltUnsigned(m.field(register), m.const(32)),
    () => m.require("VSX"),
    () => m.require("VEC"),
  );
}

/** The check of moves to and from GPRs: VSRs 0 to 31 belong to MSR[FP]. */
export function requireFloatOrVector(m: Ops, register: Field): void {
  m.if(
    m.ltUnsigned(m.field(register), m.const(32)),
    () => m.require("FP"),
    () => m.require("VEC"),
  );
}

/**
 * Doubleword 0 of a VSR. Loads and moves leave doubleword 1 as it is: the book
 * calls it undefined before version 3.1.
 */
export function setScalar(m: Ops, register: Field, value: Value): void {
  m.setUpper(register, value);
}

/** Where the numbers of a vector are and what they are rounded to. */
export interface Elements {
  readonly bytes: 4 | 8;
  readonly format: Format;
}

/** Doublewords in double precision. */
export const DOUBLES: Elements = { bytes: 8, format: FORMAT.double };
/** Words in single precision. */
export const SINGLES: Elements = { bytes: 4, format: FORMAT.single };

/** A number of a vector, in double format. */
export function numberAt(
  m: Ops,
  { bytes }: Elements,
  x: Vector,
  index: number,
): Value {
  const element = m.element(bytes, x, index);
  return bytes === 8 ? element : widen(m, element);
}

/** A vector made number by number, each already rounded. */
export function numbers(
  m: Ops,
  { bytes }: Elements,
  make: (index: number) => Value,
): Vector {
  if (bytes === 8) return m.elements(8, make);
  return m.elements(4, (i) => narrow(m, make(i)));
}
