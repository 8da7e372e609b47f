import assert from "node:assert/strict";
import { buildDecoder, isImplemented } from "../../../cpu/isa/decoder.ts";
import { disassembleWord } from "../../../cpu/isa/disassembler.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { hasObjdump, objdump, withoutOddities } from "./objdump.ts";
import { sampleWords } from "./samples.ts";

const WORDS_PER_ROW = 24;
const GOLDEN = new URL("./objdump.golden", import.meta.url);

/** Rows that objdump leaves to older processors. */
const UNKNOWN_TO_OBJDUMP: ReadonlySet<string> = new Set([
  "lfdp",
  "lfdpx",
  "mftb",
  "stfdp",
  "stfdpx",
]);

const present = await hasObjdump();
const note = present ? "" : " - IGNORED: no objdump";

Deno.test({
  name: `disassembleWord() agrees with objdump on every row${note}`,
  ignore: !present,
  async fn() {
    const decoder = buildDecoder(ISA);
    const words = ISA.filter((insn) => isImplemented(insn, "3.0"))
      .flatMap((insn) => sampleWords(insn, WORDS_PER_ROW));
    const theirs = await objdump(words);
    const compared = new Map<string, number>();
    const differences: string[] = [];
    words.forEach((word, i) => {
      const insn = decoder(word);
      assert(insn, `no row decodes ${word.toString(16)}`);
      if (UNKNOWN_TO_OBJDUMP.has(insn.name)) return;
      const count = compared.get(insn.syntax) ?? 0;
      compared.set(insn.syntax, count);
      const expected = withoutOddities(theirs[i] ?? "");
      // Invalid forms: objdump refuses them, processors may not.
      if (expected.startsWith(".long")) return;
      compared.set(insn.syntax, count + 1);
      const text = disassembleWord(word, i * 4, decoder);
      if (text !== expected) {
        differences.push(`${word.toString(16)}: ${text} | ${expected}`);
      }
    });
    assert.deepEqual(differences, []);
    const refused = [...compared].filter(([, count]) => count === 0);
    assert.deepEqual(refused, [], "rows that objdump does not know at all");
  },
});

Deno.test("disassembleWord() gives the texts recorded from objdump", async () => {
  const decoder = buildDecoder(ISA);
  const lines = (await Deno.readTextFile(GOLDEN)).trimEnd().split("\n");
  assert(lines.length > 3000, `only ${lines.length} lines recorded`);
  for (const line of lines) {
    const [address = "", word = "", text = ""] = line.split("\t");
    const ours = disassembleWord(
      parseInt(word, 16),
      parseInt(address, 16),
      decoder,
    );
    assert.equal(ours, text, `${word} at ${address}`);
  }
});
