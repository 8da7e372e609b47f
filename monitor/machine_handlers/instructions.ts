/**
 * Instruction words as text.
 *
 * @module
 */
import type { CpuModel } from "../../cpu/accelerator.ts";
import { buildDecoder } from "../../cpu/isa/decoder.ts";
import { disassembleWord } from "../../cpu/isa/disassembler.ts";
import { ISA } from "../../cpu/isa/mod.ts";
import { nameOfOther } from "../../cpu/isa/others.ts";

/** Gives words their names. */
export interface InstructionNamer {
  /** Mnemonic of a word, also of what the processor lacks, or ".long". */
  nameOf(word: number): string;
  /** Assembler text; branches go from the address, or from ".". */
  textOf(word: number, address?: bigint): string;
}

const namers = new Map<CpuModel, InstructionNamer>();

/** The namer of a processor's instructions; building it takes milliseconds. */
export function instructionNamer(cpu: CpuModel): InstructionNamer {
  let namer = namers.get(cpu);
  if (!namer) namers.set(cpu, namer = makeNamer(cpu));
  return namer;
}

function makeNamer(cpu: CpuModel): InstructionNamer {
  const version = cpu === "power8" ? "2.07" : "3.0";
  const decoder = buildDecoder(ISA, { version });
  const newest = version === "3.0" ? decoder : buildDecoder(ISA);
  return {
    nameOf: (word) =>
      decoder(word)?.name ?? newest(word)?.name ?? nameOfOther(word) ?? ".long",
    textOf: (word, address) => disassembleWord(word, address ?? 0n, decoder),
  };
}
