/**
 * Single vector rows by name, on the reference engine.
 *
 * @module
 */
import {
  type InstructionResult,
  type PlainState,
  runInstruction,
} from "../../../cpu/engine/reference_harness.ts";
import { encode } from "../../../cpu/isa/encoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";

const BY_NAME = new Map(ISA.map((insn) => [insn.name, insn]));

/** The row of that name. */
export function rowNamed(name: string): Instruction {
  const insn = BY_NAME.get(name);
  if (!insn) throw new RangeError(`Cannot find a row: no name ${name}`);
  return insn;
}

/** Runs the row on these operands. */
export function runRow(
  name: string,
  fields: Readonly<Record<string, number>>,
  state: PlainState,
): InstructionResult {
  const instruction = rowNamed(name);
  return runInstruction(encode(instruction, fields), state, { instruction });
}

/** VSR 0 to 63 with the given ones set, the others 0. */
export function vsrs(values: Readonly<Record<number, bigint>>): bigint[] {
  return Array.from({ length: 64 }, (_, i) => values[i] ?? 0n);
}

/** One VSR after an instruction. */
export function vsrOf(result: InstructionResult, number: number): bigint {
  const all = result.state.VSR;
  const found = typeof all === "bigint" ? undefined : all[number];
  if (found === undefined) throw new RangeError(`Cannot find VSR ${number}`);
  return found;
}

/** VRT of a row on VRA = v1, VRB = v2, VRC = v3, VRT = v4. */
export function vrt(
  name: string,
  operands: { a?: bigint; b?: bigint; c?: bigint; t?: bigint },
  fields: Readonly<Record<string, number>> = {},
): bigint {
  const numbers = { VRA: 1, VRB: 2, VRC: 3, VRT: 4 };
  const known = rowNamed(name).fields;
  const used = Object.entries(numbers).filter(([field]) => known.has(field));
  const { a = 0n, b = 0n, c = 0n, t = 0n } = operands;
  const state = { VSR: vsrs({ 33: a, 34: b, 35: c, 36: t }) };
  const all = { ...Object.fromEntries(used), ...fields };
  return vsrOf(runRow(name, all, state), 36);
}

/** Element `index` of a vector, 0 being the most significant. */
export function element(x: bigint, bytes: number, index: number): bigint {
  const bits = BigInt(8 * bytes);
  return x >> (128n - bits * BigInt(index + 1)) & ((1n << bits) - 1n);
}
