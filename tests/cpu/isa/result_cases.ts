/**
 * Instructions with operands, for comparing what they do with what a processor
 * does: fixed-point, branch and condition register rows.
 */
import { branches } from "../../../cpu/isa/branch.ts";
import {
  conditionMoves,
  conditionRegister,
} from "../../../cpu/isa/condition.ts";
import { fixedArithmetic } from "../../../cpu/isa/fixed_arithmetic.ts";
import {
  fixedCompare,
  fixedSelect,
  fixedTrap,
} from "../../../cpu/isa/fixed_compare.ts";
import { decimalAssist, fixedLogical } from "../../../cpu/isa/fixed_logical.ts";
import { fixedRotate } from "../../../cpu/isa/fixed_rotate.ts";
import { insertField } from "../../../cpu/isa/forms.ts";
import type { Instruction } from "../../../cpu/isa/row.ts";
import { randomWords, sampleWords } from "./samples.ts";

/** Where the runner puts the instruction; branches lead 8 bytes further. */
export const SLOT = 0x3000n;
export const TARGET = SLOT + 8n;

/** One instruction and all registers that fixed-point rows see. */
export interface ResultCase {
  readonly syntax: string;
  readonly word: number;
  /** MSR[SF]. */
  readonly sixtyFour: boolean;
  readonly gpr: readonly bigint[];
  readonly cr: number;
  /** SO OV CA at bits 31 30 29, OV32 CA32 at 19 18, as mfxer has them. */
  readonly xer: number;
  readonly ctr: bigint;
  readonly lr: bigint;
  readonly tar: bigint;
}

/** Rows whose result is no function of the registers (darn). */
const UNREPEATABLE = new Set(["darn"]);

const ROWS = [
  branches,
  conditionRegister,
  fixedArithmetic,
  fixedCompare,
  fixedTrap,
  fixedSelect,
  fixedLogical,
  fixedRotate,
  decimalAssist,
  conditionMoves,
].flatMap(({ rows }) => rows).filter(({ name }) => !UNREPEATABLE.has(name));

const EDGES = [
  0n,
  1n,
  2n,
  31n,
  32n,
  63n,
  64n,
  127n,
  0x7fffn,
  0x8000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_7fff_ffffn,
  0xffff_ffff_8000_0000n,
  0xffff_ffff_ffff_fffen,
  0xffff_ffff_ffff_ffffn,
];

type Random = () => number;

function below(random: Random, limit: number): number {
  return random() % limit;
}

function random64(random: Random): bigint {
  return (BigInt(random()) << 32n) | BigInt(random());
}

/** Edge, small, word, or any doubleword. */
function operandValue(random: Random): bigint {
  switch (below(random, 8)) {
    case 0:
    case 1:
    case 2:
      return EDGES[below(random, EDGES.length)] ?? 0n;
    case 3:
      return BigInt.asUintN(64, BigInt(below(random, 32)) - 16n);
    case 4:
      return BigInt(random());
    case 5:
      return BigInt.asUintN(64, BigInt(random() | 0));
    case 6:
      return random64(random) >> BigInt(below(random, 64));
    default:
      return random64(random);
  }
}

/** Digits of BCD: what is no digit has no defined conversion. */
function decimalDigits(random: Random): bigint {
  let value = 0n;
  for (let i = 0; i < 16; i++) {
    value = (value << 4n) | BigInt(below(random, 10));
  }
  return value;
}

function withField(insn: Instruction, word: number, name: string, to: number) {
  const field = insn.fields.get(name);
  if (!field) return word;
  const ones = insertField(field, -1 << field.scale);
  return ((word & ~ones) | insertField(field, to)) >>> 0;
}

function makeCase(
  insn: Instruction,
  word: number,
  { random, sixtyFour }: { random: Random; sixtyFour: boolean },
): ResultCase {
  let placed = word;
  for (const name of ["RT", "RA", "RB", "RC", "RS"]) {
    const field = insn.fields.get(name);
    const settled = field && insertField(field, -1) & insn.mask;
    if (!settled) placed = withField(insn, placed, name, below(random, 32));
  }
  placed = withField(insn, placed, "LI", 8);
  placed = withField(insn, placed, "BD", 8);
  // An absolute branch would leave for where the runner is not.
  if (insn.name.startsWith("b")) placed = withField(insn, placed, "AA", 0);
  // Several fields, or none, are undefined for these two.
  if (/^m[tf]ocrf$/.test(insn.name)) {
    placed = withField(insn, placed, "FXM", 1 << below(random, 8));
  }
  const values = insn.name === "cbcdtd" ? decimalDigits : operandValue;
  // In 32-bit mode the upper words of counts and addresses are of no account.
  const upper = sixtyFour ? 0n : BigInt(random()) << 32n;
  const small = [0n, 1n, 2n, 0x1_0000_0000n, 0x1_0000_0001n, 1n << 63n];
  const throughCtr = insn.name === "bcctr";
  return {
    syntax: insn.syntax,
    word: placed,
    sixtyFour,
    gpr: Array.from({ length: 32 }, () => values(random)),
    cr: random(),
    xer: (random() & 0xe00c_0000) >>> 0,
    ctr: throughCtr ? TARGET | upper : small[below(random, small.length)] ?? 0n,
    lr: TARGET + BigInt(below(random, 4)) | upper,
    tar: TARGET + BigInt(below(random, 4)) | upper,
  };
}

/** `count` cases of each row in either mode, always the same ones. */
export function resultCases(count: number): ResultCase[] {
  return ROWS.flatMap((insn) => {
    const words = sampleWords(insn, count);
    const random = randomWords((words.at(-1) ?? 0) ^ insn.match);
    return [true, false].flatMap((sixtyFour) =>
      words.map((word) => makeCase(insn, word, { random, sixtyFour }))
    );
  });
}
