// ibm,read-pci-config and its kin (LoPAPR 7.3.3).
import assert from "node:assert/strict";
import type { PciCapability } from "../../../virtio/pci_face.ts";
import { BUID_CELLS, PciWorld } from "./support.ts";

const HARDWARE_ERROR = -1;

/** Reads a register of a slot by the newer call. */
function read(
  world: PciWorld,
  address: number,
  { size = 4, buid = BUID_CELLS as readonly number[] } = {},
): number[] {
  return world.call("ibm,read-pci-config", [address, ...buid, size], {
    results: 2,
  });
}

Deno.test("ibm,read-pci-config reads 1, 2 and 4 bytes", () => {
  const world = new PciWorld();
  world.plug({ slot: 3 });
  const at = 3 << 11;
  assert.deepEqual(read(world, at), [0, 0x0005_1b36]);
  assert.deepEqual(read(world, at, { size: 2 }), [0, 0x1b36]);
  assert.deepEqual(read(world, at + 2, { size: 2 }), [0, 5]);
  assert.deepEqual(read(world, at + 1, { size: 1 }), [0, 0x1b]);
});

Deno.test("ibm,write-pci-config writes 1, 2 and 4 bytes", () => {
  const world = new PciWorld();
  world.plug();
  const write = (register: number, size: number, value: number) =>
    world.call("ibm,write-pci-config", [register, ...BUID_CELLS, size, value]);
  assert.deepEqual(write(4, 2, 0xffff), [0]);
  assert.deepEqual(read(world, 4, { size: 2 }), [0, 0x547]);
  assert.deepEqual(write(0x3c, 1, 0x42), [0]);
  assert.deepEqual(write(0x10, 4, 0xffff_ffff), [0]);
  assert.deepEqual(read(world, 0x3c, { size: 1 }), [0, 0x42]);
  assert.deepEqual(read(world, 0x10), [0, 0xffff_ffe1 | 0]);
});

Deno.test("read-pci-config and write-pci-config serve the only bridge", () => {
  const world = new PciWorld();
  world.plug({ slot: 1 });
  const results = 2;
  assert.deepEqual(world.call("read-pci-config", [1 << 11, 4], { results }), [
    0,
    0x0005_1b36,
  ]);
  const command = (1 << 11) + 4;
  assert.deepEqual(world.call("write-pci-config", [command, 2, 2]), [0]);
  assert.deepEqual(world.call("read-pci-config", [command, 2], { results }), [
    0,
    2,
  ]);
});

Deno.test("ibm,read-pci-config refuses what is not there", () => {
  const world = new PciWorld();
  world.plug();
  const refused = (address: number, options = {}) =>
    assert.equal(
      read(world, address, options)[0],
      HARDWARE_ERROR,
      `0x${address.toString(16)} ${JSON.stringify(options)}`,
    );
  refused(1 << 11);
  refused(1 << 8);
  refused(1 << 16);
  refused(0, { buid: [0, 0] });
  refused(0, { buid: [BUID_CELLS[0], BUID_CELLS[1] + 1] });
  for (const size of [0, 3, 8, 0xffff_ffff]) refused(0, { size });
  refused(2);
  refused(1, { size: 2 });
  // The extended space, bits 11:8 of whose registers are bits 31:28.
  refused(0x1000_0000);
  refused(0xf000_00fc);
});

Deno.test("ibm,write-pci-config refuses what is not there, and writes nothing", () => {
  const world = new PciWorld();
  const { fn } = world.plug();
  const before = fn.save().config;
  for (
    const [address, size] of [[1 << 11, 4], [5, 2], [0x1000_0004, 2], [4, 3]]
  ) {
    const args = [address!, ...BUID_CELLS, size!, 0xffff];
    assert.deepEqual(world.call("ibm,write-pci-config", args), [
      HARDWARE_ERROR,
    ]);
  }
  assert.deepEqual(fn.save().config, before);
});

Deno.test("ibm,read-pci-config lets a device know which vCPU accesses it", () => {
  const world = new PciWorld();
  const seen: unknown[] = [];
  const capability: PciCapability = {
    bytes: new Uint8Array(20),
    load: () => void seen.push(world.pci.accessor),
    store: () => void seen.push(world.pci.accessor),
  };
  world.plug({ capabilities: [capability] });
  read(world, 0x50);
  world.call("ibm,write-pci-config", [0x50, ...BUID_CELLS, 4, 0]);
  assert.deepEqual(seen, [0, 0]);
  assert.equal(world.pci.accessor, undefined);
});
