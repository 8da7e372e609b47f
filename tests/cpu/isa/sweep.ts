// deno-lint-ignore-file no-console -- prints a report
/**
 * Lists the instructions that objdump knows for POWER9 and that have no row,
 * and rows that objdump does not know, by sweeping the opcode space.
 *
 *     deno run --allow-read --allow-write \
 *       --allow-run=powerpc64le-linux-gnu-objdump tests/cpu/isa/sweep.ts
 */
import { buildDecoder } from "../../../cpu/isa/decoder.ts";
import { disassembleWord } from "../../../cpu/isa/disassembler.ts";
import { CHAPTERS, ISA } from "../../../cpu/isa/mod.ts";
import { objdump, withoutOddities } from "./objdump.ts";

/** Operand bits between primary and extended opcode: forms pick their own. */
const MIDDLES = [0, 0x0060_0000, 0x0010_0000, 0x001f_0000, 0x0342_1800];

function middles(): number[] {
  // RA selects the operation of some vector and floating-point forms.
  const all = new Set(MIDDLES);
  for (let i = 0; i < 32; i++) all.add(i << 16);
  for (let i = 0; i < 32; i++) all.add((i << 21) | (4 << 16) | (6 << 11));
  return [...all];
}

/** Primary opcodes whose low bits are an immediate: one word says it all. */
function isImmediate(opcode: number): boolean {
  return ![4, 17, 19, 30, 31, 57, 58, 59, 60, 61, 62, 63].includes(opcode);
}

const decoder = buildDecoder(ISA);
const unknown = new Map<string, number>();
const different = new Map<string, string>();
let known = 0;
for (let opcode = 0; opcode < 64; opcode++) {
  const words: number[] = [];
  for (const middle of middles()) {
    for (let low = 0; low < (isImmediate(opcode) ? 4 : 2048); low++) {
      words.push((opcode * 2 ** 26 + middle + low) >>> 0);
    }
  }
  const texts = await objdump(words);
  texts.forEach((text, i) => {
    const word = words[i] ?? 0;
    if (text.startsWith(".long")) return;
    if (!decoder(word)) {
      const [name = ""] = text.split(" ");
      if (!unknown.has(name)) unknown.set(name, word);
      return;
    }
    known++;
    const ours = disassembleWord(word, i * 4, decoder);
    const theirs = withoutOddities(text);
    const name = ours.split(" ")[0] ?? "";
    if (ours !== theirs && !different.has(name)) {
      different.set(name, `${word.toString(16)}: ${ours} | ${theirs}`);
    }
  });
}

for (const { section, title, rows } of CHAPTERS) {
  console.log(`${String(rows.length).padStart(4)} ${section} ${title}`);
}
console.log(`${String(ISA.length).padStart(4)} rows, ${known} words alike`);
console.log(`\nWithout a row: ${unknown.size}`);
for (const [name, word] of [...unknown].sort()) {
  console.log(`  ${word.toString(16).padStart(8, "0")} ${name}`);
}
console.log(`\nDifferent text: ${different.size}`);
for (const text of different.values()) console.log(`  ${text}`);
