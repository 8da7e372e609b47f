// ibm,change-msi and ibm,query-interrupt-source-number (LoPAPR 7.3.10.5).
import assert from "node:assert/strict";
import { MESSAGE_PORT } from "../../../machine/pci/address_map.ts";
import { PciWorld } from "./support.ts";

const PARAMETER_ERROR = -3;
const MSI = 1;
const MSIX = 2;

const FUNCTION = { query: 0, change: 1, reset: 2, msi: 3, msix: 4, msi32: 5 };

function change(
  world: PciWorld,
  request: number,
  count: number,
  { slot = 0, results = 4, sequence = 1 } = {},
): number[] {
  return world.callFor("ibm,change-msi", {
    slot,
    args: [request, count, sequence],
    results,
  });
}

function query(world: PciWorld, vector: number, slot = 0): number[] {
  return world.callFor("ibm,query-interrupt-source-number", {
    slot,
    args: [vector],
    results: 3,
  });
}

Deno.test("ibm,change-msi gives MSI-X vectors consecutive sources", () => {
  const world = new PciWorld();
  const { fn } = world.plug({ vectors: 4 });
  assert.deepEqual(change(world, FUNCTION.msix, 3), [0, 3, 2, MSIX]);
  assert.deepEqual(query(world, 0), [0, 0x1300, 1]);
  assert.deepEqual(query(world, 2), [0, 0x1302, 1]);
  assert.equal(query(world, 3)[0], PARAMETER_ERROR);
  const port = { addressHigh: MESSAGE_PORT.high, addressLow: MESSAGE_PORT.low };
  assert.deepEqual(fn.msix?.message(2), { ...port, data: 0x1302 });
  assert.equal(fn.msix?.message(3).addressHigh, 0, "not asked for");
  assert.equal(fn.msix?.enabled, false, "the guest enables it");
});

Deno.test("ibm,change-msi gives as many as the function has", () => {
  const world = new PciWorld();
  world.plug({ vectors: 3 });
  assert.deepEqual(change(world, FUNCTION.msix, 4), [0, 3, 2, MSIX]);
  assert.deepEqual(change(world, FUNCTION.query, 0), [0, 3, 2, MSIX]);
  assert.deepEqual(change(world, FUNCTION.msix, 0xffff_ffff), [0, 3, 2, MSIX]);
});

Deno.test("ibm,change-msi takes sources back", () => {
  const world = new PciWorld();
  const { fn } = world.plug({ vectors: 2 });
  for (const request of [FUNCTION.msi, FUNCTION.msix, FUNCTION.change]) {
    change(world, FUNCTION.msix, 2);
    assert.deepEqual(change(world, request, 0).slice(0, 2), [0, 0]);
    assert.equal(query(world, 0)[0], PARAMETER_ERROR);
    assert.equal(fn.msix?.message(0).addressHigh, 0);
  }
  change(world, FUNCTION.msix, 2);
  assert.deepEqual(change(world, FUNCTION.reset, 7).slice(0, 2), [0, 0]);
  assert.deepEqual(
    change(world, FUNCTION.msi, 0),
    [0, 0, 2, MSI],
    "no error where there are none",
  );
});

Deno.test("ibm,change-msi gives functions sources of their own", () => {
  const world = new PciWorld();
  world.plug({ name: "a", vectors: 3 });
  world.plug({ name: "b", vectors: 2 });
  world.plug({ name: "c", vectors: 4 });
  [0, 1, 2].forEach((slot) => change(world, FUNCTION.msix, 4, { slot }));
  const first = (slot: number) => query(world, 0, slot)[1];
  assert.deepEqual([0, 1, 2].map(first), [0x1300, 0x1303, 0x1305]);
  change(world, FUNCTION.msix, 0, { slot: 1 });
  change(world, FUNCTION.msix, 2, { slot: 0 });
  change(world, FUNCTION.msix, 2, { slot: 1 });
  assert.deepEqual([0, 1, 2].map(first), [0x1300, 0x1302, 0x1305]);
});

Deno.test("ibm,change-msi keeps what a function has where no more are to be had", () => {
  const world = new PciWorld();
  world.plug({ name: "large", vectors: 2048 });
  world.plug({ name: "other", vectors: 2048 });
  assert.equal(change(world, FUNCTION.msix, 2048)[1], 2048);
  const slot = 1;
  assert.deepEqual(change(world, FUNCTION.msix, 2048, { slot }).slice(0, 2), [
    0,
    0,
  ]);
  assert.equal(change(world, FUNCTION.msix, 1280, { slot })[1], 1280);
  assert.equal(change(world, FUNCTION.msix, 1281, { slot })[1], 1280);
  assert.deepEqual(query(world, 1279, slot), [0, 0x1fff, 1]);
});

Deno.test("ibm,change-msi refuses kinds that a function does not have", () => {
  const world = new PciWorld();
  world.plug({ name: "msix", vectors: 1 });
  world.plug({ name: "msi", vectors: 0, msiVectors: 1 });
  world.plug({ name: "none", vectors: 0 });
  const status = (request: number, slot: number) =>
    change(world, request, 1, { slot })[0];
  assert.equal(status(FUNCTION.msi, 0), PARAMETER_ERROR);
  assert.equal(status(FUNCTION.msix, 1), PARAMETER_ERROR);
  assert.equal(status(FUNCTION.change, 2), PARAMETER_ERROR);
  assert.equal(status(FUNCTION.msi32, 1), PARAMETER_ERROR);
  assert.equal(status(6, 0), PARAMETER_ERROR);
  assert.equal(status(FUNCTION.query, 3), PARAMETER_ERROR, "no such slot");
});

Deno.test("ibm,change-msi chooses the kind where the caller asks which", () => {
  const world = new PciWorld();
  const { fn } = world.plug({ vectors: 2, msiVectors: 4 });
  assert.deepEqual(change(world, FUNCTION.change, 2), [0, 2, 2, MSIX]);
  assert.deepEqual(
    change(world, FUNCTION.change, 2, { results: 3 }),
    [0, 2, 2],
    "an old caller knows MSI only",
  );
  assert.equal(fn.msi?.message.data, 0x1300);
  assert.equal(fn.msix?.message(0).data, 0, "one kind at a time");
});

Deno.test("ibm,change-msi counts its sequence number on", () => {
  const world = new PciWorld();
  world.plug();
  assert.equal(change(world, FUNCTION.msix, 1, { sequence: 7 })[2], 8);
});

Deno.test("the bus's reset takes all sources back", () => {
  const world = new PciWorld();
  world.plug();
  change(world, FUNCTION.msix, 2);
  world.pci.reset();
  assert.equal(query(world, 0)[0], PARAMETER_ERROR);
});
