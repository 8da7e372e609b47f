import assert from "node:assert/strict";
import { H } from "../../../machine/hcall/codes.ts";
import { RtasDispatcher } from "../../../machine/rtas/dispatch.ts";
import { RTAS_CALLS } from "../../../machine/rtas/mod.ts";
import { createRandom } from "../device_tree/support.ts";
import { RAM_BYTES, TestWorld } from "../world.ts";

const H_RTAS = 0xf000;
const BLOCK = 0x2_0000;

/** Writes an argument block: token, counts, cells. */
function block(
  world: TestWorld,
  cells: readonly number[],
  address = BLOCK,
): void {
  cells.forEach((cell, i) => world.ram.setU32(address + 4 * i, cell >>> 0));
}

Deno.test("RtasDispatcher answers -3 to tokens without a row", () => {
  const world = new TestWorld();
  for (const token of [0, 0x1fff, 0x2fff, 0xffff_ffff]) {
    block(world, [token, 0, 1, 0x5555]);
    assert.equal(world.hcall(H_RTAS, [BLOCK]).code, H.SUCCESS);
    assert.equal(world.ram.u32(BLOCK + 12) | 0, -3);
  }
});

Deno.test("RtasDispatcher answers -3 where arguments or results are too few", () => {
  const world = new TestWorld();
  for (const { name, token, args, results } of RTAS_CALLS) {
    if (args > 0) {
      block(world, [token, args - 1, results]);
      world.hcall(H_RTAS, [BLOCK]);
      assert.equal(world.ram.u32(BLOCK + 12 + 4 * (args - 1)) | 0, -3, name);
    }
    block(world, [token, args, results - 1]);
    world.ram.setU32(BLOCK + 12 + 4 * args, 0x5555);
    world.hcall(H_RTAS, [BLOCK]);
    const status = world.ram.u32(BLOCK + 12 + 4 * args) | 0;
    // Without a single result there is no room even for the status.
    assert.equal(status, results === 1 ? 0x5555 : -3, name);
  }
  assert.deepEqual(world.ends, []);
});

const REFUSED: readonly (readonly [string, number | bigint, number[]])[] = [
  ["beyond RAM", RAM_BYTES, []],
  ["whose head only begins in RAM", RAM_BYTES - 8, []],
  ["whose cells only begin in RAM", RAM_BYTES - 16, [0x2003, 2, 1]],
  ["at 2^64 - 4", -4, []],
  ["with 17 arguments", BLOCK, [0x2003, 17, 1]],
  ["with 2^32 - 1 arguments", BLOCK, [0x2003, -1, 1]],
  ["with 2^31 results", BLOCK, [0x2003, 2, 2 ** 31]],
];

for (const [name, address, cells] of REFUSED) {
  Deno.test(`RtasDispatcher refuses a block ${name}`, () => {
    const world = new TestWorld();
    if (cells.length > 0) block(world, cells, Number(address));
    assert.equal(world.hcall(H_RTAS, [address]).code, H.PARAMETER);
    assert.deepEqual(world.ends, []);
  });
}

Deno.test("RtasDispatcher takes a block that ends with RAM", () => {
  const world = new TestWorld();
  const at = RAM_BYTES - 16;
  block(world, [0x2004, 0, 1, 0], at);
  assert.equal(world.hcall(H_RTAS, [at]).code, H.SUCCESS);
  assert.deepEqual(world.ends, [{ reason: "reset" }]);
});

Deno.test("RtasDispatcher.statistics() counts by name with the last status", () => {
  const world = new TestWorld();
  world.call("get-power-level", [0xffff_ffff], { results: 2 });
  world.call("get-power-level", [1], { results: 2 });
  assert.deepEqual(world.rtas.statistics(), [
    { name: "get-power-level", token: 0x201c, count: 2, lastStatus: -3 },
  ]);
});

Deno.test("RtasDispatcher refuses a table with a token twice", () => {
  const world = new TestWorld();
  const [first] = RTAS_CALLS;
  assert(first);
  assert.throws(() => new RtasDispatcher(world, [first, first]), {
    name: "RangeError",
    message: "Cannot build RTAS table: a token is taken",
  });
});

/** Cells at which checks of bounds tend to be wrong. */
const EDGES = [
  0,
  1,
  2,
  BLOCK,
  BLOCK + 12,
  RAM_BYTES - 1,
  RAM_BYTES,
  0x7fff_ffff,
  0x8000_0000,
  0xffff_ffff,
];

Deno.test("RtasDispatcher survives edge and random arguments to every call", () => {
  const world = new TestWorld({ vcpus: 2 });
  const random = createRandom(42);
  const cell = () =>
    random(3) === 0 ? random(2 ** 32) : EDGES[random(EDGES.length)] ?? 0;
  for (const { name, token } of RTAS_CALLS) {
    for (let i = 0; i < 300; i++) {
      const cells = Array.from({ length: 32 }, cell);
      block(world, [token, 7, 9, ...cells]);
      world.logs.push({ class: 0xffff_ffff, log: new Uint8Array(96) });
      const { code } = world.hcall(H_RTAS, [BLOCK], { vcpu: i % 2 });
      assert.equal(code, H.SUCCESS, name);
    }
  }
});
