import assert from "node:assert/strict";
import { differences } from "./_agreement.ts";
import { decodeLine, goldenRows } from "./_golden.ts";
import { ReferenceRow } from "./_reference.ts";

const lines = Deno.readTextFileSync(new URL("golden.txt", import.meta.url))
  .trimEnd().split("\n");

Deno.test("vector and VSX rows do what QEMU does where QEMU follows the book", () => {
  const rows = goldenRows();
  assert.equal(lines.length, rows.length, "record_golden.ts is due");
  const wrong: string[] = [];
  rows.forEach((row, n) => {
    const { insn, littleEndian, cases, key } = row;
    const expected = decodeLine(row, lines[n] ?? "");
    const reference = new ReferenceRow(insn);
    cases.forEach((one, i) => {
      const ours = reference.run(one, { littleEndian });
      const theirs = expected[i];
      assert(theirs);
      const found = differences(insn, one, { ours, theirs });
      const word = one.word.toString(16);
      if (found.length > 0) wrong.push(`${key} ${word}: ${found.join(", ")}`);
    });
  });
  assert.deepEqual(wrong, []);
});
