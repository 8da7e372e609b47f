import assert from "node:assert/strict";
import { buildDecoder } from "../../../cpu/isa/decoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { MISSING, missingInstruction } from "../../../cpu/isa/unimplemented.ts";
import { hasObjdump, objdump } from "./objdump.ts";

const present = await hasObjdump();
const note = present ? "" : " - IGNORED: no objdump";

/** Each opcode with even register numbers in what it leaves free. */
const WORDS = MISSING.map(({ mask, match }) =>
  (match | ((4 << 21 | 4 << 11) & ~mask)) >>> 0
);

Deno.test("MISSING has no instruction that a row describes", () => {
  const decoder = buildDecoder(ISA);
  const there = MISSING.filter((_, i) => decoder(WORDS[i]!));
  assert.deepEqual(there.map(({ name }) => name), []);
});

Deno.test("missingInstruction() finds every name by its opcode alone", () => {
  const found = WORDS.map((word) => missingInstruction(word, "3.0"));
  assert.deepEqual(found, MISSING.map(({ name }) => name));
  assert.equal(new Set(found).size, MISSING.length);
  assert.equal(missingInstruction(0xec221804, "3.0"), "dadd");
});

Deno.test("missingInstruction() leaves POWER9's instructions to POWER9", () => {
  assert.equal(missingInstruction(0xec021d46, "2.07"), undefined);
  assert.equal(missingInstruction(0xec221804, "2.07"), "dadd");
});

Deno.test("missingInstruction() knows no name where there is no instruction", () => {
  assert.equal(missingInstruction(0x00000000, "3.0"), undefined);
  assert.equal(missingInstruction(0xfc03fe48, "3.0"), undefined);
});

Deno.test({
  name: `missingInstruction() agrees with objdump${note}`,
  ignore: !present,
  async fn() {
    const texts = await objdump(WORDS);
    assert.deepEqual(
      texts.map((text) => text.split(" ")[0]),
      MISSING.map(({ name }) => name),
    );
  },
});
