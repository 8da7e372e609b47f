import assert from "node:assert/strict";
import { DEPARTURES } from "./departures.ts";
import { eligibleGroups, EXCLUDED, EXCLUDED_CHAPTERS } from "./eligible.ts";

const PAGE = Deno.readTextFileSync(
  new URL("../../docs/departures.md", import.meta.url),
).replaceAll(/\s+/g, " ");

Deno.test("docs/departures.md names every departure and every row that is left out", () => {
  const names = [
    ...DEPARTURES.map(({ name }) => name),
    ...Object.keys(EXCLUDED),
    ...Object.keys(EXCLUDED_CHAPTERS),
  ];
  for (const name of names) {
    assert(PAGE.includes(`**${name}**`), name);
  }
});

Deno.test("eligibleGroups() leaves out few of the rows, and says which chapters there are", () => {
  const rows = eligibleGroups({ version: "3.0", littleEndian: false })
    .flatMap(({ candidates }) => candidates);
  assert(rows.length > 900, `${rows.length} rows`);
  assert.throws(
    () =>
      eligibleGroups({
        version: "3.0",
        littleEndian: false,
        chapter: "no such",
      }),
    /Cannot find a chapter.*Book I 2\.4/,
  );
});
