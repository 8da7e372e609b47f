import assert from "node:assert/strict";
import { encode } from "../../../cpu/isa/encoder.ts";
import { extractField } from "../../../cpu/isa/forms.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { row } from "../../../cpu/isa/row.ts";
import { operandBits, sampleWords } from "./samples.ts";

Deno.test("encode() makes the word that has the fields", () => {
  for (const insn of ISA) {
    for (const word of sampleWords(insn, 4)) {
      const operands = [...insn.fields].map(([name, field]) =>
        [name, extractField(field, word)] as const
      );
      const bits = operandBits(insn) | insn.mask;
      assert.equal(
        encode(insn, Object.fromEntries(operands)),
        (word & bits) >>> 0,
        insn.syntax,
      );
    }
  }
});

Deno.test("encode() leaves fields at zero that are not given", () => {
  const add = row("add[o][.] RT,RA,RB", "XO", [31, 266], () => {});
  assert.equal(encode(add), 0x7c00_0214);
  assert.equal(encode(add, { RT: 3, RA: 4, RB: 5, Rc: 1 }), 0x7c64_2a15);
});

Deno.test("encode() throws when a field cannot hold the value", () => {
  const bc = row("bc[l][a] BO,BI,BD", "B", [16], () => {});
  assert.equal(encode(bc, { BD: -32768 }), 0x4000_8000);
  for (const BD of [2, 32768, 1.5]) {
    assert.throws(() => encode(bc, { BD }), {
      name: "RangeError",
      message: `Cannot encode bc: BD does not hold the value: ${BD}`,
    });
  }
  assert.throws(() => encode(bc, { RT: 1 }), {
    name: "RangeError",
    message: "Cannot encode bc: form B has no field RT",
  });
});
