import assert from "node:assert/strict";
import {
  BATCH_BYTES,
  batches,
  gather,
  scatter,
  target,
} from "../../../virtio/blk/scatter.ts";

const PAGE = 4096;

function pages(memory: Uint8Array, ...at: readonly number[]): Uint8Array[] {
  return at.map((page) => memory.subarray(page * PAGE, (page + 1) * PAGE));
}

Deno.test("batches() joins views that lie side by side", () => {
  const memory = new Uint8Array(16 * PAGE);
  const [batch, ...others] = [...batches(pages(memory, 3, 4, 5, 6))];
  assert.equal(others.length, 0);
  assert.equal(batch?.views.length, 1);
  assert.equal(batch?.views[0]?.byteOffset, 3 * PAGE);
  assert.equal(batch?.bytes, 4 * PAGE);
});

Deno.test("batches() keeps the order, and copies small views together", () => {
  const memory = new Uint8Array(16 * PAGE);
  const large = new Uint8Array(40 * 1024);
  const views = [...pages(memory, 3, 1), large, ...pages(memory, 9, 9)];
  const result = [...batches(views)];
  assert.deepEqual(
    result.map(({ views, bytes }) => [views.length, bytes]),
    [[2, 2 * PAGE], [1, 40 * 1024], [2, 2 * PAGE]],
  );
  assert.equal(result[1]?.views[0]?.buffer, large.buffer);
});

Deno.test("batches() copies no more than a batch at a time", () => {
  const memory = new Uint8Array(2 * PAGE);
  const views = Array.from({ length: 100 }, () => pages(memory, 1)).flat();
  const result = [...batches(views)];
  assert.equal(result.reduce((sum, { bytes }) => sum + bytes, 0), 100 * PAGE);
  assert.ok(result.every(({ bytes }) => bytes > 0 && bytes <= BATCH_BYTES));
  assert.equal(result.length, Math.ceil(100 * PAGE / BATCH_BYTES));
});

Deno.test("batches() gives nothing for empty views", () => {
  assert.deepEqual([...batches([])], []);
  assert.deepEqual([...batches([new Uint8Array(0)])], []);
});

Deno.test("scatter() puts back what gather() collected", () => {
  const from = Uint8Array.from({ length: 4 * PAGE }, (_, at) => at >> 4);
  const to = new Uint8Array(4 * PAGE);
  const copy = new Uint8Array(BATCH_BYTES);
  const [read] = [...batches(pages(from, 2, 0, 3))];
  const [write] = [...batches(pages(to, 2, 0, 3))];
  assert.ok(read && write);
  const bytes = gather(read, copy);
  assert.deepEqual(bytes, copy.subarray(0, 3 * PAGE));
  const place = target(write, copy);
  assert.equal(place.length, bytes.length);
  scatter(write, place);
  assert.deepEqual(to.subarray(2 * PAGE), from.subarray(2 * PAGE));
  assert.deepEqual(to.subarray(0, PAGE), from.subarray(0, PAGE));
  assert.ok(to.subarray(PAGE, 2 * PAGE).every((byte) => byte === 0));
});
