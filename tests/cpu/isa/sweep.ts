/** Words that sweep the opcode space, and what objdump calls them. */
import { objdump } from "./objdump.ts";

/**
 * Operand bits between primary and extended opcode. RA selects the operation
 * of some vector and floating-point forms; other fields have invalid values.
 */
function middles(): number[] {
  const all = new Set([0, 0x0060_0000, 0x0010_0000, 0x001f_0000, 0x0342_1800]);
  for (let i = 0; i < 32; i++) {
    all.add(i << 16);
    all.add((i << 21) | (4 << 16) | (6 << 11));
    all.add((1 << 21) | (2 << 16) | (i << 11));
  }
  return [...all];
}

/** Primary opcodes whose low bits are an immediate: few words say it all. */
function isImmediate(opcode: number): boolean {
  return ![4, 17, 19, 30, 31, 57, 58, 59, 60, 61, 62, 63].includes(opcode);
}

/** A word and objdump's text of it. */
export interface Swept {
  readonly word: number;
  readonly address: number;
  readonly text: string;
}

/** Words of one primary opcode, with every extended one. */
export async function sweep(
  opcode: number,
  cpu: "power8" | "power9" = "power9",
): Promise<Swept[]> {
  const words: number[] = [];
  for (const middle of middles()) {
    for (let low = 0; low < (isImmediate(opcode) ? 4 : 2048); low++) {
      words.push((opcode * 2 ** 26 + middle + low) >>> 0);
    }
  }
  const texts = await objdump(words, cpu);
  return words.map((word, i) => ({
    word,
    address: 4 * i,
    text: texts[i] ?? "",
  }));
}
