import assert from "node:assert/strict";
import { buildDecoder, isImplemented } from "../../../cpu/isa/decoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { row } from "../../../cpu/isa/row.ts";
import { sampleWords } from "./samples.ts";

const add = row("add[o][.] RT,RA,RB", "XO", [31, 266], () => {});

function contains(mask: number, other: number): boolean {
  return (mask & other) >>> 0 === other;
}

Deno.test("buildDecoder() finds every row by its words", () => {
  for (const version of ["2.07", "3.0"] as const) {
    const decode = buildDecoder(ISA, { version });
    for (const insn of ISA) {
      if (!isImplemented(insn, version)) continue;
      for (const word of sampleWords(insn, 8)) {
        const found = decode(word);
        assert(found, `nothing decodes ${word.toString(16)} (${insn.syntax})`);
        assert(
          found === insn || contains(found.mask, insn.mask),
          `${found.syntax} takes ${word.toString(16)} from ${insn.syntax}`,
        );
      }
    }
  }
});

Deno.test("buildDecoder() gives nothing for words without a row", () => {
  const decode = buildDecoder([add]);
  assert.equal(decode(0x7c64_2a14), add);
  assert.equal(decode(0x7c64_2a15), add);
  assert.equal(decode(0x7c64_2a16), undefined);
  assert.equal(decode(0), undefined);
  assert.equal(decode(0xffff_ffff), undefined);
});

Deno.test("buildDecoder() prefers the row that fixes more bits", () => {
  const ori = row("ori RA,RS,UI", "DU", [24], () => {});
  const nop = row("ori RA,RS,UI", "DU", [24], () => {}, {
    also: [0x03ff_ffff, 0],
  });
  for (const isa of [[ori, nop], [nop, ori]]) {
    const decode = buildDecoder(isa);
    assert.equal(decode(0x6000_0000), nop);
    assert.equal(decode(0x6000_0001), ori);
  }
});

Deno.test("buildDecoder() throws when two rows take the same word", () => {
  const same = row("copy RT,RA,RB", "XO", [31, 266], () => {});
  assert.throws(() => buildDecoder([add, same]), {
    name: "RangeError",
    message: 'Cannot tell instructions apart: "add[o][.] RT,RA,RB" and ' +
      '"copy RT,RA,RB"',
  });
  const left = row("left RA,RS,UI", "DU", [24], () => {}, { also: [1, 1] });
  const right = row("right RA,RS,UI", "DU", [24], () => {}, { also: [2, 2] });
  assert.throws(() => buildDecoder([left, right]), RangeError);
});

Deno.test("buildDecoder() leaves out rows of other versions", () => {
  const newer = row("newer RT,RA,RB", "X", [31, 1], () => {}, {
    since: "3.0",
  });
  const older = row("older RT,RA,RB", "X", [31, 1], () => {}, {
    until: "2.07",
  });
  const isa = [newer, older];
  assert.equal(buildDecoder(isa, { version: "3.0" })(0x7c00_0002), newer);
  assert.equal(buildDecoder(isa, { version: "2.07" })(0x7c00_0002), older);
});

Deno.test("buildDecoder() takes less than 30 ms for the whole ISA", () => {
  // The best of several: the first one is compiled, others are interrupted.
  const times = Array.from({ length: 8 }, () => {
    const start = performance.now();
    buildDecoder(ISA);
    return performance.now() - start;
  });
  assert(Math.min(...times) < 30, `took ${Math.min(...times)} ms`);
});
