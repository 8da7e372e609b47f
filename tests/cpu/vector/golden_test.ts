import assert from "node:assert/strict";
import { ENGINES } from "../engines.ts";
import { differences } from "./_agreement.ts";
import { decodeLine, goldenRows } from "./_golden.ts";
import { CaseRunner } from "./_machine.ts";

const lines = new Map(
  Deno.readTextFileSync(new URL("golden.txt", import.meta.url))
    .trimEnd().split("\n")
    .map((line) => [line.slice(0, line.lastIndexOf(" ")), line]),
);
const rows = goldenRows();

for (const engine of ENGINES) {
  Deno.test(`${engine.name} does on vectors what QEMU does where that follows the book`, () => {
    assert.equal(lines.size, rows.length, "record_golden.ts is due");
    const runner = new CaseRunner(engine);
    const wrong: string[] = [];
    for (const row of rows) {
      const { insn, littleEndian, cases, key } = row;
      const expected = decodeLine(row, lines.get(row.key) ?? "");
      cases.forEach((one, i) => {
        const theirs = expected[i];
        assert(theirs);
        const ours = runner.run(one, { littleEndian });
        const found = differences(insn, one, { ours, theirs });
        const word = one.word.toString(16);
        if (found.length > 0) wrong.push(`${key} ${word}: ${found.join(", ")}`);
      });
    }
    assert.deepEqual(wrong, []);
  });
}
