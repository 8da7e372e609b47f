import assert from "node:assert/strict";
import { OutputQueue } from "../../emulator/console/output_queue.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const nothing = () => {};

/** A queue whose writer takes a few bytes at a time, when it is let. */
function createQueue({ size = 3 } = {}) {
  const state = { written: "", failures: [] as unknown[], broken: false };
  const queue = new OutputQueue(async (chunk) => {
    await Promise.resolve();
    if (state.broken) throw new Error("Broken pipe");
    state.written += new TextDecoder().decode(chunk.subarray(0, size));
    return Math.min(size, chunk.length);
  }, (error) => state.failures.push(error));
  return { queue, state };
}

Deno.test("OutputQueue writes everything in order and says so", async () => {
  const { queue, state } = createQueue();
  const done: string[] = [];
  queue.push(bytes("hello "), () => done.push(state.written));
  queue.push(bytes(""), () => done.push("empty"));
  queue.say("world");
  await queue.flush();
  assert.equal(state.written, "hello world");
  assert.deepEqual(done, ["hello ", "empty"]);
  queue.push(bytes("!"), nothing);
  await queue.flush();
  assert.equal(state.written, "hello world!");
});

Deno.test("OutputQueue.flush() resolves when only empty output was queued", async () => {
  const { queue } = createQueue();
  queue.push(bytes(""), nothing);
  await queue.flush();
  await queue.flush();
});

Deno.test("OutputQueue holds the guest's output back, and not our own", async () => {
  const { queue, state } = createQueue();
  let written = false;
  queue.hold();
  assert.equal(queue.isHeld, true);
  queue.push(bytes("guest"), () => written = true);
  queue.say("prompt ");
  await queue.flush();
  assert.equal(state.written, "prompt ");
  assert.equal(written, false);
  queue.release();
  await queue.flush();
  assert.equal(state.written, "prompt guest");
  assert.equal(written, true);
});

Deno.test("OutputQueue tells one failure, and lets nobody wait behind it", async () => {
  const { queue, state } = createQueue();
  state.broken = true;
  let released = 0;
  for (let i = 0; i < 3; i++) queue.push(bytes("x"), () => released++);
  await queue.flush();
  queue.push(bytes("y"), () => released++);
  await queue.flush();
  assert.equal(state.failures.length, 1);
  assert.equal(released, 4);
});

Deno.test("OutputQueue knows whether a line is finished", () => {
  const { queue } = createQueue();
  assert.equal(queue.endsLine, true);
  queue.say("READY");
  assert.equal(queue.endsLine, false);
  queue.push(bytes("\r\n"), nothing);
  assert.equal(queue.endsLine, true);
});
