// What README.md says can be done, can be done.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import config from "../../deno.json" with { type: "json" };
import { helpLines } from "../../launcher/help.ts";
import { METHODS } from "../../monitor/methods/mod.ts";
import { PROJECT } from "./_imports.ts";

const PAGES = [
  "README.md",
  "SPECIFICATION.md",
  "cpu/README.md",
  "guests/README.md",
  ...[...Deno.readDirSync(join(PROJECT, "docs"))]
    .filter(({ name }) => name.endsWith(".md"))
    .map(({ name }) => `docs/${name}`),
];

const readme = Deno.readTextFileSync(join(PROJECT, "README.md"));

Deno.test("README.md's example passes as a test", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["test", "--doc", "--no-prompt", "--allow-read", "README.md"],
    cwd: PROJECT,
    signal: AbortSignal.timeout(180_000),
  }).output();
  const text = new TextDecoder().decode(stdout);
  assert(success, text + new TextDecoder().decode(stderr));
  assert.match(text, /the lab asks/);
});

Deno.test("README.md's example is ten lines long", () => {
  const [, example = ""] = /```ts\n([^`]*)```/.exec(readme) ?? [];
  const lines = example.split("\n").filter((line) => line.trim() !== "");
  assert(lines.length <= 10, `${lines.length} lines`);
});

Deno.test("README.md shows the options of --help", () => {
  const [, shown] = /```text\n([^`]*)```/.exec(readme) ?? [];
  assert.equal(shown?.trimEnd(), helpLines().join("\n"));
});

for (const page of PAGES) {
  Deno.test(`${page} names tasks, monitor methods and files that are there`, () => {
    const text = Deno.readTextFileSync(join(PROJECT, page));
    for (const [, task = ""] of text.matchAll(/\bdeno task ([a-z:]+)/g)) {
      assert(task in config.tasks, `no such task: ${task}`);
    }
    // The client's own command for a ring is named like a method.
    const names = new Set(["ring", ...METHODS.map(({ name }) => name)]);
    for (
      const [, method = ""] of text.matchAll(/unix:m\.sock ([a-z][\w-]+)/g)
    ) {
      assert(names.has(method), `no such method: ${method}`);
    }
    for (const [, link = ""] of text.matchAll(/\]\(([^)#:]+)\)/g)) {
      const path = join(PROJECT, dirname(page), link);
      assert(existsSync(path), `no such file: ${link}`);
    }
  });
}
