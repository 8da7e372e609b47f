import assert from "node:assert/strict";
import { type BootSample, summarize } from "../../bench/boot.ts";
import { median, megabytes, table } from "../../bench/statistics.ts";

Deno.test("median() is the middle, or the mean of the middle two", () => {
  assert.equal(median([5, 1, 3]), 3);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
  assert(Number.isNaN(median([])));
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

function sample(emulator: string, seconds: number): BootSample {
  return {
    emulator,
    seconds,
    residentBytes: 1e8,
    largestMappingBytes: 5e7,
    cpuSeconds: seconds,
  };
}

Deno.test("summarize() gives the ratio of medians and that of each pair", () => {
  const { ratio, pairRatios, text } = summarize([
    sample("Janus", 6),
    sample("QEMU", 2),
    sample("Janus", 8),
    sample("QEMU", 4),
    sample("Janus", 7),
    sample("QEMU", 2),
  ]);
  assert.equal(ratio, 3.5);
  assert.deepEqual(pairRatios, [3, 2, 3.5]);
  assert.match(text, /Ratio of the medians 3\.50; of the pairs 2\.00 to 3\.50/);
});

Deno.test("summarize() has no ratio when one emulator ran alone", () => {
  const { ratio, text } = summarize([sample("Janus", 6)]);
  assert.equal(ratio, undefined);
  assert.doesNotMatch(text, /Ratio/);
});
