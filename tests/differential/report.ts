/**
 * Cases for people: the program, the start state that matters, both outcomes.
 *
 * @module
 */
import { buildDecoder } from "../../cpu/isa/decoder.ts";
import { disassembleWord } from "../../cpu/isa/disassembler.ts";
import { ISA } from "../../cpu/isa/mod.ts";
import { op } from "./assembler.ts";
import { type Case, readPlace, REGISTERS } from "./case.ts";
import { differences } from "./compare.ts";
import { isPooled } from "./pools.ts";
import { RECORD } from "./record.ts";
import type { Judged } from "./shrink.ts";

const decode = buildDecoder(ISA);
const NOP = op("ori");

/** The program's instructions as text. */
export function programText({ words }: Case): readonly string[] {
  return words.map((word, i) => disassembleWord(word, 4 * i, decode));
}

/** Numbers of vector-scalar registers that a program names or may name. */
function isNamed(one: Case, register: number): boolean {
  if (!isPooled(register)) return true;
  const names = register < 32
    ? new RegExp(`\\b(f|vs)${register}\\b`)
    : new RegExp(`\\b(v${register - 32}|vs${register})\\b`);
  return programText(one).some((text) => names.test(text));
}

/** The start state, as far as it is not 0 and concerns the program. */
function startText(one: Case): string {
  const parts = REGISTERS.flatMap((place) => {
    const digits = readPlace(one.record, place);
    if (digits === "0") return [];
    if (
      place.bytes === 16 && !isNamed(one, (place.at - RECORD.VSR) / 16)
    ) return [];
    return [`${place.name}=${digits}`];
  });
  return parts.join(" ") || "all registers 0";
}

/** The report of a difference, several lines. */
export function report(
  { one, theirs, ours }: Judged,
  { program, seed, state }: {
    readonly program: number;
    readonly seed: number;
    readonly state: number;
  },
): string {
  const order = one.littleEndian ? "little" : "big";
  const lines = [
    `Difference in program ${program} of seed ${seed}, start state ${state}, ${order}-endian:`,
  ];
  programText(one).forEach((text, i) => {
    if (one.words[i] === NOP) return;
    lines.push(`    +0x${(4 * i).toString(16).padEnd(4)} ${text}`);
  });
  lines.push(`  from ${startText(one)}`);
  for (
    const { name, before, theirs: left, ours: right } of differences(
      one,
      theirs,
      ours,
    )
  ) {
    lines.push(`    ${name}: ${before} became ${left} on QEMU, ${right} here`);
  }
  return lines.join("\n");
}
