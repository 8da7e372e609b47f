import assert from "node:assert/strict";
import { GuestRam } from "../../machine/ram.ts";
import { restoreRam, saveRam } from "../../machine/ram_state.ts";

const PAGE = 64 * 1024;
const SIZE = 16 * PAGE;
const OFFSET = PAGE;

interface Made {
  ram: GuestRam;
  memory: Uint8Array;
  /** Ranges of which decoded code was told. */
  written: [address: number, bytes: number][];
}

function makeRam(size = SIZE): Made {
  const memory = new Uint8Array(size + 2 * OFFSET);
  const written: [number, number][] = [];
  const ram = new GuestRam(memory.buffer, {
    offset: OFFSET,
    size,
    written: (address, bytes) => written.push([address, bytes]),
  });
  return { ram, memory, written };
}

Deno.test("GuestRam reads and writes big-endian numbers", () => {
  const { ram, memory } = makeRam();
  ram.setU64(0x100, 0x0102_0304_0506_0708n);
  assert.deepEqual(
    [...memory.subarray(OFFSET + 0x100, OFFSET + 0x108)],
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.equal(ram.u8(0x101), 2);
  assert.equal(ram.u16(0x101), 0x0203);
  assert.equal(ram.u32(0x101), 0x02030405);
  assert.equal(ram.u64(0x100), 0x0102_0304_0506_0708n);
  ram.setU8(0x100, 0xff);
  ram.setU16(0x102, 0xaabb);
  ram.setU32(0x104, 0xccddeeff);
  assert.equal(ram.u64(0x100), 0xff02_aabb_ccdd_eeffn);
});

Deno.test("GuestRam tells of every write", () => {
  const { ram, written } = makeRam();
  ram.setU8(1, 1);
  ram.setU16(2, 1);
  ram.setU32(4, 1);
  ram.setU64(8, 1n);
  ram.write(0x1000, new Uint8Array(3));
  ram.fill(0x2000, 5);
  assert.deepEqual(written, [
    [1, 1],
    [2, 2],
    [4, 4],
    [8, 8],
    [0x1000, 3],
    [0x2000, 5],
  ]);
});

Deno.test("GuestRam.contains() is true of ranges that lie in RAM wholly", () => {
  const { ram } = makeRam();
  const inside: [number | bigint, number][] = [
    [0, SIZE],
    [SIZE - 1, 1],
    [SIZE, 0],
    [BigInt(SIZE - 8), 8],
  ];
  const outside: [number | bigint, number][] = [
    [-1, 1],
    [SIZE, 1],
    [SIZE - 1, 2],
    [0, SIZE + 1],
    [0, -1],
    [2 ** 53, 1],
    [(1n << 64n) - 1n, 1],
    [NaN, 1],
  ];
  for (const [at, bytes] of inside) assert(ram.contains(at, bytes), `${at}`);
  for (const [at, bytes] of outside) assert(!ram.contains(at, bytes), `${at}`);
});

Deno.test("GuestRam throws RangeError for every access beyond RAM", () => {
  const { ram, memory } = makeRam();
  const accesses: (() => unknown)[] = [
    () => ram.view(SIZE - 1, 2),
    () => ram.read(-1, 1),
    () => ram.write(SIZE - 2, new Uint8Array(3)),
    () => ram.fill(SIZE, 1, 0xee),
    () => ram.u8(SIZE),
    () => ram.u16(SIZE - 1),
    () => ram.u32(-4),
    () => ram.u64(SIZE - 4),
    () => ram.setU8(SIZE, 0xee),
    () => ram.setU16(SIZE - 1, 0xeeee),
    () => ram.setU32(-2, 0xeeeeeeee),
    () => ram.setU64(SIZE - 7, 0n),
  ];
  for (const access of accesses) assert.throws(access, RangeError);
  assert(memory.every((byte) => byte === 0));
});

Deno.test("GuestRam.read() copies and view() shares", () => {
  const { ram } = makeRam();
  const copy = ram.read(0, 4);
  const view = ram.view(0, 4);
  ram.setU8(0, 7);
  assert.equal(copy[0], 0);
  assert.equal(view[0], 7);
});

Deno.test("saveRam() keeps only pages that are not all zero", () => {
  const { ram } = makeRam();
  ram.setU8(3 * PAGE + 17, 1);
  ram.setU8(SIZE - 1, 2);
  const saved = saveRam(ram);
  assert.deepEqual([...saved.pages], [3, 15]);
  assert.equal(saved.bytes.length, 2 * PAGE);
});

Deno.test("restoreRam() gives what saveRam() took, over other contents", () => {
  const { ram } = makeRam();
  ram.fill(3 * PAGE, PAGE, 0x33);
  ram.setU8(SIZE - 1, 2);
  const saved = structuredClone(saveRam(ram));
  const { ram: other, written } = makeRam();
  other.fill(0, SIZE, 0xee);
  written.length = 0;
  restoreRam(other, saved);
  assert.deepEqual(other.view(0, SIZE), ram.view(0, SIZE));
  const bytes = written.reduce((sum, [, count]) => sum + count, 0);
  assert.equal(bytes, SIZE);
});

Deno.test("restoreRam() refuses RAM of another size", () => {
  const { ram } = makeRam();
  const { ram: larger } = makeRam(2 * SIZE);
  assert.throws(() => restoreRam(larger, saveRam(ram)), {
    name: "RangeError",
    message: `Cannot restore RAM: expected ${2 * SIZE} bytes, got ${SIZE}`,
  });
});

Deno.test("restoreRam() refuses pages beyond RAM, or without their bytes", () => {
  const { ram } = makeRam();
  const bytes = new Uint8Array(PAGE);
  const page = (...numbers: number[]) => Uint32Array.from(numbers);
  for (
    const saved of [
      { size: SIZE, pages: page(16), bytes },
      { size: SIZE, pages: page(1, 2), bytes },
      { size: SIZE, pages: page(), bytes },
    ]
  ) {
    assert.throws(() => restoreRam(ram, saved), {
      name: "RangeError",
      message: /^Cannot restore RAM: /,
    });
  }
});
