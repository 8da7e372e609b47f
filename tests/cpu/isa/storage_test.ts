import assert from "node:assert/strict";
import { buildDecoder } from "../../../cpu/isa/decoder.ts";
import { disassembleWord } from "../../../cpu/isa/disassembler.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { ENGINES } from "../engines.ts";
import { describeOutcome } from "./storage_case.ts";
import { storageCases } from "./storage_cases.ts";
import { runOnEngine } from "./storage_ours.ts";

/** Where the book, not QEMU's POWER9, is followed. */
const DEPARTURES: readonly (readonly [RegExp, string])[] = [
  [/ dsisr=4 /, "QEMU tells neither address nor cause of a bad function code"],
  [/^(lwat|stwat) .*,[57];/, "QEMU compares words without their sign"],
  [/^l[wd]at .*,(25|28);/, "QEMU gives all ones above the most negative word"],
  [/^lqarx .*; stqcx. /, "QEMU never stores"],
  [/^st.cx\. .* alignment \|/, "QEMU aligns only what is reserved"],
  [/^icbt /, "QEMU has no icbt"],
  [/^dcbf .*,[23];/, "QEMU has no L above 1"],
  [/^dst/, "QEMU wants STRM to be 0"],
];

const GOLDEN = new URL("./storage.golden", import.meta.url);

for (const engine of ENGINES) {
  Deno.test(`${engine.name} engine loads and stores as QEMU's POWER9`, async () => {
    const lines = (await Deno.readTextFile(GOLDEN)).trimEnd().split("\n");
    const cases = storageCases();
    assert.equal(lines.length, cases.length, "record_storage.ts is due");
    const decoder = buildDecoder(ISA);
    const outcomes = runOnEngine(engine, cases);
    const differences: string[] = [];
    const departed = new Set<RegExp>();
    cases.forEach((before, i) => {
      const after = outcomes[i];
      assert(after);
      const words = before.words.map((word) => word.toString(16)).join(" ");
      const ours = `${words} ${describeOutcome(before, after)}`.trimEnd();
      if (ours === lines[i]) return;
      const texts = before.words.map((word) =>
        disassembleWord(word, 0, decoder)
      );
      const text = `${texts.join("; ")}: ${ours} | ${lines[i]}`;
      const departs = DEPARTURES.filter(([where]) => where.test(text));
      if (departs.length === 0) differences.push(text);
      for (const [where] of departs) departed.add(where);
    });
    assert.deepEqual(differences, []);
    const idle = DEPARTURES.filter(([where]) => !departed.has(where));
    assert.deepEqual(idle, [], "departures that no case shows");
  });
}
