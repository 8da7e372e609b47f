import assert from "node:assert/strict";
import { H } from "../../../machine/hcall/codes.ts";
import { RAM_BYTES, TestWorld } from "../world.ts";

const H_PAGE_INIT = 0x2c;
const ZERO = 1n << 15n;
const COPY = 1n << 14n;
const ICACHE = 3n << 12n;

/** Loads and stores, cache-inhibited and through the cache. */
const ACCESSES = [
  ["H_LOGICAL_CI_LOAD", 0x3c, "H_LOGICAL_CI_STORE", 0x40],
  ["H_LOGICAL_CACHE_LOAD", 0x44, "H_LOGICAL_CACHE_STORE", 0x48],
] as const;

Deno.test("H_PAGE_INIT clears a page and nothing beside it", () => {
  const world = new TestWorld();
  world.ram.fill(0x4000, 0x3000, 0xee);
  assert.equal(world.hcall(H_PAGE_INIT, [ZERO, 0x5000]).code, H.SUCCESS);
  assert.equal(world.ram.u8(0x4fff), 0xee);
  assert(world.ram.read(0x5000, 4096).every((byte) => byte === 0));
  assert.equal(world.ram.u8(0x6000), 0xee);
});

Deno.test("H_PAGE_INIT copies a page", () => {
  const world = new TestWorld();
  world.ram.fill(0x4000, 0x1000, 0xee);
  const flags = COPY | ICACHE;
  assert.equal(world.hcall(H_PAGE_INIT, [flags, 0x9000, 0x4000]).code, 0);
  assert.deepEqual(
    world.ram.read(0x9000, 4096),
    world.ram.read(0x4000, 4096),
  );
  assert.equal(world.ram.u8(0xa000), 0);
});

const REFUSED: readonly (readonly [string, bigint, number[]])[] = [
  ["flags that it does not know", ZERO | 1n, [0x5000]],
  ["a target that is no page", ZERO, [0x5001]],
  ["a target beyond RAM", ZERO, [RAM_BYTES]],
  ["a target near 2^64", ZERO, [-4096]],
  ["a source that is no page", COPY, [0x5000, 0x4008]],
  ["a source beyond RAM", COPY, [0x5000, RAM_BYTES]],
];

for (const [name, flags, args] of REFUSED) {
  Deno.test(`H_PAGE_INIT refuses ${name}`, () => {
    const world = new TestWorld();
    world.ram.setU8(0x5000, 0xee);
    assert.equal(
      world.hcall(H_PAGE_INIT, [flags, ...args]).code,
      H.PARAMETER,
    );
    assert.equal(world.ram.u8(0x5000), 0xee);
  });
}

for (const [loadName, load, storeName, store] of ACCESSES) {
  Deno.test(`${storeName} writes what ${loadName} reads, big-endian`, () => {
    const world = new TestWorld();
    const value = 0x0123_4567_89ab_cdefn;
    for (const size of [1, 2, 4, 8]) {
      const at = 0x100 * size;
      const low = BigInt.asUintN(8 * size, value);
      assert.equal(world.hcall(store, [size, at, value]).code, H.SUCCESS);
      assert.equal(world.ram.u64(at) >> BigInt(64 - 8 * size), low);
      const { code, results } = world.hcall(load, [size, at]);
      assert.deepEqual([code, results[0]], [H.SUCCESS, low]);
    }
  });

  Deno.test(`${loadName} and ${storeName} refuse other sizes and addresses beyond RAM`, () => {
    const world = new TestWorld();
    const bad: (number | bigint)[][] = [
      [0, 0x100],
      [3, 0x100],
      [16, 0x100],
      [-1, 0x100],
      [1, RAM_BYTES],
      [8, RAM_BYTES - 4],
      [8, -8],
      [4, 1n << 63n],
    ];
    for (const args of bad) {
      assert.equal(world.hcall(load, args).code, H.PARAMETER);
      assert.equal(world.hcall(store, [...args, 0]).code, H.PARAMETER);
    }
  });
}
