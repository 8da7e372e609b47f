import assert from "node:assert/strict";
import { TestWorld } from "../world.ts";

Deno.test("query-cpu-stopped-state tells stopped from running", () => {
  const world = new TestWorld({ vcpus: 2 });
  world.stopVcpu(1);
  const query = (vcpu: number) =>
    world.call("query-cpu-stopped-state", [vcpu], { results: 2 });
  assert.deepEqual(query(0), [0, 2]);
  assert.deepEqual(query(1), [0, 0]);
  assert.equal(query(2)[0], -3);
  assert.equal(query(0xffff_ffff)[0], -3);
});

Deno.test("start-cpu starts a stopped processor, once", () => {
  const world = new TestWorld({ vcpus: 2 });
  world.stopVcpu(1);
  assert.deepEqual(world.call("start-cpu", [1, 0x60, 7]), [0]);
  assert.deepEqual(world.started, [
    { vcpu: 1, address: 0x60, argument: 7, caller: 0 },
  ]);
  assert.deepEqual(world.call("start-cpu", [1, 0x60, 7]), [-1]);
  assert.deepEqual(world.call("start-cpu", [2, 0x60, 7]), [-3]);
  assert.equal(world.started.length, 1);
});

Deno.test("stop-self stops the caller", () => {
  const world = new TestWorld({ vcpus: 2 });
  world.call("stop-self", [], { vcpu: 1 });
  assert.deepEqual([...world.stopped], [1]);
});
