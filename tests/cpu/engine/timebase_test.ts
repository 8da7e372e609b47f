import assert from "node:assert/strict";
import { type Bench, createBench, write } from "./accelerators.ts";
import { ATTN, op, realMode } from "./programs.ts";

const CODE = 0x8000;
const READINGS = 0x2_0000;
const MFTB = op("mfspr", { RT: 3, SPR: 268 });

/** A loop that reads the timebase and keeps each reading. */
function readingLoop(bench: Bench, count: number): void {
  write(bench, { at: CODE }, [
    MFTB,
    op("stdu", { RS: 3, RA: 4, DS: 8 }),
    op("bc", { BO: 16, BI: 0, BD: -8 }),
    ATTN,
  ]);
  bench.set("MSR", realMode(false));
  bench.set("NIA", BigInt(CODE));
  bench.set("CTR", BigInt(count));
  bench.set("GPR", BigInt(READINGS - 8), 4);
}

function readings({ ram }: Bench, count: number): number[] {
  const view = new DataView(ram.buffer, ram.byteOffset);
  return Array.from(
    { length: count },
    (_, i) => Number(view.getBigUint64(READINGS + 8 * i)),
  );
}

Deno.test("the timebase goes on with every instruction, and the clock is asked now and then", () => {
  const COUNT = 6000;
  let asked = 0;
  // Nothing advances but by being asked: the worst that a clock can be.
  const bench = createBench({ timebase: () => 1_000_000 + asked++ });
  readingLoop(bench, COUNT);
  for (let i = 0; i < 100 && bench.get("NIA") !== BigInt(CODE + 16); i++) {
    bench.accelerator.run(0, 1000);
  }
  const seen = readings(bench, COUNT);
  seen.forEach((now, i) => {
    const before = seen[i - 1] ?? 0;
    assert.ok(now > before, `reading ${i}: ${now} after ${before}`);
  });
  assert.ok(asked > 10 && asked < COUNT / 10, `asked ${asked} times`);
});

Deno.test("the timebase follows the clock closely", () => {
  let now = 0;
  const bench = createBench({ timebase: () => now });
  readingLoop(bench, 1000);
  for (let i = 0; i < 45; i++) {
    now += 100_000;
    const before = now;
    assert.notEqual(bench.accelerator.run(0, 60).reason, "attn");
    const seen = Number(bench.get("GPR", 3));
    assert.ok(seen >= before && seen <= before + 256, `${seen} at ${before}`);
  }
});

Deno.test("a clock that follows instructions is read exactly", () => {
  const bench = createBench();
  readingLoop(bench, 500);
  for (let i = 0; i < 100 && bench.get("NIA") !== BigInt(CODE + 16); i++) {
    bench.accelerator.run(0, 1 + 7 * i);
  }
  assert.deepEqual(
    readings(bench, 500),
    Array.from({ length: 500 }, (_, i) => 3 * i),
  );
});

Deno.test("no vCPU reads less than another has read before", () => {
  let now = 1000;
  const bench = createBench({ vcpus: 2, timebase: () => now });
  const { accelerator } = bench;
  readingLoop(bench, 1000);
  for (const name of ["MSR", "NIA", "CTR"] as const) {
    accelerator.setOneReg(1, name, accelerator.getOneReg(0, name));
  }
  accelerator.setOneReg(1, "GPR", BigInt(READINGS + 0x4000), { index: 4 });
  let last = 0;
  for (let i = 0; i < 40; i++) {
    now += i % 3;
    accelerator.run(i % 2, 30);
    const seen = Number(accelerator.getOneReg(i % 2, "GPR", 3));
    assert.ok(seen > last, `${seen} after ${last}`);
    last = seen;
  }
});

Deno.test("the timebase begins anew with what restore() brings", () => {
  let now = 5_000_000;
  const bench = createBench({ timebase: () => now });
  readingLoop(bench, 1000);
  bench.accelerator.run(0, 30);
  const saved = bench.accelerator.save(0);
  now = 9_000_000;
  bench.accelerator.run(0, 30);
  assert.ok(bench.get("GPR", 3) >= 9_000_000n);
  bench.accelerator.restore(0, saved);
  now = 5_000_500;
  bench.accelerator.run(0, 30);
  const seen = Number(bench.get("GPR", 3));
  assert.ok(seen >= 5_000_500 && seen < 5_001_000, `${seen}`);
});
