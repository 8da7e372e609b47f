import assert from "node:assert/strict";
import { disassemble } from "../../../cpu/isa/disassembler.ts";
import { ENGINES } from "../engines.ts";
import { decodeLine } from "../vector/_golden.ts";
import { CaseRunner } from "../vector/_machine.ts";
import { differences, goldenRows } from "./_golden.ts";

const lines = Deno.readTextFileSync(new URL("golden.txt", import.meta.url))
  .trimEnd().split("\n");
const rows = goldenRows();

for (const engine of ENGINES) {
  Deno.test(`${engine.name} does on decimals what QEMU does where that follows the book`, () => {
    assert.equal(lines.length, rows.length, "record_golden.ts is due");
    const runner = new CaseRunner(engine);
    const wrong: string[] = [];
    rows.forEach((row, n) => {
      const expected = decodeLine(row, lines[n] ?? "");
      row.cases.forEach((one, i) => {
        const theirs = expected[i];
        assert(theirs);
        const ours = runner.run(one, { littleEndian: row.littleEndian });
        const found = differences(row, one, { ours, theirs });
        const text = disassemble(row.insn, one.word);
        if (found.length > 0) wrong.push(`${text}: ${found.join(", ")}`);
      });
    });
    assert.deepEqual(wrong, []);
  });
}
