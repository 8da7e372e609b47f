import assert from "node:assert/strict";
import { WorkQueue } from "../../machine/work_queue.ts";

Deno.test("WorkQueue.defer() runs work the next time, in order", () => {
  const queue = new WorkQueue();
  const done: string[] = [];
  assert.equal(queue.next, Infinity);
  queue.defer(() => {
    done.push("a");
    queue.defer(() => void done.push("c"));
  });
  queue.defer(() => void done.push("b"));
  assert.equal(queue.next, 0);
  queue.run(0);
  assert.deepEqual(done, ["a", "b"], "what is put off in turn waits");
  queue.run(0);
  assert.deepEqual(done, ["a", "b", "c"]);
  assert.equal(queue.next, Infinity);
});

Deno.test("WorkQueue.at() runs work once its time has come", () => {
  const queue = new WorkQueue();
  const done: string[] = [];
  const at = (deadline: number, name: string) =>
    queue.at(deadline, () => void done.push(name));
  at(30, "late");
  at(10, "first");
  at(20, "second");
  at(20, "third");
  assert.equal(queue.next, 10);
  queue.run(9);
  assert.deepEqual(done, []);
  queue.run(20);
  assert.deepEqual(done, ["first", "second", "third"]);
  assert.equal(queue.next, 30);
  queue.run(1000);
  assert.deepEqual(done.at(-1), "late");
});
