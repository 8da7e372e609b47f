// The arrows of docs/architecture.md hold.
import assert from "node:assert/strict";
import { findCircle, PROJECT, readImports } from "./_imports.ts";

const imports = readImports();

/** "cpu" of "cpu/isa/mod.ts", "main.ts" of "main.ts". */
function roomOf(path: string): string {
  return path.split("/")[0] ?? "";
}

/** Lines like "monitor → machine cpu" of the page's block. */
function readArrows(): Map<string, string[]> {
  const page = Deno.readTextFileSync(`${PROJECT}/docs/architecture.md`);
  const [, block = ""] = /```arrows\n([^`]*)```/.exec(page) ?? [];
  return new Map(
    block.trim().split("\n").map((line) => {
      const [from = "", to = ""] = line.split("→");
      return [from.trim(), to.trim().split(/\s+/).filter(Boolean)];
    }),
  );
}

Deno.test("docs/architecture.md has every arrow between rooms and no other", () => {
  const found = new Map<string, Set<string>>();
  for (const [file, targets] of imports) {
    const from = roomOf(file);
    const rooms = found.get(from) ?? new Set();
    for (const to of targets.map(roomOf)) {
      if (to !== from && to !== "deno.json") rooms.add(to);
    }
    found.set(from, rooms);
  }
  const sorted = (arrows: Iterable<[string, Iterable<string>]>) =>
    Object.fromEntries(
      [...arrows].map(([from, to]) => [from, [...to].sort()] as const)
        .sort(([a], [b]) => a < b ? -1 : 1),
    );
  assert.deepEqual(sorted(readArrows()), sorted(found));
});

Deno.test("no source file imports itself by way of others", () => {
  assert(imports.size > 300, `${imports.size} files`);
  assert.equal(findCircle(imports)?.join(" → "), undefined);
});

Deno.test("findCircle() finds a circle and nothing else", () => {
  const straight = new Map([["a", ["b", "c"]], ["b", ["c"]], ["c", []]]);
  assert.equal(findCircle(straight), undefined);
  straight.set("c", ["b"]);
  assert.deepEqual(findCircle(straight), ["b", "c", "b"]);
});
