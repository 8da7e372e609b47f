import assert from "node:assert/strict";
import { reportOf, type Sample, textOf } from "../../bench/report.ts";

const NAMES = ["Janus", "QEMU"] as const;

function pairs(
  name: string,
  values: readonly (readonly [ours: number, theirs: number])[],
  order: "little" | "big" = "little",
): Sample[] {
  return values.flatMap((both, pair) =>
    both.map((value, i) => ({
      name,
      order,
      value,
      pair,
      emulator: NAMES[i] ?? "",
    }))
  );
}

Deno.test("reportOf() gives medians, and the ratio of each pair", () => {
  const { rows: [row] } = reportOf(
    pairs("sieve", [[6, 3], [8, 2], [7, 14]]),
    NAMES,
  );
  assert.deepEqual(row, {
    name: "sieve",
    order: "little",
    ours: 7,
    theirs: 3,
    ratios: [0.5, 0.25, 2],
  });
});

Deno.test("reportOf() has no ratios when one emulator ran alone", () => {
  const samples = pairs("sieve", [[6, 3]])
    .filter(({ emulator }) => emulator === "Janus");
  const { rows, goals } = reportOf(samples, ["Janus", undefined]);
  assert.deepEqual(rows.map(({ ratios }) => ratios), [[]]);
  assert.deepEqual(goals, []);
});

Deno.test("reportOf() takes geometric means of a set, byte order by byte order", () => {
  const { goals } = reportOf([
    ...pairs("sieve", [[1, 4]]),
    ...pairs("gzip", [[1, 1]]),
    ...pairs("awk-float", [[1, 100]]),
    ...pairs("sieve", [[2, 1]], "big"),
    ...pairs("memory", [[2, 1]]),
  ], NAMES);
  assert.deepEqual(
    goals.map(({ name, value }) => [name, value]),
    [["integer, little-endian", 2], ["integer, big-endian", 0.5]],
  );
});

Deno.test("textOf() says how goals stand, and whether memory is too much", () => {
  const samples = [
    ...pairs("boot", [[2, 1.5], [1, 3]]),
    ...pairs("memory", [[800e6, 1e6]]),
  ];
  const text = textOf(reportOf(samples, NAMES), {
    names: NAMES,
    pairs: 2,
    peer: true,
  });
  assert.match(text, /^boot +little +1\.50 s +2\.25 s +1\.88 +0\.75-3\.00$/m);
  assert.match(text, /^memory +little +800 MB +1 MB +above 700 MB$/m);
  assert.match(text, /^boot to the shell +1\.88 +0\.5 +1\.2 +at its aim$/m);
});

Deno.test("textOf() names what is slower than with another engine", () => {
  const samples = [
    ...pairs("sieve", [[1, 0.7]]),
    ...pairs("crc", [[1, 0.9]]),
  ];
  const text = textOf(reportOf(samples, NAMES), {
    names: NAMES,
    pairs: 1,
    peer: false,
  });
  assert.match(text, /More than 20 % slower than with QEMU: sieve \(little\)$/);
});
