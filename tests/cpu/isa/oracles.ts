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
import { quadArithmetic, quadConvert } from "../../../cpu/isa/vsx_quad.ts";
import { MSR } from "../../../cpu/state.ts";
import { BRANCHES, eligibleGroups } from "../../differential/eligible.ts";
import {
  CASE,
  PROGRAM_WORDS,
  TRANSLATIONS,
} from "../../differential/privileged/layout.ts";
import { drawProgram } from "../../differential/privileged/program.ts";
import { goldenRows as decimalRows } from "../decimal/_golden.ts";
import { meaningOf } from "../float/exact_rows.ts";
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

/** Programs of privileged state, of each kind, in which its rows are looked for. */
const PRIVILEGED_PROGRAMS = 200;

/** Words of random programs of privileged state, in the order that they start in. */
function privilegedWords(): number[] {
  return TRANSLATIONS.flatMap((translation) =>
    Array.from({ length: PRIVILEGED_PROGRAMS }, (_, index) => {
      const { bytes } = drawProgram({ seed: 1, index, translation });
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const msr = view.getBigUint64(CASE.msr);
      return Array.from(
        { length: PROGRAM_WORDS },
        (_, i) => view.getUint32(CASE.code + 4 * i, (msr & MSR.LE) !== 0n),
      );
    }).flat()
  );
}

/** Rows of random programs of both kinds. */
function programRows(decode: Decoder): Set<Instruction> {
  const rows = decoded(decode, privilegedWords());
  const options = { version: "3.0", littleEndian: false } as const;
  for (const { chapter, candidates } of eligibleGroups(options)) {
    // Of those of Book III, problem state shows only that it may not have them.
    const privileged = chapter.section.startsWith("Book III");
    for (const { insn, ending } of candidates) {
      if (!(privileged && ending)) rows.add(insn);
    }
  }
  for (const insn of ISA) if (BRANCHES.has(insn.name)) rows.add(insn);
  return rows;
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
    quadConvert,
  ].flatMap(({ rows }) => rows)
    .filter(({ name }) => !/^fr(sqrt)?e|^ft|^fre/.test(name));
  exact.push(...ISA.filter(({ name }) => meaningOf(name) !== undefined));
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
      name: "programs",
      title: "random programs beside QEMU 7.2 (`deno task differential`)",
      rows: programRows(decode),
    },
    {
      name: "exact",
      title: "exact fractions of integers: result and FPSCR",
      rows: new Set(exact),
    },
  ];
}
