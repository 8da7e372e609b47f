// Where regions leave off, which others must find as if there were none: at a
// budget's end, and in functions that end by going to another.
import assert from "node:assert/strict";
import { STATUS } from "../../../cpu/engine/emitter/frame.ts";
import { REGION_RESERVE } from "../../../cpu/engine/layout.ts";
import type { InlineAccelerator } from "../../../cpu/inline.ts";
import { createBench, write } from "./accelerators.ts";
import { ATTN, bl, BLR, op, realMode } from "./programs.ts";

const CODE = 0x8000;
const BUDGET = 20_000;

function start(
  code: ReadonlyMap<number, readonly number[]>,
  { overruns, engine = "jit" }: {
    overruns: boolean;
    engine?: "interpreter" | "jit";
  },
) {
  const bench = createBench({ engine, overruns });
  for (const [at, words] of code) {
    write(bench, { at, littleEndian: true }, words);
  }
  bench.set("MSR", realMode(true));
  bench.set("NIA", BigInt(CODE));
  return bench.accelerator;
}

/** What budgets have cost, of a program that is compiled by then. */
function measure(accelerator: InlineAccelerator, rounds: number) {
  const inRegions = () => accelerator.view.counter(0, "REGION_INSTRUCTIONS");
  const calls = () => accelerator.view.counter(0, "REGION_ENDS", STATUS.region);
  for (let i = 0; i < 20; i++) accelerator.run(0, BUDGET);
  const before = [accelerator.instructions(0), inRegions(), calls()] as const;
  const counts: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const start = accelerator.instructions(0);
    assert.equal(accelerator.run(0, BUDGET).reason, "budget");
    counts.push(accelerator.instructions(0) - start);
  }
  const all = accelerator.instructions(0) - before[0];
  return {
    counts,
    interpreted: all - (inRegions() - before[1]),
    calls: calls() - before[2],
  };
}

const ENDLESS = new Map([[CODE, [
  op("addi", { RT: 3, RA: 3, SI: 1 }),
  op("addi", { RT: 4, RA: 4, SI: 2 }),
  op("b", { LI: -8 }),
]]]);

Deno.test("InlineAccelerator.run() ends a budget where the interpreter does", () => {
  const [jit, interpreter] = (["jit", "interpreter"] as const).map((engine) =>
    measure(start(ENDLESS, { overruns: false, engine }), 10)
  );
  assert.deepEqual(jit?.counts, interpreter?.counts);
  const interpreted = jit?.interpreted ?? 0;
  assert.ok(interpreted > 0 && interpreted < BUDGET, `${interpreted}`);
});

Deno.test("InlineAccelerator.run() leaves nothing to the interpreter when it may exceed the budget", () => {
  const { counts, interpreted } = measure(
    start(ENDLESS, { overruns: true }),
    10,
  );
  for (const count of counts) {
    assert.ok(count >= BUDGET && count <= BUDGET + REGION_RESERVE, `${count}`);
  }
  assert.equal(interpreted, 0);
});

Deno.test("InlineAccelerator.run() goes beyond a budget by no more than the reserve where there is no region", () => {
  const code = [...new Array(6000).fill(op("addi", { RT: 3, RA: 3, SI: 1 }))];
  const accelerator = start(
    new Map([[CODE, [...code, op("b", { LI: -4 * code.length })]]]),
    { overruns: true },
  );
  const budget = 100;
  const before = accelerator.instructions(0);
  assert.equal(accelerator.run(0, budget).reason, "budget");
  const count = accelerator.instructions(0) - before;
  // The interpreter looks at the budget where it branches.
  assert.ok(count >= budget && count <= code.length + 1, `${count}`);
});

// A loop, a function that it calls, a linker's stub, and another function.
// Those are too large to stand in the place of their calls.
const CALLER = 0xa000;
const FUNCTION = 0x10000;
const STUB = 0x9000;
const BODY = new Array<number>(100).fill(op("addi", { RT: 3, RA: 3, SI: 1 }));

const CALLS_BY_STUB = new Map([
  [CODE, [bl(CALLER - CODE), op("b", { LI: -4 })]],
  [CALLER, [
    op("mfspr", { RT: 20, SPR: 8 }),
    ...BODY,
    op("addis", { RT: 12, RA: 0, SI: FUNCTION >> 16 }),
    bl(STUB - CALLER - 4 * (BODY.length + 2)),
    op("addi", { RT: 5, RA: 5, SI: 1 }),
    op("mtspr", { RS: 20, SPR: 8 }),
    BLR,
  ]],
  [STUB, [op("mtspr", { RS: 12, SPR: 9 }), op("bcctr", { BO: 20 }), ATTN]],
  [FUNCTION, [...BODY, BLR]],
]);

Deno.test("a region goes on behind the call of a stub that stands in it", () => {
  const accelerator = start(CALLS_BY_STUB, { overruns: true });
  const { calls, interpreted } = measure(accelerator, 10);
  assert.equal(interpreted, 0);
  // Otherwise each round, of which a budget has about a hundred, is one.
  assert.ok(calls <= 20, `${calls} calls of regions in 10 budgets`);
  const gpr = (index: number) => Number(accelerator.getOneReg(0, "GPR", index));
  const [calling, called] = [gpr(5), gpr(3)];
  const rounds = called / (2 * BODY.length);
  assert.ok(Math.abs(rounds - calling) <= 1, `${rounds} and ${calling}`);
});
