import assert from "node:assert/strict";
import {
  agreement,
  describeOutcome,
  GOLDEN_CASES,
  parseOutcome,
} from "./golden.ts";
import { runCase } from "./ours.ts";

const lines = Deno.readTextFileSync(
  new URL("./golden/qemu.txt", import.meta.url),
).trimEnd().split("\n");

Deno.test("floating point does what QEMU does where QEMU follows the book", () => {
  assert.equal(lines.length, GOLDEN_CASES.length);
  GOLDEN_CASES.forEach((one, i) => {
    const line = lines[i] ?? "";
    const theirs = parseOutcome(one, line);
    assert.equal(describeOutcome(one, theirs), line);
    const ours = runCase(one);
    const agreed = agreement(one, ours);
    const message = `${one.instruction.name} ${
      one.fpr.map((x) => x.toString(16))
    } FPSCR ${one.fpscr.toString(16)}: ${describeOutcome(one, ours)}, ${line}`;
    assert.equal(
      ours.fpscr & agreed.fpscr,
      theirs.fpscr & agreed.fpscr,
      message,
    );
    if (agreed.fpr) assert.equal(ours.fpr, theirs.fpr, message);
    if (agreed.cr) assert.equal(ours.cr, theirs.cr, message);
    if (agreed.fpr) assert.equal(ours.interrupted, theirs.interrupted, message);
  });
});
