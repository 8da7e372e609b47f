import assert from "node:assert/strict";
import { runInstruction } from "../../../cpu/engine/reference_harness.ts";
import { buildDecoder } from "../../../cpu/isa/decoder.ts";
import { ISA } from "../../../cpu/isa/mod.ts";
import { resultCases } from "./result_cases.ts";
import { describeOutcome, outcomeOf, stateOf } from "./results.ts";

const GOLDEN = new URL("./results.golden", import.meta.url);
const CASES_PER_ROW = 12;

Deno.test("runInstruction() does what QEMU's POWER9 did", async () => {
  const lines = (await Deno.readTextFile(GOLDEN)).trimEnd().split("\n");
  const cases = resultCases(CASES_PER_ROW);
  assert.equal(lines.length, cases.length, "record_results.ts is due");
  const decode = buildDecoder(ISA);
  const differences: string[] = [];
  cases.forEach((before, i) => {
    const instruction = decode(before.word);
    assert(instruction, `no row decodes ${before.word.toString(16)}`);
    const result = runInstruction(before.word, stateOf(before), {
      instruction,
    });
    const text = describeOutcome(before, outcomeOf(result));
    const word = before.word.toString(16).padStart(8, "0");
    const ours = `${word} ${text}`.trimEnd();
    if (ours !== lines[i]) {
      differences.push(`${before.syntax}: ${ours} | ${lines[i]}`);
    }
  });
  assert.deepEqual(differences, []);
});
