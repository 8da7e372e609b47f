// Hypercalls on translation control entries (LoPAPR 14.5.4.2).
import assert from "node:assert/strict";
import { RAM_BYTES } from "../world.ts";
import { PciWorld } from "./support.ts";

const GET = 0x1c;
const PUT = 0x20;
const STUFF = 0x138;
const PUT_INDIRECT = 0x13c;
const LIOBN = 0x8000_0000;
const PARAMETER = -4;
const WINDOW_BYTES = 2 ** 30;

/** The entry at a DMA address. */
function entry(world: PciWorld, address: number, liobn = LIOBN): bigint {
  const { code, results } = world.hcall(GET, [liobn, address]);
  assert.equal(code, 0);
  return results[0]!;
}

Deno.test("H_PUT_TCE sets an entry, which H_GET_TCE gives back", () => {
  const world = new PciWorld();
  const { code } = world.hcall(PUT, [LIOBN, 0x5000, 0x12_3003]);
  assert.equal(code, 0);
  assert.equal(entry(world, 0x5000), 0x12_3003n);
  assert.equal(entry(world, 0x4000), 0n);
  assert.equal(entry(world, WINDOW_BYTES - 0x1000), 0n);
  world.hcall(PUT, [LIOBN, WINDOW_BYTES - 0x1000, 0x1001]);
  assert.equal(entry(world, WINDOW_BYTES - 0x1000), 0x1001n);
});

Deno.test("H_PUT_TCE and H_GET_TCE refuse tables and addresses that are not there", () => {
  const world = new PciWorld();
  const refused: (number | bigint)[][] = [
    [0, 0],
    [LIOBN + 1, 0],
    [0x1_8000_0000n, 0],
    [0xffff_ffff_8000_0000n, 0],
    [LIOBN, WINDOW_BYTES],
    [LIOBN, 0xffff_ffff_ffff_f000n],
    [LIOBN, 0x1001],
    [LIOBN, 8],
  ];
  for (const args of refused) {
    assert.equal(
      world.hcall(PUT, [...args, 0x1003]).code,
      PARAMETER,
      `${args}`,
    );
    assert.equal(world.hcall(GET, args).code, PARAMETER, `${args}`);
  }
});

Deno.test("H_PUT_TCE refuses access to what is not memory", () => {
  const world = new PciWorld();
  const put = (tce: number | bigint) => world.hcall(PUT, [LIOBN, 0, tce]).code;
  assert.equal(put(RAM_BYTES - 0x1000 + 3), 0);
  for (
    const tce of [
      RAM_BYTES + 1,
      RAM_BYTES + 2,
      0x2000_0000_0003n,
      0xffff_ffff_ffff_f003n,
      0x1804 + 3,
      0x1003 + 4,
    ]
  ) assert.equal(put(tce), PARAMETER, `0x${tce.toString(16)}`);
  assert.equal(entry(world, 0), BigInt(RAM_BYTES - 0x1000 + 3), "unchanged");
  assert.equal(
    put(0xdead_beef_0000_0000n),
    0,
    "without access it is no matter",
  );
  assert.equal(entry(world, 0), 0xdead_beef_0000_0000n);
});

Deno.test("H_STUFF_TCE fills entries with one value that gives no access", () => {
  const world = new PciWorld();
  world.hcall(PUT, [LIOBN, 0x1000, 0x3003]);
  world.hcall(PUT, [LIOBN, 0x20_1000, 0x3003]);
  assert.equal(world.hcall(STUFF, [LIOBN, 0x1000, 0xabc0, 512]).code, 0);
  assert.equal(entry(world, 0x1000), 0xabc0n);
  assert.equal(entry(world, 0x20_0000), 0xabc0n);
  assert.equal(entry(world, 0x20_1000), 0x3003n, "beyond");
  assert.equal(entry(world, 0), 0n, "before");
  assert.equal(world.hcall(STUFF, [LIOBN, 0x1000, 0, 0]).code, 0);
  assert.equal(entry(world, 0x1000), 0xabc0n);
});

Deno.test("H_STUFF_TCE refuses more than a page of entries, and beyond the window", () => {
  const world = new PciWorld();
  const stuff = (address: number, tce: number, count: number | bigint) =>
    world.hcall(STUFF, [LIOBN, address, tce, count]).code;
  assert.equal(stuff(0, 0, 513), PARAMETER);
  assert.equal(stuff(0, 0, 0xffff_ffff_ffff_ffffn), PARAMETER);
  assert.equal(stuff(WINDOW_BYTES - 0x1000, 0, 2), PARAMETER);
  assert.equal(stuff(WINDOW_BYTES - 0x1000, 0, 1), 0);
  assert.equal(stuff(0x800, 0, 1), PARAMETER);
  for (const access of [1, 2, 3]) {
    assert.equal(stuff(0, 0x1000 + access, 1), PARAMETER);
  }
  assert.equal(world.hcall(STUFF, [1, 0, 0, 1]).code, PARAMETER);
});

Deno.test("H_PUT_TCE_INDIRECT takes entries from a page, big-endian", () => {
  const world = new PciWorld();
  for (let i = 0; i < 512; i++) {
    world.ram.setU64(0x8000 + 8 * i, BigInt(i * 0x1000 + 3));
  }
  const { code } = world.hcall(PUT_INDIRECT, [LIOBN, 0x10_0000, 0x8000, 512]);
  assert.equal(code, 0);
  assert.equal(entry(world, 0x10_0000), 3n);
  assert.equal(entry(world, 0x10_1000), 0x1003n);
  assert.equal(entry(world, 0x10_0000 + 511 * 0x1000), 0x1f_f003n);
  assert.equal(entry(world, 0x10_0000 + 512 * 0x1000), 0n);
});

Deno.test("H_PUT_TCE_INDIRECT stops at the first entry that cannot be", () => {
  const world = new PciWorld();
  [0x1003n, 0x2003n, 0x2_0000_0003n, 0x3003n].forEach((tce, i) =>
    world.ram.setU64(0x8000 + 8 * i, tce)
  );
  const args = [LIOBN, 0, 0x8000, 4];
  assert.equal(world.hcall(PUT_INDIRECT, args).code, PARAMETER);
  assert.deepEqual([0, 0x1000, 0x2000, 0x3000].map((at) => entry(world, at)), [
    0x1003n,
    0x2003n,
    0n,
    0n,
  ]);
});

Deno.test("H_PUT_TCE_INDIRECT refuses lists that are not a page of memory", () => {
  const world = new PciWorld();
  const put = (list: number | bigint, count: number) =>
    world.hcall(PUT_INDIRECT, [LIOBN, 0, list, count]).code;
  assert.equal(put(0x8008, 1), PARAMETER);
  assert.equal(put(RAM_BYTES, 1), PARAMETER);
  assert.equal(put(0xffff_ffff_ffff_f000n, 1), PARAMETER);
  assert.equal(put(0x8000, 513), PARAMETER);
  assert.equal(put(0x8000, 512), 0);
  assert.equal(
    world.hcall(PUT_INDIRECT, [LIOBN, WINDOW_BYTES - 0x1000, 0x8000, 2]).code,
    PARAMETER,
  );
});

Deno.test("hypercalls on TCEs hold to a window's own pages", () => {
  const world = new PciWorld();
  const args = [24, 32];
  world.callFor("ibm,create-pe-dma-window", { args, results: 4 });
  const liobn = 0x8000_0001;
  const put = (address: number, tce: number) =>
    world.hcall(PUT, [liobn, address, tce]).code;
  const base = 2 ** 44;
  assert.equal(put(base, 3), 0, "all of the 16 MiB of memory");
  assert.equal(put(base, 0x1003), PARAMETER, "not at a page");
  assert.equal(put(base, 2 ** 24 + 3), PARAMETER, "beyond memory");
  assert.equal(put(base + 0x1000, 3), PARAMETER);
  assert.equal(put(0, 3), PARAMETER, "before the window");
  assert.equal(entry(world, base, liobn), 3n);
});

Deno.test("TCE calls are announced", () => {
  const { hypertasFunctions } = new PciWorld().hypercalls;
  assert.deepEqual(hypertasFunctions.sort(), ["hcall-multi-tce", "hcall-tce"]);
});
