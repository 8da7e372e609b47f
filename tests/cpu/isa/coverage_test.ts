import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { row } from "../../../cpu/isa/row.ts";
import { coverageReport, makeDocs, measureCoverage } from "./coverage.ts";
import { mnemonicsOf } from "./mnemonics.ts";

Deno.test("measureCoverage() finds a row for every mnemonic of a POWER9", () => {
  const { missing, beyond } = measureCoverage();
  assert.deepEqual(missing, []);
  assert.deepEqual(
    [...beyond].sort(),
    ["attn", "lfdp", "lfdpx", "mftb", "stfdp", "stfdpx", "tendall."],
  );
});

Deno.test("coverageReport() counts by section and says what is left out", () => {
  const report = coverageReport();
  assert.match(report, /^Book I 5\.6\.1 +\d+ +8 +8 +8 +8 +8$/m);
  assert.match(report, /\(100 %\)/);
  assert.match(report, /Power ISA 3\.1: hashchk /);
  assert.doesNotMatch(report, /Missing/);
});

Deno.test("makeDocs() gives what docs/isa.md holds", () => {
  const path = new URL("../../../docs/isa.md", import.meta.url);
  assert.equal(
    readFileSync(path, "utf8"),
    makeDocs(),
    "docs/isa.md is out of date: run deno task docs",
  );
});

Deno.test("mnemonicsOf() gives every spelling of a row", () => {
  const add = row("add[o][.] RT,RA,RB", "XO", [31, 266], () => {});
  assert.deepEqual(mnemonicsOf(add), ["add", "add.", "addo", "addo."]);
});
