import assert from "node:assert/strict";
import { Pieces } from "../../../virtio/_pieces.ts";
import { MockMemory } from "../../../virtio/mock_world.ts";
import { RingError } from "../../../virtio/ring_error.ts";
import { ReadStream, WriteStream } from "../../../virtio/stream.ts";

const BIG = { little: false };
const LITTLE = { little: true };

/** Bytes 0, 1, 2, … cut into pieces of these lengths, each on its own page. */
function pieces(...lengths: readonly number[]): {
  pieces: Pieces;
  memory: MockMemory;
} {
  const memory = new MockMemory(new Uint8Array(65536), false);
  const made = new Pieces();
  let next = 0;
  for (const [index, length] of lengths.entries()) {
    const view = memory.view(index * 4096, length);
    for (let at = 0; at < length; at++) view[at] = next++;
    made.add(index * 4096, view);
  }
  return { pieces: made, memory };
}

function shortChain(work: () => unknown): void {
  assert.throws(
    work,
    (error) => error instanceof RingError && error.fault === "short-chain",
  );
}

Deno.test("ReadStream reads values across the ends of pieces", () => {
  for (let cut = 1; cut < 15; cut++) {
    const big = new ReadStream(pieces(cut, 15 - cut).pieces, BIG);
    assert.equal(big.u8(), 0);
    assert.equal(big.u16(), 0x0102);
    assert.equal(big.u32(), 0x03040506);
    assert.equal(big.u64(), 0x0708090a0b0c0d0en);
    assert.equal(big.remaining, 0);
    const little = new ReadStream(pieces(cut, 15 - cut).pieces, LITTLE);
    assert.equal(little.u8(), 0);
    assert.equal(little.u16(), 0x0201);
    assert.equal(little.u32(), 0x06050403);
    assert.equal(little.u64(), 0x0e0d0c0b0a090807n);
  }
});

Deno.test("ReadStream gives Infinity for a u64 that is no exact number", () => {
  const stream = new ReadStream(pieces(3, 5, 8).pieces, BIG);
  assert.equal(stream.u64Number(), 0x0001020304050607);
  assert.equal(stream.u64Number(), Infinity);
});

Deno.test("ReadStream throws RingError at the end and stays where it is", () => {
  const stream = new ReadStream(pieces(2, 1).pieces, BIG);
  shortChain(() => stream.u32());
  shortChain(() => stream.bytes(4));
  shortChain(() => stream.views(4));
  shortChain(() => stream.skip(-1));
  shortChain(() => stream.split(4));
  shortChain(() => stream.splitEnd(4));
  assert.equal(stream.u16(), 0x0001);
  assert.equal(stream.u8(), 2);
  shortChain(() => stream.u8());
  assert.equal(stream.copyTo(new Uint8Array(4)), 0);
});

Deno.test("ReadStream splits into streams that do not disturb each other", () => {
  const stream = new ReadStream(pieces(3, 4, 5).pieces, BIG);
  const end = stream.splitEnd(2);
  const start = stream.split(4);
  assert.deepEqual([...stream.bytes(6)], [4, 5, 6, 7, 8, 9]);
  assert.equal(stream.remaining, 0);
  assert.deepEqual([...start.bytes(4)], [0, 1, 2, 3]);
  shortChain(() => start.u8());
  assert.equal(end.u16(), 0x0a0b);
  shortChain(() => end.u8());
});

Deno.test("ReadStream views() gives guest memory itself, cut as it lies", () => {
  const { pieces: made, memory } = pieces(3, 4, 5);
  const stream = new ReadStream(made, BIG);
  stream.skip(1);
  const views = stream.views(8);
  assert.deepEqual(views.map((view) => [...view]), [[1, 2], [3, 4, 5, 6], [
    7,
    8,
  ]]);
  memory.bytes[4096] = 99;
  assert.equal(views[1]![0], 99);
});

Deno.test("WriteStream writes values across the ends of pieces", () => {
  for (let cut = 1; cut < 15; cut++) {
    for (const order of [BIG, LITTLE]) {
      const { pieces: made } = pieces(cut, 15 - cut);
      const stream = new WriteStream(made, order);
      stream.u8(0xf0);
      stream.u16(0xf1f2);
      stream.u32(0xf3f4f5f6);
      stream.u64(0xf7f8f9fafbfcfdfen);
      assert.equal(stream.written, 15);
      shortChain(() => stream.u8(0));
      const back = new ReadStream(made, order);
      assert.equal(back.u8(), 0xf0);
      assert.equal(back.u16(), 0xf1f2);
      assert.equal(back.u32(), 0xf3f4f5f6);
      assert.equal(back.u64(), 0xf7f8f9fafbfcfdfen);
    }
  }
});

Deno.test("WriteStream tells the memory what it has written, and no more", () => {
  const { pieces: made, memory } = pieces(8, 8, 8);
  const stream = new WriteStream(made, BIG);
  const status = stream.splitEnd(1);
  stream.bytes(new Uint8Array(6).fill(0xee));
  stream.u32(0x11223344);
  status.u8(0x55);
  stream.flush(memory);
  assert.deepEqual(memory.writes, [
    { address: 0, bytes: 8 },
    { address: 4096, bytes: 2 },
    { address: 8199, bytes: 1 },
  ]);
  assert.equal(memory.bytes[8199], 0x55);
  assert.equal(stream.remaining, 13);
});

Deno.test("WriteStream split() leaves room for what is known later", () => {
  const { pieces: made } = pieces(3, 9);
  const stream = new WriteStream(made, LITTLE);
  const length = stream.split(4);
  stream.bytes(Uint8Array.of(9, 9));
  stream.zeros(2);
  length.u32(stream.written);
  assert.deepEqual(
    [...new ReadStream(made, LITTLE).bytes(12)],
    [8, 0, 0, 0, 9, 9, 0, 0, 8, 9, 10, 11],
  );
});

Deno.test("ReadStream and WriteStream do not care how bytes are cut", () => {
  let seed = 12345;
  const random = (below: number) => {
    seed = Math.imul(seed, 1103515245) + 12345 >>> 0;
    return (seed >>> 8) % below;
  };
  for (let round = 0; round < 500; round++) {
    const cuts = Array.from({ length: 1 + random(6) }, () => 1 + random(20));
    const { pieces: made } = pieces(...cuts);
    const whole = Uint8Array.from({ length: made.total }, (_, i) => i);
    const stream = new ReadStream(made, BIG);
    let at = 0;
    while (stream.remaining > 0) {
      const length = 1 + random(stream.remaining);
      const expected = [...whole.subarray(at, at + length)];
      const part = random(2)
        ? stream.bytes(length)
        : Uint8Array.from(stream.views(length).flatMap((view) => [...view]));
      assert.deepEqual([...part], expected, `round ${round}, at ${at}`);
      at += length;
    }
    assert.equal(at, made.total);
  }
});
