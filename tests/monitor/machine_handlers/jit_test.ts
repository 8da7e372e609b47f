import assert from "node:assert/strict";
import { CODE_TLB } from "../../../cpu/engine/layout.ts";
import { op } from "../../cpu/engine/programs.ts";
import { MachineUnderTest, programImage } from "./_machine.ts";

/** Counts up for ever. */
const kernel = programImage({
  0: [
    0x38600000, // addi r3,0,0
    0x38630001, // addi r3,r3,1
    0x7c641b78, // or r4,r3,r3
    0x4bfffff8, // b .-8
  ],
});

Deno.test("query-jit shows regions, what runs in them, and speed", async () => {
  const guest = new MachineUnderTest({ kernel, engine: "jit" });
  await guest.call("query-jit");
  guest.runSlices(30);
  const { instructions, regions, calls, ends, mips, time, ...rest } =
    await guest.call("query-jit");
  assert.equal(rest.engine, "jit");
  assert.equal(regions.compiled, 1);
  assert.equal(regions.instructions, 3);
  assert(regions.wasmBytes > 100);
  const all = instructions.regions + instructions.interpreter;
  assert.equal(all, guest.machine.instructions());
  assert(instructions.regions > all / 2, `${instructions.regions} of ${all}`);
  assert(calls > 0 && ends.next === calls);
  assert(mips > 0);
  const shares = Object.values(time).reduce((a, b) => a + b);
  assert(Math.abs(shares - 1) < 1e-6);
  assert(time.regions > 0 && time.interpreter > 0);
  assert.equal(rest.helperCalls, 0);
  assert.equal(time.helpers, 0);
  assert.equal(rest.decodedPages, 1);
});

Deno.test("query-jit tells what of the time of regions is that of what they call", async () => {
  // Divides by handlers, for ever.
  const kernel = programImage({
    0: [
      op("addi", { RT: 5, RA: 0, SI: 7 }),
      ...new Array(8).fill(op("divde", { RT: 3, RA: 0, RB: 5 })),
      op("b", { LI: -32 }),
    ],
  });
  const guest = new MachineUnderTest({ kernel, engine: "jit" });
  guest.runSlices(40);
  const before = await guest.call("query-jit");
  guest.runSlices(120);
  const { helperCalls, time, instructions } = await guest.call("query-jit");
  const called = helperCalls - before.helperCalls;
  const inRegions = instructions.regions - before.instructions.regions;
  assert(
    Math.abs(called / inRegions - 8 / 9) < 0.02,
    `${called} calls, ${inRegions} instructions`,
  );
  assert(time.helpers > time.regions / 4, JSON.stringify(time));
});

Deno.test("query-jit tells of hypercalls apart from devices", async () => {
  const kernel = programImage({
    0: [
      // H_GET_TERM_CHAR of a terminal that is none.
      op("addi", { RT: 3, RA: 0, SI: 0x54 }),
      op("addi", { RT: 4, RA: 0, SI: 1 }),
      op("sc", { LEV: 1 }),
      op("b", { LI: -12 }),
    ],
  });
  const guest = new MachineUnderTest({ kernel, engine: "jit" });
  await guest.call("query-jit");
  guest.runSlices(2000);
  const { time } = await guest.call("query-jit");
  assert(time.hypercalls > 0, JSON.stringify(time));
  assert.equal(time.machine, 0);
});

for (
  const { pages, hits } of [
    { pages: [0x1000, 0x5000], hits: true },
    // The code TLB has one entry for both.
    { pages: [0x1000, 0x1000 + 4096 * CODE_TLB.entries], hits: false },
  ]
) {
  Deno.test(`query-jit tells that code TLBs ${hits ? "hit" : "miss"} where code goes back and forth ${hits ? "near" : "far away"}`, async () => {
    const [near = 0, far = 0] = pages;
    const kernel = programImage({
      0: [op("b", { LI: near })],
      [near]: [op("b", { LI: far - near })],
      [far]: [op("b", { LI: near - far })],
    });
    const guest = new MachineUnderTest({ kernel, engine: "jit" });
    await guest.call("count-accesses", { on: true });
    guest.runSlices(5);
    await guest.call("count-accesses", { on: false });
    const counted = guest.machine.instructions();
    guest.runSlices(5);
    const { codeTlb: { counting, lookups, misses, hitRate } } = await guest
      .call("query-jit");
    assert.equal(counting, false);
    const others = Math.abs(lookups - counted);
    assert(others <= 10, `${lookups} of ${counted}`);
    if (hits) assert(misses <= 3, `${misses} misses`);
    else assert(Math.abs(misses - lookups) <= 10, `${misses} misses`);
    assert(hitRate !== null && (hits ? hitRate > 0.99 : hitRate < 0.01));
  });
}

Deno.test("query-jit says that the interpreter runs everything without a JIT", async () => {
  const guest = new MachineUnderTest({ kernel });
  guest.runSlices(5);
  const { engine, regions, instructions, calls } = await guest.call(
    "query-jit",
  );
  assert.equal(engine, "interpreter");
  assert.equal(regions.compiled, 0);
  assert.equal(calls, 0);
  assert.equal(instructions.interpreter, guest.machine.instructions());
});

/** Loads from two pages in turn, for ever. */
const loading = programImage({
  0: [
    0x3c800001, // addis r4,0,1
    0xe8a40000, // ld r5,0(r4)
    0xe8a41000, // ld r5,0x1000(r4)
    0x38c60001, // addi r6,r6,1
    0x4bfffff4, // b .-12
  ],
});

for (const engine of ["interpreter", "jit"] as const) {
  Deno.test(`query-jit tells how often data TLBs hit while count-accesses is on with the ${engine}`, async () => {
    const guest = new MachineUnderTest({ kernel: loading, engine });
    guest.runSlices(5);
    const before = await guest.call("query-jit");
    assert.deepEqual(before.dataTlb, {
      counting: false,
      accesses: 0,
      misses: 0,
      hitRate: null,
    });
    await guest.call("count-accesses", { on: true });
    const start = guest.machine.instructions();
    guest.runSlices(5);
    await guest.call("count-accesses", { on: false });
    const counted = guest.machine.instructions() - start;
    guest.runSlices(5);
    const { dataTlb: { counting, accesses, misses, hitRate } } = await guest
      .call("query-jit");
    assert.equal(counting, false);
    // Two of four instructions.
    assert(Math.abs(accesses - counted / 2) < 4, `${accesses} of ${counted}`);
    assert(misses <= 2, `${misses} misses`);
    assert(hitRate !== null && hitRate > 0.99 && hitRate <= 1);
  });
}

Deno.test("query-jit and jit-region look into vCPUs that have threads of their own", async () => {
  const guest = new MachineUnderTest({
    kernel,
    engine: "jit",
    clock: "host",
    accelerator: "threads",
    vcpus: 2,
  });
  try {
    await guest.call("query-jit");
    guest.machine.start();
    const limit = performance.now() + 60_000;
    let result = await guest.call("query-jit");
    while (result.instructions.regions < 1e6 && performance.now() < limit) {
      guest.machine.slice();
      await new Promise((done) => setTimeout(done, 50));
      result = await guest.call("query-jit");
    }
    const { regions, instructions, time, mips } = result;
    assert(instructions.regions >= 1e6, `${instructions.regions}`);
    assert.equal(regions.compiled, 1);
    assert(mips > 0);
    // The second vCPU waits to be started.
    assert(time.regions > 0 && time.idle > 0.4, JSON.stringify(time));
    const region = await guest.call("jit-region", { address: "0x4" });
    assert.equal(region.installed, true);
    assert.equal(region.instructions.length, 3);
    assert.match(region.wasm, /^ +loop$/m);
  } finally {
    guest.machine.close();
  }
});

Deno.test("jit-region shows guest code beside WebAssembly", async () => {
  const guest = new MachineUnderTest({ kernel, engine: "jit" });
  guest.runSlices(10);
  const region = await guest.call("jit-region", { address: "0x4" });
  assert.equal(region.installed, true);
  assert.equal(region.entries[0], "0x4");
  assert.deepEqual(
    region.instructions.map(({ address, text }) => [address, text]),
    [
      ["0x4", "addi    r3,r3,1"],
      ["0x8", "or      r4,r3,r3"],
      ["0xc", "b       0x4"],
    ],
  );
  assert.match(region.wasm, /^ +i64\.add$/m);
  assert.match(region.wasm, /^ +loop$/m);
});

Deno.test("jit-region refuses addresses where nothing has run", async () => {
  const guest = new MachineUnderTest({ kernel, engine: "jit" });
  guest.runSlices(3);
  await assert.rejects(guest.call("jit-region", { address: "0x100000" }), {
    message: /^Cannot find region: .*: 0x100000$/,
  });
  await assert.rejects(guest.call("jit-region", { address: "0x2" }), {
    message: "Invalid params",
  });
});
