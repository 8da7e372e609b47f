// Dynamic DMA windows (LoPAPR 7.3.31).
import assert from "node:assert/strict";
import { PciWorld } from "./support.ts";

const PARAMETER_ERROR = -3;
const HARDWARE_ERROR = -1;
const SUCCESS = 0n;

/** 4 KiB, 64 KiB, 16 MiB, 2 MiB. */
const PAGE_SIZES = 0x107;

function create(
  world: PciWorld,
  pageShift: number,
  windowShift: number,
): number[] {
  return world.callFor("ibm,create-pe-dma-window", {
    args: [pageShift, windowShift],
    results: 4,
  });
}

function available(world: PciWorld): number | undefined {
  return world.callFor("ibm,query-pe-dma-window", { results: 5 })[1];
}

function put(world: PciWorld, liobn: number, address: number, entry: bigint) {
  return world.hcall(0x20, [liobn, address, entry]).code;
}

Deno.test("ibm,query-pe-dma-window tells what can be created", () => {
  const world = new PciWorld();
  const query = (results: number) =>
    world.callFor("ibm,query-pe-dma-window", { results });
  assert.deepEqual(query(5), [0, 1, 2 ** 20, PAGE_SIZES, 0]);
  assert.deepEqual(query(6), [0, 1, 0, 2 ** 20, PAGE_SIZES, 0]);
});

Deno.test("ibm,create-pe-dma-window creates a window above all memory", () => {
  const world = new PciWorld();
  assert.deepEqual(create(world, 16, 32), [0, 0x8000_0001 | 0, 0x1000, 0]);
  assert.equal(available(world), 0);
  const last = 2 ** 44 + 2 ** 32 - 2 ** 16;
  assert.equal(put(world, 0x8000_0001, last, 0x1_0003n), 0);
  assert.equal(put(world, 0x8000_0001, last + 2 ** 16, 0x1_0003n), -4);
});

Deno.test("ibm,create-pe-dma-window creates one window", () => {
  const world = new PciWorld();
  assert.equal(create(world, 12, 20)[0], 0);
  assert.equal(create(world, 12, 20)[0], HARDWARE_ERROR);
});

Deno.test("ibm,create-pe-dma-window refuses pages and sizes that there are not", () => {
  const world = new PciWorld();
  assert.equal(create(world, 13, 30)[0], PARAMETER_ERROR);
  assert.equal(create(world, 34, 40)[0], PARAMETER_ERROR);
  assert.equal(create(world, 16, 15)[0], PARAMETER_ERROR);
  assert.equal(create(world, 12, 33)[0], HARDWARE_ERROR, "too many entries");
  assert.equal(create(world, 24, 0xffff_ffff)[0], HARDWARE_ERROR);
  assert.equal(available(world), 1);
  assert.equal(create(world, 24, 44)[0], 0);
});

Deno.test("ibm,remove-pe-dma-window removes a window with its entries", () => {
  const world = new PciWorld();
  const remove = (liobn: number) =>
    world.call("ibm,remove-pe-dma-window", [liobn])[0];
  const address = 2 ** 44;
  assert.equal(remove(0x8000_0001), PARAMETER_ERROR);
  create(world, 12, 20);
  assert.equal(put(world, 0x8000_0001, address, 0x1003n), 0);
  assert.equal(remove(0x8000_0001), 0);
  assert.equal(put(world, 0x8000_0001, address, 0x1003n), -4);
  create(world, 12, 20);
  const { results } = world.hcall(0x1c, [0x8000_0001, address]);
  assert.equal(results[0], SUCCESS, "the entries are empty");
  assert.equal(remove(0x8000_0000), 0, "the first window, too");
  assert.equal(put(world, 0x8000_0000, 0, 0x1003n), -4);
});

Deno.test("ibm,reset-pe-dma-window brings the first window back, empty", () => {
  const world = new PciWorld();
  const reset = () => world.callFor("ibm,reset-pe-dma-window")[0];
  put(world, 0x8000_0000, 0, 0x1003n);
  create(world, 12, 20);
  world.call("ibm,remove-pe-dma-window", [0x8000_0000]);
  assert.equal(reset(), 0);
  assert.equal(available(world), 1);
  const { code, results } = world.hcall(0x1c, [0x8000_0000, 0]);
  assert.deepEqual([code, results[0]], [0, 0n]);
  put(world, 0x8000_0000, 0, 0x1003n);
  assert.equal(reset(), 0);
  assert.equal(world.hcall(0x1c, [0x8000_0000, 0]).results[0], 0n);
});

Deno.test("calls on DMA windows want the bridge's BUID", () => {
  const world = new PciWorld();
  const status = (name: string, more: number[] = []) =>
    world.call(name, [0, 0, 1, ...more], { results: 5 })[0];
  assert.equal(status("ibm,query-pe-dma-window"), PARAMETER_ERROR);
  assert.equal(status("ibm,create-pe-dma-window", [12, 20]), PARAMETER_ERROR);
  assert.equal(status("ibm,reset-pe-dma-window"), PARAMETER_ERROR);
});
