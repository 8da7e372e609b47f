import assert from "node:assert/strict";
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
  assert(Math.abs(time.guest + time.machine + time.idle - 1) < 1e-6);
  assert.equal(rest.decodedPages, 1);
});

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
