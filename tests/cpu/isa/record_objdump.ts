/**
 * Records objdump's text of some words of every row for objdump_test.ts, so
 * that the texts are tested where there is no objdump, and every mnemonic that
 * it has for a POWER9.
 *
 *     deno run --allow-read --allow-write \
 *       --allow-run=powerpc64le-linux-gnu-objdump \
 *       tests/cpu/isa/record_objdump.ts
 */
import { isImplemented } from "../../../cpu/isa/decoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { MNEMONICS_FILE } from "./mnemonics.ts";
import { objdump, withoutOddities } from "./objdump.ts";
import { sampleWords } from "./samples.ts";
import { sweep } from "./sweep.ts";

const words = ISA.filter((insn) => isImplemented(insn, "3.0"))
  .flatMap((insn) => [0, 1, 3, 4, 5].map((i) => sampleWords(insn, 6)[i] ?? 0));
const texts = await objdump(words);
const lines = texts.flatMap((text, i) => {
  const word = words[i];
  if (word === undefined || text.startsWith(".long")) return [];
  return `${(i * 4).toString(16)}\t${word.toString(16)}\t${
    withoutOddities(text)
  }\n`;
});
await Deno.writeTextFile(
  new URL("./objdump.golden", import.meta.url),
  lines.join(""),
);

const names = new Set<string>();
for (let opcode = 0; opcode < 64; opcode++) {
  for (const { text } of await sweep(opcode)) {
    const [name = ""] = text.split(" ");
    if (name !== ".long") names.add(name);
  }
}
const sorted = [...names].sort();
await Deno.writeTextFile(MNEMONICS_FILE, sorted.join("\n") + "\n");
