import assert from "node:assert/strict";
import { HPTE } from "../../../cpu/mmu/mod.ts";
import { H } from "../../../machine/hcall/codes.ts";
import { RAM_BYTES, TestWorld } from "../world.ts";

const H_REMOVE = 0x4;
const H_ENTER = 0x8;
const H_READ = 0xc;
const H_PROTECT = 0x18;
const H_BULK_REMOVE = 0x124;

const EXACT = 1n << 39n;
const READ_4 = 1n << 37n;
const AVPN = 1n << 31n;
const ANDCOND = 1n << 30n;
const ZERO_PAGE = 1n << 15n;

/** WIMG of memory: coherent. */
const M = 0x10n;
const I = 0x20n;
const W = 0x40n;
const G = 0x8n;

/** A valid first doubleword of some virtual page. */
const V = (0x1234n << 7n) | HPTE.valid;
/** A second doubleword: the page at 64 KiB. */
const R = 0x10000n | M | 2n;

function enter(
  world: TestWorld,
  { flags = 0n, index = 0, v = V, r = R }: {
    flags?: bigint;
    index?: number | bigint;
    v?: bigint;
    r?: bigint;
  } = {},
) {
  return world.hcall(H_ENTER, [flags, index, v, r]);
}

Deno.test("H_ENTER takes the first free entry of the group and names it", () => {
  const world = new TestWorld();
  for (let i = 0; i < 8; i++) {
    const { code, results } = enter(world, { index: 43 });
    assert.equal(code, H.SUCCESS);
    assert.equal(results[0], BigInt(40 + i));
  }
  assert.equal(enter(world, { index: 40 }).code, H.PTEG_FULL);
  assert.deepEqual(world.hashTable.read(43), { v: V, r: R });
  assert.equal(world.hashTable.isValid(39), false);
  assert.equal(world.hashTable.isValid(48), false);
});

Deno.test("H_ENTER with H_EXACT takes that entry or none", () => {
  const world = new TestWorld();
  assert.equal(enter(world, { flags: EXACT, index: 5 }).results[0], 5n);
  assert.equal(enter(world, { flags: EXACT, index: 5 }).code, H.PTEG_FULL);
  assert.equal(world.hashTable.isValid(0), false);
});

Deno.test("H_ENTER clears the first doubleword's software bits alone", () => {
  const world = new TestWorld();
  enter(world, { v: V | 0x78n });
  assert.equal(world.hashTable.read(0).v, V | 0x18n);
});

const WIMG: readonly (readonly [name: string, r: bigint, code: number])[] = [
  ["coherent RAM", R, H.SUCCESS],
  ["guarded RAM", R | G, H.SUCCESS],
  ["RAM that is not coherent", R & ~M, H.PARAMETER],
  ["cache-inhibited RAM", R | I, H.PARAMETER],
  ["write-through RAM", R | W, H.PARAMETER],
  ["a device, cache-inhibited", (1n << 40n) | I, H.SUCCESS],
  ["a device, cache-inhibited and guarded", (1n << 40n) | I | G, H.SUCCESS],
  ["a device that is cached", (1n << 40n) | M, H.PARAMETER],
  ["a device, coherent", (1n << 40n) | I | M, H.PARAMETER],
  ["the first page beyond RAM, cached", BigInt(RAM_BYTES) | M, H.PARAMETER],
  ["the last page of RAM", BigInt(RAM_BYTES - 4096) | M, H.SUCCESS],
];

for (const [name, r, code] of WIMG) {
  Deno.test(`H_ENTER answers ${code} to ${name}`, () => {
    const world = new TestWorld();
    assert.equal(enter(world, { r }).code, code);
    assert.equal(world.hashTable.isValid(0), code === H.SUCCESS);
  });
}

const SIZES: readonly (readonly [name: string, lp: bigint, code: number])[] = [
  ["64K in a 64K segment", 1n, H.SUCCESS],
  ["64K in a 4K segment", 7n, H.SUCCESS],
  ["16M in a 16M segment", 0n, H.SUCCESS],
  ["16M in a 64K segment", 8n, H.SUCCESS],
  ["16M in a 4K segment", 0x38n, H.SUCCESS],
  ["16G, more than there is RAM", 3n, H.PARAMETER],
  ["an encoding of no page size", 0x55n, H.PARAMETER],
];

for (const [name, lp, code] of SIZES) {
  Deno.test(`H_ENTER answers ${code} to a large page of ${name}`, () => {
    const world = new TestWorld();
    const r = (lp << 12n) | M;
    assert.equal(enter(world, { v: V | HPTE.large, r }).code, code);
  });
}

Deno.test("H_ENTER with H_ZERO_PAGE clears the page and nothing beside it", () => {
  const world = new TestWorld();
  world.ram.fill(0xf000, 0x3000, 0xee);
  enter(world, { flags: ZERO_PAGE });
  assert.equal(world.ram.u8(0xffff), 0xee);
  assert(world.ram.read(0x10000, 4096).every((byte) => byte === 0));
  assert.equal(world.ram.u8(0x11000), 0xee);
});

for (
  const [name, number] of [
    ["H_REMOVE", H_REMOVE],
    ["H_ENTER", H_ENTER],
    ["H_READ", H_READ],
    ["H_PROTECT", H_PROTECT],
  ] as const
) {
  Deno.test(`${name} refuses an index beyond the table`, () => {
    const world = new TestWorld();
    const { entries } = world.hashTable;
    for (const index of [entries, 2 ** 40, (1n << 64n) - 1n]) {
      assert.equal(world.hcall(number, [0, index, V, R]).code, H.PARAMETER);
    }
    assert.notEqual(
      world.hcall(number, [0, entries - 1, V, R]).code,
      H.PARAMETER,
    );
  });

  Deno.test(`${name} refuses every index where translation is radix`, () => {
    const world = new TestWorld({ mmu: "radix" });
    assert.equal(world.hcall(number, [0, 0, V, R]).code, H.PARAMETER);
  });
}

Deno.test("H_REMOVE gives the entry back and clears it", () => {
  const world = new TestWorld();
  enter(world, { index: 9 });
  const index = 8;
  const { code, results } = world.hcall(H_REMOVE, [0, index]);
  assert.deepEqual([code, results[0], results[1]], [H.SUCCESS, V, R]);
  assert.deepEqual(world.hashTable.read(index), { v: 0n, r: 0n });
  assert.equal(world.hcall(H_REMOVE, [0, index]).code, H.NOT_FOUND);
});

Deno.test("H_REMOVE with H_AVPN removes only the page that is meant", () => {
  const world = new TestWorld();
  enter(world);
  const other = (0x1235n << 7n) | HPTE.valid;
  assert.equal(world.hcall(H_REMOVE, [AVPN, 0, other]).code, H.NOT_FOUND);
  assert(world.hashTable.isValid(0));
  assert.equal(world.hcall(H_REMOVE, [AVPN, 0, V & ~0x7fn]).code, H.SUCCESS);
});

Deno.test("H_REMOVE with H_ANDCOND spares entries that have one of the bits", () => {
  const world = new TestWorld();
  enter(world, { v: V | 0x10n });
  assert.equal(world.hcall(H_REMOVE, [ANDCOND, 0, 0x10]).code, H.NOT_FOUND);
  assert.equal(world.hcall(H_REMOVE, [ANDCOND, 0, 0x8]).code, H.SUCCESS);
});

Deno.test("H_READ gives one entry, or its four with H_READ_4", () => {
  const world = new TestWorld();
  for (let i = 0; i < 4; i++) {
    enter(world, { index: 8, r: R + 0x1000n * BigInt(i) });
  }
  assert.deepEqual(
    world.hcall(H_READ, [0, 10]).results.slice(0, 2),
    [V, R + 0x2000n],
  );
  assert.deepEqual(
    world.hcall(H_READ, [READ_4, 11]).results.slice(0, 8),
    [0n, 1n, 2n, 3n].flatMap((i) => [V, R + 0x1000n * i]),
  );
});

Deno.test("H_READ gives entries that are not valid", () => {
  const world = new TestWorld();
  const { code, results } = world.hcall(H_READ, [0, 3]);
  assert.deepEqual([code, results[0], results[1]], [H.SUCCESS, 0n, 0n]);
});

Deno.test("H_PROTECT replaces protection, no-execute and key only", () => {
  const world = new TestWorld();
  const rest = HPTE.reference | HPTE.change;
  enter(world, { r: R | rest });
  const pp0 = 1n << 8n;
  const keyHigh = 3n << 12n;
  const keyLow = 0x600n;
  const flags = pp0 | keyHigh | keyLow | HPTE.noExecute | 1n;
  assert.equal(world.hcall(H_PROTECT, [flags, 0]).code, H.SUCCESS);
  assert.deepEqual(world.hashTable.read(0), {
    v: V,
    r: HPTE.pp0 | HPTE.keyHigh | 0x10000n | M | rest | keyLow |
      HPTE.noExecute | 1n,
  });
});

Deno.test("H_PROTECT answers H_NOT_FOUND without such a page", () => {
  const world = new TestWorld();
  assert.equal(world.hcall(H_PROTECT, [1, 0]).code, H.NOT_FOUND);
  enter(world);
  assert.equal(world.hcall(H_PROTECT, [AVPN | 1n, 0, 0x80]).code, H.NOT_FOUND);
  assert.equal(world.hashTable.read(0).r, R);
});

const REQUEST = 1n << 62n;
const RESPONSE = 2n << 62n;
const END = 3n << 62n;
const BULK_AVPN = 2n << 56n;
const BULK_ANDCOND = 1n << 56n;

Deno.test("H_BULK_REMOVE removes up to four pages and says R and C of each", () => {
  const world = new TestWorld();
  enter(world, { flags: EXACT, index: 1, r: R | HPTE.reference });
  enter(world, { flags: EXACT, index: 2, r: R | HPTE.change });
  enter(world, { flags: EXACT, index: 4 });
  const { code, results } = world.hcall(H_BULK_REMOVE, [
    REQUEST | 1n,
    0,
    REQUEST | BULK_AVPN | 2n,
    V & ~0x7fn,
    REQUEST | 3n,
    0,
    REQUEST | 4n,
    0,
  ]);
  assert.equal(code, H.SUCCESS);
  assert.deepEqual([results[0], results[2], results[4], results[6]], [
    RESPONSE | (HPTE.reference << 43n) | 1n,
    RESPONSE | BULK_AVPN | (HPTE.change << 43n) | 2n,
    RESPONSE | (1n << 60n) | 3n,
    RESPONSE | 4n,
  ]);
  for (const index of [1, 2, 4]) assert(!world.hashTable.isValid(index));
});

Deno.test("H_BULK_REMOVE stops at the end mark", () => {
  const world = new TestWorld();
  enter(world, { flags: EXACT, index: 1 });
  const { code, results } = world.hcall(H_BULK_REMOVE, [
    END,
    0,
    REQUEST | 1n,
    0,
  ]);
  assert.equal(code, H.SUCCESS);
  assert.equal(results[2], REQUEST | 1n);
  assert(world.hashTable.isValid(1));
});

const BAD: readonly (readonly [name: string, specifier: bigint])[] = [
  ["both conditions", REQUEST | BULK_AVPN | BULK_ANDCOND | 1n],
  ["an index beyond the table", REQUEST | 0xff_ffff_ffff_ffffn],
];

for (const [name, specifier] of BAD) {
  Deno.test(`H_BULK_REMOVE marks ${name} and stops there`, () => {
    const world = new TestWorld();
    enter(world, { flags: EXACT, index: 1 });
    const { code, results } = world.hcall(H_BULK_REMOVE, [
      specifier,
      0,
      REQUEST | 1n,
      0,
    ]);
    assert.equal(code, H.PARAMETER);
    assert.equal(results[0], (specifier & ~REQUEST) | RESPONSE | (2n << 60n));
    assert(world.hashTable.isValid(1));
  });
}

Deno.test("H_BULK_REMOVE refuses what is not a request", () => {
  const world = new TestWorld();
  enter(world, { flags: EXACT, index: 1 });
  for (const type of [0n, RESPONSE]) {
    assert.equal(world.hcall(H_BULK_REMOVE, [type | 1n, 0]).code, H.PARAMETER);
  }
  assert(world.hashTable.isValid(1));
});
