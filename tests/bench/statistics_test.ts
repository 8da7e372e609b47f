import assert from "node:assert/strict";
import {
  geometricMean,
  median,
  megabytes,
  table,
} from "../../bench/statistics.ts";

Deno.test("median() is the middle, or the mean of the middle two", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
  assert(Number.isNaN(median([])));
});

Deno.test("geometricMean() makes a half and a double nothing", () => {
  assert.equal(geometricMean([0.5, 2]), 1);
  assert.equal(geometricMean([4]).toFixed(9), "4.000000000");
});

Deno.test("table() aligns names left and figures right", () => {
  assert.equal(
    table([["", "time"], ["long name", "1 s"], ["x", "10 s"]]),
    "           time\nlong name   1 s\nx          10 s",
  );
});

Deno.test("megabytes() counts by 10^6", () => {
  assert.equal(megabytes(123_400_000), "123 MB");
});
