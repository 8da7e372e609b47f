import assert from "node:assert/strict";
import { ByteQueue } from "../../../virtio/console/byte_queue.ts";

Deno.test("ByteQueue gives bytes back in order, whatever the pieces", () => {
  const queue = new ByteQueue(1000);
  let put = 0;
  let got = 0;
  for (let round = 0; round < 2000; round++) {
    const more = Uint8Array.from(
      { length: round * 37 % 300 },
      (_, at) => put + at,
    );
    put += queue.add(more);
    for (const byte of queue.take(round * 53 % 280)) {
      assert.equal(byte, got++ & 0xff);
    }
    assert.equal(queue.length, put - got);
    assert.equal(queue.room, 1000 - queue.length);
  }
  assert.ok(got > 100_000);
});

Deno.test("ByteQueue takes no more than its limit", () => {
  const queue = new ByteQueue(10);
  assert.equal(queue.add(new Uint8Array(7)), 7);
  assert.equal(queue.add(new Uint8Array(7)), 3);
  assert.equal(queue.add(new Uint8Array(1)), 0);
  queue.clear();
  assert.equal(queue.room, 10);
  assert.deepEqual(queue.take(5), new Uint8Array(0));
});

Deno.test("ByteQueue restores what it saved", () => {
  const queue = new ByteQueue(8);
  queue.add(Uint8Array.of(1, 2, 3, 4));
  queue.take(1);
  const other = new ByteQueue(8);
  other.add(Uint8Array.of(9));
  other.restore(queue.save());
  assert.deepEqual([...other.take(8)], [2, 3, 4]);
  assert.throws(() => other.restore(new Uint8Array(9)), RangeError);
});
