// MSI-X (PCI Local Bus 3.0, 6.8.2).
import assert from "node:assert/strict";
import { MESSAGE_PORT } from "../../../machine/pci/address_map.ts";
import { addressOf, capability, enable, PciWorld } from "./support.ts";

const MSIX = 0x11;
const ENABLE = 0x8000;
const FUNCTION_MASK = 0x4000;

/** A function whose MSI-X is enabled, with sources from ibm,change-msi. */
function setUp({ vectors = 3 } = {}) {
  const world = new PciWorld();
  const { fn, device } = world.plug({ vectors });
  const at = capability(fn, MSIX);
  enable(fn);
  const [status, count] = world.callFor("ibm,change-msi", {
    args: [4, vectors, 1],
    results: 4,
  });
  assert.deepEqual([status, count], [0, vectors]);
  fn.writeConfig(at + 2, 2, ENABLE);
  const table = addressOf(fn, 1);
  return {
    world,
    fn,
    device,
    /** Sources that were triggered since it was last asked. */
    triggered: () =>
      world.interruptEvents.splice(0).flatMap((event) =>
        "trigger" in event ? [event.trigger] : []
      ),
    control: (value: number) => fn.writeConfig(at + 2, 2, value),
    /** Writes a word of the table as a little-endian number. */
    write: (vector: number, word: number, value: number) =>
      world.store("memory32", table + 16 * vector + 4 * word, {
        bytes: 4,
        value: BigInt(swap(value)),
      }),
    read: (vector: number, word: number) =>
      swap(Number(
        world.load("memory32", table + 16 * vector + 4 * word, { bytes: 4 }),
      )),
    pending: () => Number(world.load("memory32", table + 2048, { bytes: 1 })),
  };
}

function swap(word: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, word);
  return view.getUint32(0, true);
}

Deno.test("Msix tells of its table and pending bits", () => {
  const { fn } = new PciWorld().plug({ vectors: 3 });
  const at = capability(fn, MSIX);
  assert.equal(fn.readConfig(at + 2, 2), 2, "one less than vectors, disabled");
  assert.equal(fn.readConfig(at + 4, 4), 1, "table at 0 of BAR 1");
  assert.equal(fn.readConfig(at + 8, 4), 2048 + 1, "pending bits behind it");
  fn.writeConfig(at + 2, 2, 0xffff);
  assert.equal(fn.readConfig(at + 2, 2), ENABLE | FUNCTION_MASK | 2);
  fn.writeConfig(at + 4, 4, 0xffff_ffff);
  fn.writeConfig(at + 8, 4, 0xffff_ffff);
  assert.equal(fn.readConfig(at + 4, 4), 1);
  assert.equal(fn.readConfig(at + 8, 4), 2048 + 1);
});

Deno.test("Msix gives room to as many vectors as there can be", () => {
  const { fn } = new PciWorld().plug({ vectors: 2048 });
  const bar = fn.bars.find(({ index }) => index === 1);
  assert.equal(bar?.bytes, 65536);
  const at = capability(fn, MSIX);
  assert.equal(fn.readConfig(at + 2, 2), 2047);
  assert.equal(fn.readConfig(at + 8, 4), 32768 + 1);
});

Deno.test("Msix has all vectors masked after reset", () => {
  const { device, triggered, read } = setUp();
  assert.deepEqual([0, 1, 2].map((vector) => read(vector, 3)), [1, 1, 1]);
  device.wires.sendVector(1);
  assert.deepEqual(triggered(), []);
});

Deno.test("Msix sends the message of a vector that is not masked", () => {
  const { device, triggered, write, read } = setUp();
  assert.deepEqual([0, 1, 2].map((word) => read(2, word)), [
    MESSAGE_PORT.low,
    MESSAGE_PORT.high,
    0x1302,
  ]);
  write(2, 3, 0);
  device.wires.sendVector(2);
  device.wires.sendVector(0);
  device.wires.sendVector(3);
  assert.deepEqual(triggered(), [0x1302]);
});

Deno.test("Msix keeps a masked vector's message until it is unmasked", () => {
  const { device, triggered, write, pending } = setUp();
  device.wires.sendVector(1);
  device.wires.sendVector(1);
  device.wires.sendVector(2);
  assert.equal(pending(), 0b110);
  write(1, 3, 0);
  assert.deepEqual(triggered(), [0x1301], "once");
  assert.equal(pending(), 0b100);
  write(1, 3, 1);
  write(1, 3, 0);
  assert.deepEqual(triggered(), [], "and not again");
});

Deno.test("Msix holds everything back while the function is masked", () => {
  const { device, triggered, write, control, pending } = setUp();
  for (const vector of [0, 1]) write(vector, 3, 0);
  control(ENABLE | FUNCTION_MASK);
  for (const vector of [0, 1, 2]) device.wires.sendVector(vector);
  write(0, 3, 1);
  write(0, 3, 0);
  assert.deepEqual(triggered(), []);
  assert.equal(pending(), 0b111);
  control(ENABLE);
  assert.deepEqual(triggered(), [0x1300, 0x1301]);
  assert.equal(pending(), 0b100, "one is masked by itself");
});

Deno.test("Msix takes words only, and keeps what is reserved at 0", () => {
  const { world, fn, read, write, pending } = setUp();
  const table = addressOf(fn, 1);
  write(0, 3, 0xffff_fffe);
  assert.equal(read(0, 3), 0);
  write(0, 0, 0x1234_5677);
  assert.equal(read(0, 0), 0x1234_5674);
  world.store("memory32", table + 8, { bytes: 2, value: 0xffffn });
  world.store("memory32", table + 12, { bytes: 1, value: 1n });
  assert.equal(read(0, 2), 0x1300);
  assert.equal(read(0, 3), 0);
  world.store("memory32", table + 2048, { bytes: 4, value: ~0n });
  assert.equal(pending(), 0, "pending bits cannot be written");
});

Deno.test("Msix takes a doubleword as two words, the lower first", () => {
  const { world, fn, read } = setUp();
  const table = addressOf(fn, 1);
  const value = 0x1032_5476_98ba_dcfen;
  world.store("memory32", table, { bytes: 8, value });
  assert.equal(read(0, 0), swap(0x1032_5476) & ~3);
  assert.equal(read(0, 1), swap(0x98ba_dcfe));
  world.store("memory32", table, { bytes: 8, value: 0n });
  assert.equal(world.load("memory32", table, { bytes: 8 }), 0n);
});

Deno.test("Msix replaces the pin while it is enabled", () => {
  const { world, device, fn, control } = setUp();
  assert.equal(device.wires.messagesEnabled, true);
  device.wires.setLine(true);
  assert.equal(fn.line, false);
  control(0);
  assert.equal(device.wires.messagesEnabled, false);
  assert.deepEqual(world.interruptEvents.at(-1), { level: 0x1200, on: true });
  control(ENABLE);
  assert.deepEqual(world.interruptEvents.at(-1), { level: 0x1200, on: false });
});

Deno.test("Msix sends nothing while it is disabled, nor without bus mastering", () => {
  const { world, device, fn, triggered, write, control } = setUp();
  write(0, 3, 0);
  enable(fn, 3);
  device.wires.sendVector(0);
  enable(fn);
  control(0);
  device.wires.sendVector(0);
  assert.deepEqual(triggered(), []);
  control(ENABLE);
  assert.deepEqual(triggered(), [], "nothing was kept");
  assert.equal(world.pci.strayMessages, 0);
});

Deno.test("Msix's messages reach no source of others", () => {
  const { world, device, triggered, write } = setUp();
  const other = world.pci.find(0, 8);
  assert.equal(other, undefined);
  write(0, 3, 0);
  for (const data of [0x1303, 0x1200, 0, 0xffff_ffff]) {
    write(0, 2, data);
    device.wires.sendVector(0);
  }
  write(0, 2, 0x1300);
  write(0, 1, 0);
  device.wires.sendVector(0);
  assert.deepEqual(triggered(), []);
  assert.equal(world.pci.strayMessages, 5);
});
