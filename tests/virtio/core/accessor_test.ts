import assert from "node:assert/strict";
import {
  BytesReader,
  BytesWriter,
  joinU64,
  loadU16,
  loadU32,
  loadU64,
  splitU64,
  storeU16,
  storeU32,
} from "../../../virtio/accessor.ts";

const ORDERS = [
  { name: "big", little: false, bytes: [1, 2, 3, 4, 5, 6, 7, 8] },
  { name: "little", little: true, bytes: [8, 7, 6, 5, 4, 3, 2, 1] },
];

for (const { name, little, bytes } of ORDERS) {
  Deno.test(`loadU64() and its like read ${name}-endian values`, () => {
    const data = Uint8Array.from([0xff, ...bytes]);
    assert.equal(loadU16(data, 1, little), little ? 0x0708 : 0x0102);
    assert.equal(loadU32(data, 1, little), little ? 0x05060708 : 0x01020304);
    const small = Uint8Array.from(bytes, (byte) => byte === 1 ? 0 : byte);
    assert.equal(loadU64(small, 0, little), 0x0002030405060708);
  });

  Deno.test(`storeU32() and storeU16() write ${name}-endian values`, () => {
    const data = new Uint8Array(8);
    storeU32(data, 0, 0xfedcba98, little);
    storeU16(data, 5, 0x1234, little);
    const expected = little
      ? [0x98, 0xba, 0xdc, 0xfe, 0, 0x34, 0x12, 0]
      : [0xfe, 0xdc, 0xba, 0x98, 0, 0x12, 0x34, 0];
    assert.deepEqual([...data], expected);
  });

  Deno.test(`BytesWriter writes what BytesReader reads, ${name}-endian`, () => {
    const writer = new BytesWriter({ little });
    writer.u8(0xab);
    writer.u16(0xcdef);
    writer.u32(0xdeadbeef);
    writer.u64(0xfeedfacecafef00dn);
    writer.u64(0x1234567890);
    writer.zeros(100);
    writer.bytes(Uint8Array.of(1, 2, 3));
    assert.equal(writer.written.length, 126);
    const reader = new BytesReader(writer.written, { little });
    assert.equal(reader.u8(), 0xab);
    assert.equal(reader.u16(), 0xcdef);
    assert.equal(reader.u32(), 0xdeadbeef);
    assert.equal(reader.u64(), 0xfeedfacecafef00dn);
    assert.equal(reader.u64Number(), 0x1234567890);
    assert.ok(reader.bytes(100).every((byte) => byte === 0));
    reader.skip(2);
    assert.equal(reader.remaining, 1);
    assert.throws(() => reader.u16(), RangeError);
    assert.equal(reader.u8(), 3);
  });
}

Deno.test("loadU64() gives Infinity for what no number holds exactly", () => {
  assert.equal(joinU64(0x1fffff, 0xffffffff), Number.MAX_SAFE_INTEGER);
  assert.equal(joinU64(0x200000, 0), Infinity);
  assert.equal(loadU64(new Uint8Array(8).fill(0xff), 0, true), Infinity);
});

Deno.test("splitU64() takes bigints and exact numbers only", () => {
  assert.deepEqual(splitU64(0x123456789abcdef0n), [0x12345678, 0x9abcdef0]);
  assert.deepEqual(splitU64(0x100000002), [1, 2]);
  for (const bad of [2 ** 53, -1, 0.5, NaN]) {
    assert.throws(() => splitU64(bad), RangeError, String(bad));
  }
});

Deno.test("BytesReader asks for the order at each access", () => {
  const order = { little: true };
  const reader = new BytesReader(Uint8Array.of(1, 2, 1, 2), order);
  assert.equal(reader.u16(), 0x0201);
  order.little = false;
  assert.equal(reader.u16(), 0x0102);
});
