// MSI (PCI Local Bus 3.0, 6.8.1).
import assert from "node:assert/strict";
import { capability, enable, PciWorld } from "./support.ts";

const MSI = 5;

function setUp(msiVectors: number, wanted = msiVectors) {
  const world = new PciWorld();
  const { fn, device } = world.plug({ vectors: 0, msiVectors });
  enable(fn);
  const at = capability(fn, MSI);
  const [status, count] = world.callFor("ibm,change-msi", {
    args: [3, wanted, 1],
    results: 4,
  });
  return { world, fn, device, at, status, count };
}

Deno.test("Msi tells how many vectors there are, and takes an address", () => {
  const { fn } = new PciWorld().plug({ vectors: 0, msiVectors: 8 });
  const at = capability(fn, MSI);
  assert.equal(fn.readConfig(at + 2, 2), 0x80 | 3 << 1);
  for (let i = 0; i < 16; i += 4) fn.writeConfig(at + i, 4, 0xffff_ffff);
  assert.equal(fn.readConfig(at + 2, 2), 0x80 | 7 << 4 | 3 << 1 | 1);
  assert.equal(fn.readConfig(at + 4, 4), 0xffff_fffc);
  assert.equal(fn.readConfig(at + 8, 4), 0xffff_ffff);
  assert.equal(fn.readConfig(at + 12, 4), 0xffff);
});

Deno.test("Msi sends a vector in the low bits of the data", () => {
  const { world, fn, device, at, status, count } = setUp(4);
  assert.deepEqual([status, count], [0, 4]);
  device.wires.sendVector(1);
  assert.deepEqual(world.interruptEvents, [], "it is not enabled");
  fn.writeConfig(at + 2, 2, fn.readConfig(at + 2, 2) | 1);
  for (const vector of [0, 3, 9]) device.wires.sendVector(vector);
  assert.deepEqual(world.interruptEvents, [
    { trigger: 0x1300 },
    { trigger: 0x1303 },
    { trigger: 0x1303 },
  ]);
  assert.equal(device.wires.messagesEnabled, true);
});

Deno.test("Msi gets a power of 2 of vectors, at a multiple of it", () => {
  const world = new PciWorld();
  world.plug({ name: "first", vectors: 3 });
  const { fn, device } = world.plug({ vectors: 0, msiVectors: 8 });
  enable(fn);
  world.callFor("ibm,change-msi", { args: [4, 3, 1], results: 4 });
  const answer = world.callFor("ibm,change-msi", {
    slot: 1,
    args: [3, 7, 1],
    results: 4,
  });
  assert.deepEqual(answer, [0, 4, 2, 1]);
  const at = capability(fn, MSI);
  assert.equal(fn.readConfig(at + 12, 2), 0x1304);
  fn.writeConfig(at + 2, 2, fn.readConfig(at + 2, 2) | 1);
  device.wires.sendVector(2);
  assert.deepEqual(world.interruptEvents.at(-1), { trigger: 0x1306 });
});
