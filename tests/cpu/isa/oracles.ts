/**
 * Who checks a row beside its neighbours: machines and arithmetic that are
 * not ours.
 */
import { readFileSync } from "node:fs";
import { decimalArithmetic } from "../../../cpu/isa/decimal_arithmetic.ts";
import { buildDecoder, type Decoder } from "../../../cpu/isa/decoder.ts";
import {
  floatArithmetic,
  floatMultiplyAdd,
} from "../../../cpu/isa/float_arithmetic.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { quadArithmetic } from "../../../cpu/isa/vsx_quad.ts";
import { goldenRows as decimalRows } from "../decimal/_golden.ts";
import { GOLDEN_CASES } from "../float/golden.ts";
import { goldenRows as vectorRows } from "../vector/_golden.ts";
import { resultCases } from "./result_cases.ts";
import { sprCases } from "./spr_cases.ts";
import { storageCases } from "./storage_cases.ts";

/** A judge of rows. */
export interface Oracle {
  readonly name: string;
  /** What it is. */
  readonly title: string;
  readonly rows: ReadonlySet<Instruction>;
}

function decoded(decode: Decoder, words: Iterable<number>): Set<Instruction> {
  const rows = new Set<Instruction>();
  for (const word of words) {
    const insn = decode(word);
    if (insn) rows.add(insn);
  }
  return rows;
}

function recordedWords(): number[] {
  const url = new URL("./objdump.golden", import.meta.url);
  return readFileSync(url, "utf8").trimEnd().split("\n")
    .map((line) => parseInt(line.split("\t")[1] ?? "", 16));
}

/** The judges, computed from the cases that tests put before them. */
export function oracles(): Oracle[] {
  const decode = buildDecoder(ISA);
  const qemu = decoded(decode, [
    ...resultCases(2).map(({ word }) => word),
    ...storageCases().map(({ words: [word] }) => word),
    ...sprCases().map(({ words: [word] }) => word),
    ...GOLDEN_CASES.map(({ word }) => word),
    ...[...vectorRows(), ...decimalRows()]
      .flatMap(({ cases }) => cases.map(({ word }) => word)),
  ]);
  const exact = [
    floatArithmetic,
    floatMultiplyAdd,
    decimalArithmetic,
    quadArithmetic,
  ].flatMap(({ rows }) => rows)
    .filter(({ name }) => !/^fr(sqrt)?e|^ft|^fre/.test(name));
  return [
    {
      name: "objdump",
      title: "GNU objdump: the assembler text",
      rows: decoded(decode, recordedWords()),
    },
    {
      name: "QEMU",
      title: "QEMU 7.2's POWER9: registers, flags, storage, interrupts",
      rows: qemu,
    },
    {
      name: "exact",
      title: "exact fractions of integers: result and FPSCR",
      rows: new Set(exact),
    },
  ];
}
