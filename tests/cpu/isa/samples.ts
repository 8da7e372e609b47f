/** Instruction words that exercise the operands of a row. */
import type { Instruction } from "../../../cpu/isa/row.ts";

/** Random 32-bit numbers from a seed (mulberry32). */
export function randomWords(seed: number): () => number {
  let state = seed | 0;
  return function next() {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** Bits of the word that are operands, neither opcode nor reserved. */
export function operandBits({ fields, mask }: Instruction): number {
  let bits = 0;
  for (const { pieces } of fields.values()) {
    for (const { shift, width } of pieces) {
      bits |= (2 ** width - 1) << shift;
    }
  }
  return (bits & ~mask) >>> 0;
}

/**
 * `count` words of a row: operands all zeros, all ones, all registers alike,
 * then random ones. The same for the same row, whatever else there is.
 */
export function sampleWords(insn: Instruction, count: number): number[] {
  const bits = operandBits(insn);
  let seed = insn.match;
  for (const character of insn.syntax) {
    seed = Math.imul(seed, 31) + character.charCodeAt(0);
  }
  const random = randomWords(seed);
  const patterns = [0, 0xffff_ffff, 0x0210_8420];
  return Array.from({ length: count }, (_, i) => {
    const operands = patterns[i] ?? random();
    return (insn.match | (operands & bits)) >>> 0;
  });
}
