// How functions reach guest memory.
import assert from "node:assert/strict";
import { RAM_BYTES } from "../world.ts";
import { PciWorld } from "./support.ts";

const LIOBN = 0x8000_0000;

/** Maps pages of the first window, from DMA address 0 on. */
function map(world: PciWorld, entries: readonly number[]): void {
  entries.forEach((tce, i) => {
    const { code } = world.hcall(0x20, [LIOBN, 0x1000 * i, tce]);
    assert.equal(code, 0);
  });
}

Deno.test("DirectMemory is the guest's memory at its real addresses", () => {
  const world = new PciWorld();
  const memory = world.pci.memory({ translated: false });
  world.ram.setU32(0x1234, 0xcafe_f00d);
  const view = memory.view(0x1234, 4, "device-reads");
  assert.deepEqual([...view], [0xca, 0xfe, 0xf0, 0x0d]);
  memory.view(0x2000, 2, "device-writes").set([1, 2]);
  memory.written(0x2000, 2);
  assert.equal(world.ram.u16(0x2000), 0x0102);
  assert.deepEqual(world.writes, [{ address: 0x2000, bytes: 2 }]);
  assert.equal(memory.span, undefined, "any range can be had");
});

Deno.test("DirectMemory ends where memory ends", () => {
  const memory = new PciWorld().pci.memory({ translated: false });
  const view = (address: number, bytes: number) => () =>
    memory.view(address, bytes, "device-reads");
  assert.equal(view(RAM_BYTES - 4, 4)().length, 4);
  assert.throws(view(RAM_BYTES - 4, 5), RangeError);
  assert.throws(view(2 ** 53 - 1, 1), RangeError);
  assert.throws(view(-1, 1), RangeError);
});

Deno.test("TranslatedMemory goes through the entries", () => {
  const world = new PciWorld();
  const memory = world.pci.memory({ translated: true });
  map(world, [0x7_0003]);
  world.ram.setU16(0x7_0ff0, 0xbeef);
  assert.deepEqual([...memory.view(0xff0, 2, "device-reads")], [0xbe, 0xef]);
  memory.view(0x10, 1, "device-writes").set([0x5a]);
  memory.written(0x10, 1);
  assert.equal(world.ram.u8(0x7_0010), 0x5a);
  assert.deepEqual(world.writes, [{ address: 0x7_0010, bytes: 1 }]);
});

Deno.test("TranslatedMemory honours permissions", () => {
  const world = new PciWorld();
  const memory = world.pci.memory({ translated: true });
  map(world, [0x1000 + 1, 0x2000 + 2, 0x3000]);
  const view =
    (address: number, access: "device-reads" | "device-writes") => () =>
      memory.view(address, 1, access);
  assert.equal(view(0, "device-reads")().length, 1);
  assert.throws(view(0, "device-writes"), {
    name: "RangeError",
    message: "Cannot access memory by DMA: no write permission at: 0x0",
  });
  assert.equal(view(0x1000, "device-writes")().length, 1);
  assert.throws(view(0x1000, "device-reads"), /no read permission at: 0x1000/);
  assert.throws(view(0x2000, "device-reads"), RangeError);
  assert.throws(view(0x2000, "device-writes"), RangeError);
  assert.throws(view(2 ** 30, "device-reads"), RangeError, "in no window");
  assert.throws(view(2 ** 53 - 1, "device-reads"), RangeError);
});

Deno.test("TranslatedMemory gives pages in one view that are neighbours", () => {
  const world = new PciWorld();
  const memory = world.pci.memory({ translated: true });
  map(world, [0x5003, 0x6003, 0x7003, 0x2003, 0x3001]);
  const span = (
    address: number,
    bytes: number,
    access: "device-reads" | "device-writes" = "device-reads",
  ) => memory.span?.(address, bytes, access);
  assert.equal(span(0, 0x100), 0x100);
  assert.equal(
    span(0x10, 0x10_0000),
    0x2ff0,
    "up to the page that is elsewhere",
  );
  assert.equal(span(0x3000, 0x2000), 0x2000);
  assert.equal(
    span(0x3000, 0x2000, "device-writes"),
    0x1000,
    "the next is read-only",
  );
  assert.equal(span(0x4ffc, 100), 4, "the next is not there");
  assert.throws(() => span(0x5000, 1), RangeError);
  world.ram.setU16(0x5fff, 0xabcd);
  assert.deepEqual([...memory.view(0xfff, 2, "device-reads")], [0xab, 0xcd]);
  assert.throws(
    () => memory.view(0x2fff, 2, "device-reads"),
    /not 2 bytes in one piece at: 0x2fff/,
  );
});

Deno.test("TranslatedMemory tells of each page that was written", () => {
  const world = new PciWorld();
  const memory = world.pci.memory({ translated: true });
  map(world, [0x9003, 0x2003, 0x3003]);
  memory.written(0xff8, 0x1010);
  assert.deepEqual(world.writes, [
    { address: 0x9ff8, bytes: 8 },
    { address: 0x2000, bytes: 0x1000 },
    { address: 0x3000, bytes: 8 },
  ]);
  world.writes.length = 0;
  map(world, [0]);
  memory.written(0, 8);
  memory.written(2 ** 40, 8);
  assert.deepEqual(world.writes, [], "what is no longer there");
});

Deno.test("TranslatedMemory reaches all memory by large pages", () => {
  const world = new PciWorld();
  const memory = world.pci.memory({ translated: true });
  const args = [24, 32];
  world.callFor("ibm,create-pe-dma-window", { args, results: 4 });
  const base = 2 ** 44;
  assert.equal(world.hcall(0x20, [0x8000_0001, base, 3]).code, 0);
  assert.equal(
    memory.span?.(base + 0x123, 2 ** 32, "device-writes"),
    RAM_BYTES - 0x123,
  );
  const view = memory.view(base + 0x123, 1000, "device-writes");
  view.fill(7);
  assert.equal(world.ram.u8(0x123 + 999), 7);
});
