import assert from "node:assert/strict";
import { HPTE } from "../../cpu/mmu/mod.ts";
import {
  HashTable,
  hashTableShift,
  pageShift,
} from "../../machine/hash_table.ts";

const BYTES = 2 ** 18;

Deno.test("hashTableShift() is about 1/128 of RAM and at least 256 KiB", () => {
  assert.equal(hashTableShift(2 ** 24), 18);
  assert.equal(hashTableShift(2 ** 28), 21);
  assert.equal(hashTableShift(2 ** 30), 23);
  assert.equal(hashTableShift(3 * 2 ** 30), 25);
});

Deno.test("HashTable keeps entries in the host's order, where vCPUs search", () => {
  const memory = new ArrayBuffer(BYTES + 64);
  const table = new HashTable(memory, 64, BYTES);
  assert.equal(table.entries, BYTES / 16);
  table.write(3, { v: 0x0102n, r: 0x0304n });
  const words = new BigUint64Array(memory);
  assert.equal(words[8 + 6], 0x0102n);
  assert.equal(words[8 + 7], 0x0304n);
  assert.deepEqual(table.read(3), { v: 0x0102n, r: 0x0304n });
});

Deno.test("HashTable.isValid() looks at V alone", () => {
  const table = new HashTable(new ArrayBuffer(BYTES), 0, BYTES);
  table.write(0, { v: HPTE.valid, r: 0n });
  table.write(1, { v: ~HPTE.valid, r: ~0n });
  assert(table.isValid(0));
  assert(!table.isValid(1));
});

Deno.test("HashTable.restore() takes what save() gave", () => {
  const table = new HashTable(new ArrayBuffer(BYTES), 0, BYTES);
  table.write(BYTES / 16 - 1, { v: 5n, r: 6n });
  const saved = structuredClone(table.save());
  table.clear();
  assert.deepEqual(table.read(BYTES / 16 - 1), { v: 0n, r: 0n });
  table.restore(saved);
  assert.deepEqual(table.read(BYTES / 16 - 1), { v: 5n, r: 6n });
});

Deno.test("HashTable.restore() refuses a table of another size", () => {
  const table = new HashTable(new ArrayBuffer(BYTES), 0, BYTES);
  assert.throws(() => table.restore(new Uint8Array(BYTES / 2)), {
    name: "RangeError",
    message: `Cannot restore hash table: expected ${BYTES} bytes, got ${
      BYTES / 2
    }`,
  });
});

Deno.test("pageShift() reads the size that an entry encodes", () => {
  const large = (lp: bigint) =>
    pageShift({ v: HPTE.large, r: 0x7_0000_0000n | (lp << 12n) });
  assert.equal(pageShift({ v: 0n, r: 0xffff_f000n }), 12);
  assert.equal(large(0x01n), 16);
  assert.equal(large(0xf1n), 16);
  assert.equal(large(0x07n), 16);
  assert.equal(large(0x08n), 24);
  assert.equal(large(0x38n), 24);
  assert.equal(large(0x00n), 24);
  assert.equal(large(0x03n), 34);
  assert.equal(large(0x0fn), 0);
});
