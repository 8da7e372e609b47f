import assert from "node:assert/strict";
import { LPCR } from "../../../cpu/state.ts";
import { TestWorld } from "../world.ts";

Deno.test("LpcrControl.set() replaces the bits of the mask and no other", () => {
  const world = new TestWorld({ vcpus: 2 });
  const before = world.lpcrOf();
  const change = { value: ~0n, mask: LPCR.AIL | LPCR.ILE, cause: "test" };
  world.lpcr.set(0, change);
  assert.equal(world.lpcrOf(0), before | LPCR.AIL | LPCR.ILE);
  assert.equal(world.lpcrOf(1), before);
  world.lpcr.set(0, { ...change, value: 0n, mask: LPCR.AIL });
  assert.equal(world.lpcrOf(0), before | LPCR.ILE);
});

Deno.test("LpcrControl.lastChange() says who made the last real change", () => {
  const { lpcr } = new TestWorld();
  assert.equal(lpcr.lastChange(0), undefined);
  lpcr.set(0, { value: LPCR.ILE, mask: LPCR.ILE, cause: "first" });
  lpcr.set(0, { value: LPCR.ILE, mask: LPCR.ILE, cause: "second" });
  assert.equal(lpcr.lastChange(0)?.cause, "first");
  const saved = structuredClone(lpcr.save());
  lpcr.reset();
  assert.equal(lpcr.lastChange(0), undefined);
  lpcr.restore(saved);
  assert.equal(lpcr.lastChange(0)?.cause, "first");
});

Deno.test("LpcrControl.pin() keeps what the guest wants for later", () => {
  const { lpcr } = new TestWorld({ vcpus: 2 });
  const ask = (value: bigint) =>
    lpcr.setAll(value, LPCR.ILE | LPCR.AIL, "H_SET_MODE");
  lpcr.pin(0, false, "test");
  ask(LPCR.ILE | LPCR.AIL);
  assert.deepEqual(lpcr.pinOf(0), { little: false, wanted: true });
  assert.equal(lpcr.pinOf(1), undefined);
  lpcr.started(1, 0);
  const saved = lpcr.save();
  lpcr.reset();
  assert.deepEqual(lpcr.pinOf(0), { little: false, wanted: false });
  lpcr.restore(saved);
  assert.deepEqual(lpcr.pinOf(0), { little: false, wanted: true });
});

Deno.test("LpcrControl.pin() moves only ILE, and auto gives it back", () => {
  const world = new TestWorld({ vcpus: 2 });
  const { lpcr } = world;
  const before = world.lpcrOf(0);
  lpcr.pin(0, true, "test");
  assert.equal(world.lpcrOf(0), before | LPCR.ILE);
  assert.equal(world.lpcrOf(1), before);
  lpcr.reset();
  assert.equal(world.lpcrOf(0) & LPCR.ILE, LPCR.ILE, "a reset keeps it");
  lpcr.setAll(0n, LPCR.ILE, "H_SET_MODE");
  assert.equal(world.lpcrOf(0) & LPCR.ILE, LPCR.ILE);
  lpcr.pin(0, undefined, "test");
  assert.equal(world.lpcrOf(0), before);
});
