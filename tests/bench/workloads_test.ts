import assert from "node:assert/strict";
import { readOptions, USAGE } from "../../bench/options.ts";
import { NAMES, select, WORKLOADS } from "../../bench/workloads.ts";

function names(...words: string[]): string[] {
  return select(words).workloads.map(({ name }) => name);
}

Deno.test("select() takes everything unless told, and what is named if told", () => {
  assert.equal(names().length, WORKLOADS.length);
  assert.deepEqual(names("crc", "gzip"), ["gzip", "crc"]);
  assert.deepEqual(names("float"), ["mandelbrot", "nbody", "fft", "dmatmul"]);
  assert.deepEqual(names("boot"), []);
});

Deno.test("select() boots guests of the byte orders that are needed", () => {
  assert.deepEqual(select([]).orders, ["little", "big"]);
  assert.deepEqual(select(["gzip"]).orders, ["little"]);
  assert.deepEqual(select(["crc"]).orders, ["little", "big"]);
  assert.deepEqual(select(["big", "crc"]).orders, ["big"]);
  assert.deepEqual(select(["boot"]).orders, ["little"]);
  assert.deepEqual(select(["boot", "big"]).orders, ["big"]);
  assert.deepEqual(select(["idle"]), { workloads: [], orders: [], idle: true });
});

Deno.test("select() refuses what it does not know", () => {
  assert.throws(() => select(["sha1sum"]), {
    name: "RangeError",
    message: /^Cannot measure "sha1sum": use boot, memory, /,
  });
});

Deno.test("readOptions() says in one sentence what is wrong", () => {
  assert.throws(() => readOptions(["--pairs", "0"]), {
    message: "Cannot use --pairs 0: use a whole number from 1 to 1000",
  });
  assert.throws(() => readOptions(["--against", "bochs"]), {
    message:
      "Cannot use --against bochs: use qemu or interpreter or jit or nothing",
  });
  assert.throws(() => readOptions(["--kernel", "k"]), {
    message: "Cannot use --kernel and --initrd alone: give both",
  });
});

Deno.test("USAGE names everything that can be measured, in 80 columns", () => {
  for (const name of NAMES) {
    assert.match(USAGE, new RegExp(`^.*\\b${name}\\b`, "m"));
  }
  for (const line of USAGE.split("\n")) assert(line.length <= 80, line);
});
