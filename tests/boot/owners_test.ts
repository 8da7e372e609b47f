// A selection of the table in which every two choices meet; tests/long has all.
import assert from "node:assert/strict";
import { ALL_ROWS, type OwnerRow, ownerTest } from "./owners.ts";

const ROWS: readonly OwnerRow[] = [
  ["inline", "machine", "radix", "little", "legacy"],
  ["threads", "machine", "hash", "big", "modern"],
  ["inline", "accelerator-poll", "hash", "big", "legacy"],
  ["threads", "accelerator-poll", "radix", "little", "modern"],
  ["inline", "accelerator-propagate", "hash", "little", "modern"],
  ["threads", "accelerator-propagate", "radix", "big", "legacy"],
].map(([accelerator, owner, mmu, order, virtio]) => ({
  accelerator,
  owner,
  mmu,
  order,
  virtio,
})) as OwnerRow[];

/** Each two choices of a row on different axes, as text. */
function pairs(row: OwnerRow): string[] {
  const choices = Object.entries(row).map((choice) => choice.join(" "));
  return choices.flatMap((one, i) =>
    choices.slice(i + 1).map((other) => `${one}, ${other}`)
  );
}

Deno.test("the rows that are booted make every two choices meet", () => {
  assert.equal(ALL_ROWS.length, 48);
  const met = new Set(ROWS.flatMap(pairs));
  const all = new Set(ALL_ROWS.flatMap(pairs));
  assert.deepEqual([...all].filter((pair) => !met.has(pair)), []);
});

for (const row of ROWS) ownerTest(row);
