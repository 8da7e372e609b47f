import assert from "node:assert/strict";
import { H } from "../../../machine/hcall/codes.ts";
import { TestWorld } from "../world.ts";

Deno.test("H_SET_SPRG0 sets SPRG0 of the caller", () => {
  const world = new TestWorld({ vcpus: 2 });
  const value = 0xfeed_0000_0000_beefn;
  assert.equal(world.hcall(0x24, [value], { vcpu: 1 }).code, H.SUCCESS);
  assert.equal(world.accelerator.getOneReg(1, "SPRG0"), value);
  assert.equal(world.accelerator.getOneReg(0, "SPRG0"), 0n);
});

Deno.test("H_SET_DABR and H_SET_XDABR refuse: no processor of ours has a DABR", () => {
  const world = new TestWorld();
  assert.equal(world.hcall(0x28, [0x1003]).code, H.RESERVED_DABR);
  assert.equal(world.hcall(0x134, [0x1003, 3]).code, H.RESERVED_DABR);
});

Deno.test("H_GET_CPU_CHARACTERISTICS asks for no flush and no barrier", () => {
  const { code, results } = new TestWorld().hcall(0x1c8);
  const [character = 0n, behaviour = 0n] = results;
  assert.equal(code, H.SUCCESS);
  assert.equal(character, 1n << 63n);
  // Favour security, and neither L1D flush nor bounds check barrier.
  assert.equal(behaviour, 1n << 63n);
});

Deno.test("H_HOME_NODE_ASSOCIATIVITY names node 0 and the processor", () => {
  const world = new TestWorld({ vcpus: 2 });
  const { code, results } = world.hcall(0x2ec, [1, 1]);
  assert.equal(code, H.SUCCESS);
  assert.deepEqual(results.slice(0, 3), [
    0n,
    0x1_ffff_ffffn,
    (1n << 64n) - 1n,
  ]);
  assert.equal(world.hcall(0x2ec, [1, 2]).code, H.P2);
  assert.equal(world.hcall(0x2ec, [2, 0]).code, H.FUNCTION);
});

Deno.test("H_RANDOM gives other bits each time", () => {
  const world = new TestWorld();
  const seen = new Set(
    Array.from({ length: 16 }, () => world.hcall(0x300).results[0]),
  );
  assert.equal(seen.size, 16);
});
