/**
 * Assembler text of instructions, as GNU objdump writes it with
 * `-M power9,raw`: every operand, no simplified mnemonics.
 *
 * A row's syntax is text in which names of its form's fields stand for their
 * values. In the mnemonic `[o]`, `[.]`, `[l]`, `[a]` and `[x]` appear where OE
 * or RO, Rc, LK, AA and EX are 1. How an operand looks follows from its name:
 *
 * - `RT RS RA RB RC`, `FRT` …, `VRT` …, `XT` …: r3, f3, v3, vs3; also with
 *   `p` behind for pairs. 0 instead of r0 where the meaning takes (RA|0);
 * - `BF BFA`: cr3;
 * - `BI BT BA BB BC`: lt, 4*cr3+eq;
 * - `LI BD`: the target's address;
 * - everything else: a decimal number.
 *
 * @module
 */
import { trace } from "../engine/tracer.ts";
import type { Decoder } from "./decoder.ts";
import { extractField, type FieldLayout } from "./forms.ts";
import type { Instruction } from "./row.ts";

/** Where the instruction is. */
export interface DisassembleOptions {
  /** Its address; without it, branches show their distance: ".+0x10". */
  readonly address?: number | bigint;
}

/** Writes one part of an instruction's text. */
type Part = (word: number, address: bigint | undefined) => string;

const templates = new WeakMap<
  Instruction,
  { readonly mnemonic: Part; readonly operands: Part }
>();

/** Assembler text of a word that is known to be this instruction. */
export function disassemble(
  insn: Instruction,
  word: number,
  { address }: DisassembleOptions = {},
): string {
  let template = templates.get(insn);
  if (!template) templates.set(insn, template = compile(insn));
  const at = address === undefined ? undefined : BigInt(address);
  const mnemonic = template.mnemonic(word, at);
  const operands = template.operands(word, at);
  return operands === "" ? mnemonic : `${mnemonic.padEnd(7)} ${operands}`;
}

/** Assembler text of any word: `.long 0x…` where there is no instruction. */
export function disassembleWord(
  word: number,
  address: number | bigint,
  decoder: Decoder,
): string {
  const insn = decoder(word);
  return insn
    ? disassemble(insn, word, { address })
    : `.long 0x${(word >>> 0).toString(16)}`;
}

/** Letters of mnemonics and the one-bit fields that show them. */
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  "[o]": ["OE", "RO"],
  "[.]": ["Rc"],
  "[l]": ["LK"],
  "[a]": ["AA"],
  "[x]": ["EX"],
};

function compile(insn: Instruction) {
  const [mnemonic = "", ...operands] = insn.syntax.split(" ");
  return {
    mnemonic: compileParts(mnemonic.split(/(\[.\])/), (text) => {
      const name = SUFFIXES[text]?.find((name) => insn.fields.has(name));
      const field = insn.fields.get(name ?? "");
      if (!field) return undefined;
      return (word) => extractField(field, word) ? text.slice(1, -1) : "";
    }),
    operands: compileParts(operands.join(" ").split(/(\w+)/), (text) => {
      const field = insn.fields.get(text);
      return field && operand(insn, field);
    }),
  };
}

function compileParts(
  texts: readonly string[],
  toPart: (text: string) => Part | undefined,
): Part {
  const parts = texts.map((text) => toPart(text) ?? (() => text));
  return (word, address) => parts.map((part) => part(word, address)).join("");
}

const REGISTER_PREFIXES: readonly (readonly [RegExp, string])[] = [
  [/^R[TSABC]p?$/, "r"],
  [/^FR[TSABC]p?$/, "f"],
  [/^VR[TSABC]$/, "v"],
  [/^X[TSABC]p?$/, "vs"],
  [/^BFA?$/, "cr"],
];

function operand(insn: Instruction, field: FieldLayout): Part {
  const { name } = field;
  if (name === "LI" || name === "BD") return target(insn, field);
  if (/^B[ITABC]$/.test(name)) {
    return (word) => crBit(extractField(field, word));
  }
  const prefix = REGISTER_PREFIXES.find(([names]) => names.test(name))?.[1];
  if (prefix === undefined) return (word) => `${extractField(field, word)}`;
  const zero = trace(insn).reads.has(`GPR[${name}|0]`) ? "0" : undefined;
  return (word) => {
    const number = extractField(field, word);
    return (number === 0 ? zero : undefined) ?? `${prefix}${number}`;
  };
}

function crBit(bit: number): string {
  const name = ["lt", "gt", "eq", "so"][bit & 3] ?? "";
  return bit < 4 ? name : `4*cr${bit >> 2}+${name}`;
}

/** Absolute targets show their low 32 bits, as objdump does. */
function target(insn: Instruction, field: FieldLayout): Part {
  const absolute = insn.fields.get("AA");
  return (word, address) => {
    const distance = extractField(field, word);
    if (absolute && extractField(absolute, word)) {
      return `0x${(distance >>> 0).toString(16)}`;
    }
    if (address === undefined) {
      return `.${distance < 0 ? "-" : "+"}0x${Math.abs(distance).toString(16)}`;
    }
    return `0x${BigInt.asUintN(64, address + BigInt(distance)).toString(16)}`;
  };
}
