import assert from "node:assert/strict";
import { helpLines, VERSION_LINE } from "../../launcher/help.ts";
import { OPTIONS } from "../../launcher/options.ts";

Deno.test("helpLines() fits on a screen of 80 by 30 and names every option once", () => {
  const lines = helpLines();
  assert.ok(lines.length <= 30, `${lines.length} lines`);
  for (const line of lines) assert.ok(line.length <= 80, line);
  for (const name of Object.keys(OPTIONS)) {
    const named = lines.filter((line) =>
      new RegExp(`^ {2}(--.*, )?--${name}[ ,]`).test(line)
    );
    assert.equal(named.length, 1, name);
  }
});

Deno.test("helpLines() tells every exit status", () => {
  assert.match(helpLines().at(-1) ?? "", /0 .*1 .*2 .*3 .*4 .*5 /);
});

Deno.test("VERSION_LINE is the name and a semantic version", () => {
  assert.match(VERSION_LINE, /^janus \d+\.\d+\.\d+$/);
});
