/**
 * What rows of VSX have in common.
 *
 * @module
 */
import type { Field, Ops, Value } from "./ops.ts";

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
  m.setVsr(register, m.vector(value, m.lower(m.vsr(register))));
}
