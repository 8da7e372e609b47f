import assert from "node:assert/strict";
import { LPCR } from "../../cpu/state.ts";
import { TestWorld } from "./world.ts";

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
