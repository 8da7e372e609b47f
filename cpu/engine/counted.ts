/**
 * Instructions, counted: those that access storage; those of floating point,
 * and how many of these went the long way. Only engines that look at every
 * instruction anyway do it.
 *
 * @module
 */
import { decimalFacility } from "../isa/decimal.ts";
import { floatFacility } from "../isa/float.ts";
import type { Ops } from "../isa/ops.ts";
import type { Instruction } from "../isa/row.ts";
import { vectorFloats } from "../isa/vector.ts";
import { vectorScalarExtension } from "../isa/vsx.ts";
import { rowAccesses } from "./row_accesses.ts";

/** Chapters that compute in floating point, by their titles. */
const COMPUTING =
  /Arithmetic|Multiply-Add|Conver|Round|Compar|Maximum|Estimate|DFP/;

/** What is counted: loads, stores, moves and tests are not. */
const COUNTED: ReadonlySet<Instruction> = new Set(
  [
    ...floatFacility,
    ...vectorFloats,
    ...vectorScalarExtension,
    ...decimalFacility,
  ].filter(({ title }) => COMPUTING.test(title)).flatMap(({ rows }) => rows),
);

/** Emits the counting of an instruction, before it, if it is counted. */
export function countFloat(m: Ops, instruction: Instruction): void {
  if (!COUNTED.has(instruction)) return;
  const [one, zero] = [m.const(1), m.const(0)];
  m.setReg("FP_INSTRUCTIONS", m.add(m.reg("FP_INSTRUCTIONS"), one));
  // What the one before has left.
  const long = m.add(m.reg("FP_LONG_INSTRUCTIONS"), m.reg("FP_LONG"));
  m.setReg("FP_LONG_INSTRUCTIONS", long);
  m.setReg("FP_LONG", zero);
}

/** Emits the counting of an instruction, before it, if it accesses storage. */
export function countAccess(m: Ops, instruction: Instruction): void {
  const { loads, stores } = rowAccesses(instruction);
  if (!loads && !stores) return;
  m.setReg("ACCESSES", m.add(m.reg("ACCESSES"), m.const(1)));
}
