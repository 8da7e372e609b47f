// What the compiler makes of a few rows, a handler's call and a loop, as
// reviewed: a change of it is to be read before it is kept.
import assert from "node:assert/strict";
import { PROGRAMS, textFile, textOf } from "./wasm_text.ts";

const RENEW =
  "see what has changed, and if it is meant: deno run --allow-read --allow-write tests/cpu/engine/record_wasm_text.ts";

for (const program of PROGRAMS) {
  Deno.test(`a region of "${program.name}" has the WebAssembly that was reviewed`, async () => {
    const expected = await Deno.readTextFile(textFile(program.name));
    const actual = textOf(program);
    if (actual === expected) return;
    // The first lines that differ, with what is around them.
    const [left, right] = [actual.split("\n"), expected.split("\n")];
    const at = left.findIndex((line, i) => line !== right[i]);
    const near = (lines: string[]) => lines.slice(Math.max(0, at - 5), at + 10);
    assert.deepEqual(near(left), near(right), `line ${at + 1}; ${RENEW}`);
  });
}
