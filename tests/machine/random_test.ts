import assert from "node:assert/strict";
import { HostRandom, randomBytes, SeededRandom } from "../../machine/random.ts";

function take(source: { next(): number }, count: number): number[] {
  return Array.from({ length: count }, () => source.next());
}

Deno.test("SeededRandom gives the numbers of xoshiro128**", () => {
  // The outputs of the reference implementation from state 1, 2, 3, 4.
  const random = new SeededRandom(0);
  random.restore([1, 2, 3, 4]);
  assert.deepEqual(take(random, 2), [11520, 0]);
  assert.equal(random.next(), 5927040);
});

Deno.test("SeededRandom repeats itself for a seed and differs between seeds", () => {
  const first = take(new SeededRandom(0), 1000);
  assert.deepEqual(take(new SeededRandom(0), 1000), first);
  assert.notDeepEqual(take(new SeededRandom(1), 1000), first);
  assert(first.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32));
  const ones = first.reduce(
    (sum, n) => sum + n.toString(2).replaceAll("0", "").length,
    0,
  );
  assert(Math.abs(ones - 16_000) < 600, `${ones} of 32000 bits are 1`);
});

Deno.test("SeededRandom.restore() takes what save() gave", () => {
  const random = new SeededRandom(7);
  take(random, 5);
  const saved = structuredClone(random.save());
  const next = take(random, 5);
  const other = new SeededRandom(8);
  other.restore(saved);
  assert.deepEqual(take(other, 5), next);
});

Deno.test("SeededRandom.restore() refuses what is no state", () => {
  for (const state of [[], [0, 0, 0, 0], [1, 2, 3]]) {
    assert.throws(() => new SeededRandom(0).restore(state), {
      name: "RangeError",
      message: `Cannot restore random numbers: not a state: ${state}`,
    });
  }
});

Deno.test("randomBytes() gives as many bytes as asked for, all values", () => {
  for (const source of [new HostRandom(), new SeededRandom(0)]) {
    const bytes = randomBytes(source, 10_000);
    assert.equal(bytes.length, 10_000);
    assert.equal(new Set(bytes).size, 256);
  }
});
