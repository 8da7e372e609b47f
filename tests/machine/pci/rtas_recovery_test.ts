// Enhanced I/O error handling (LoPAPR 7.3.11).
import assert from "node:assert/strict";
import { addressOf, BUID_CELLS, enable, PciWorld } from "./support.ts";

const PARAMETER_ERROR = -3;

Deno.test("ibm,get-config-addr-info2 gives each function an endpoint of its own", () => {
  const world = new PciWorld();
  world.plug();
  world.plug({ name: "other", slot: 4 });
  const info = (slot: number, request: number) =>
    world.callFor("ibm,get-config-addr-info2", {
      slot,
      args: [request],
      results: 2,
    });
  assert.deepEqual(info(0, 1), [0, 1], "not shared");
  assert.deepEqual(info(0, 0), [0, 1], "never 0, which is none");
  assert.deepEqual(info(4, 0), [0, 0x2001]);
  assert.equal(info(4, 2)[0], PARAMETER_ERROR);
  assert.equal(info(5, 0)[0], PARAMETER_ERROR);
});

Deno.test("EEH calls take an endpoint's address for its function's", () => {
  const world = new PciWorld();
  world.plug({ slot: 4 });
  const endpoint = [0x2001, ...BUID_CELLS];
  const results = 4;
  assert.deepEqual(
    world.call("ibm,read-slot-reset-state2", endpoint, { results }),
    [0, 0, 1, 0],
  );
  for (const option of [0, 1, 2, 3]) {
    const args = [...endpoint, option];
    assert.deepEqual(world.call("ibm,set-eeh-option", args), [0]);
  }
});

Deno.test("EEH calls refuse options and places that are not there", () => {
  const world = new PciWorld();
  world.plug();
  const status = (name: string, args: number[], slot = 0) =>
    world.callFor(name, { slot, args, results: 4 })[0];
  assert.equal(status("ibm,set-eeh-option", [4]), PARAMETER_ERROR);
  assert.equal(status("ibm,set-eeh-option", [1], 1), PARAMETER_ERROR);
  assert.equal(status("ibm,read-slot-reset-state2", [], 1), PARAMETER_ERROR);
  assert.equal(status("ibm,set-slot-reset", [2]), PARAMETER_ERROR);
  assert.equal(status("ibm,set-slot-reset", [1], 1), PARAMETER_ERROR);
  assert.equal(status("ibm,configure-pe", [], 1), PARAMETER_ERROR);
  const log = [0, 0, 0, 0, 1];
  assert.equal(status("ibm,slot-error-detail", log), 1, "there is no log");
  assert.equal(status("ibm,slot-error-detail", log, 1), PARAMETER_ERROR);
});

for (const [kind, request] of [["hot", 1], ["fundamental", 3]] as const) {
  Deno.test(`ibm,set-slot-reset holds a function in ${kind} reset`, () => {
    const world = new PciWorld();
    const { fn, device } = world.plug();
    enable(fn);
    const io = addressOf(fn, 0);
    const state = () =>
      world.callFor("ibm,read-slot-reset-state2", { results: 4 })[1];
    const reset = (value: number) =>
      world.callFor("ibm,set-slot-reset", { args: [value] });
    const resets = device.resets;
    assert.deepEqual(reset(request), [0]);
    assert.equal(device.resets, resets + 1);
    assert.equal(state(), 1);
    const config = () =>
      world.callFor("ibm,read-pci-config", { args: [4], results: 2 });
    assert.deepEqual(config(), [0, -1], "it answers to nothing");
    const write = { args: [2, 7] };
    world.callFor("ibm,write-pci-config", write);
    assert.equal(world.load("io", io, { bytes: 4 }), 0xffff_ffffn);
    assert.deepEqual(reset(0), [0]);
    assert.equal(state(), 0);
    assert.deepEqual(config(), [0, 0x0005_1b36]);
    assert.equal(fn.command, 0, "what was written in reset is lost");
    assert.equal(addressOf(fn, 0), 0);
    assert.deepEqual(world.callFor("ibm,configure-pe"), [0]);
    assert.equal(addressOf(fn, 0), io);
  });
}
