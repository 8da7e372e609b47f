import assert from "node:assert/strict";
import { MessageChannel } from "node:worker_threads";
import {
  createDoorWords,
  InnerDoor,
  MAX_UNREAD,
  OuterDoor,
} from "../../emulator/door.ts";
import type { Outbound } from "../../emulator/messages.ts";
import { eventually } from "../monitor/_raw.ts";

function openDoor() {
  const words = createDoorWords();
  const { port1, port2 } = new MessageChannel();
  return {
    outer: new OuterDoor({ words, port: port1 }),
    inner: new InnerDoor({ words, port: port2 }),
    closeInner: () => port2.close(),
    [Symbol.dispose]() {
      port1.close();
      port2.close();
    },
  };
}

function consoleOf(bytes: number): Outbound {
  return { kind: "console", bytes: new ArrayBuffer(bytes) };
}

Deno.test("InnerDoor.take() gives what was posted, in order", () => {
  using door = openDoor();
  const interest = { events: [], hcalls: [], virtio: [] };
  door.outer.post({ kind: "recording", id: 1 });
  door.outer.post({ kind: "interest", interest });
  door.outer.post({ kind: "input", bytes: Uint8Array.of(1, 2).buffer });
  assert.deepEqual(door.inner.take(), { kind: "recording", id: 1 });
  assert.deepEqual(door.inner.take(), { kind: "interest", interest });
  const input = door.inner.take();
  assert.ok(input?.kind === "input");
  assert.deepEqual([...new Uint8Array(input.bytes)], [1, 2]);
  assert.equal(door.inner.take(), undefined);
});

Deno.test("InnerDoor.wait() returns at once when the bell has rung since", () => {
  using door = openDoor();
  const { bell } = door.inner;
  door.outer.post({ kind: "recording", id: 1 });
  const start = performance.now();
  door.inner.wait(bell, 5000);
  assert.ok(performance.now() - start < 5000);
});

Deno.test("InnerDoor.wait() sleeps for the time that it is given", () => {
  using door = openDoor();
  const start = performance.now();
  door.inner.wait(door.inner.bell, 30);
  const slept = performance.now() - start;
  assert.ok(slept >= 29 && slept < 5000, `${slept}`);
});

Deno.test("OuterDoor.stop() sets the flag and rings", () => {
  using door = openDoor();
  const { bell } = door.inner;
  assert.equal(door.inner.stopped, false);
  door.outer.stop();
  assert.equal(door.inner.stopped, true);
  assert.notEqual(door.inner.bell, bell);
});

Deno.test("OuterDoor.onMessage() hears a batch message by message", async () => {
  using door = openDoor();
  const heard: Outbound[] = [];
  door.outer.onMessage((message) => heard.push(message));
  door.inner.post([{ kind: "ready" }, { kind: "taken", bytes: 3 }]);
  await eventually(() => heard.length === 2);
  assert.deepEqual(heard, [{ kind: "ready" }, { kind: "taken", bytes: 3 }]);
});

Deno.test("InnerDoor.hasRoom follows what is unread, and the bell says so", () => {
  using door = openDoor();
  door.inner.post([consoleOf(MAX_UNREAD)]);
  assert.equal(door.inner.hasRoom, true);
  door.inner.post([consoleOf(1), { kind: "taken", bytes: 1 }]);
  assert.equal(door.inner.hasRoom, false);
  const { bell } = door.inner;
  door.outer.acknowledge(1);
  assert.equal(door.inner.hasRoom, true);
  assert.equal(door.inner.bell, bell + 1);
  door.outer.acknowledge(MAX_UNREAD);
  assert.equal(door.inner.bell, bell + 1);
});

Deno.test("OuterDoor.closed resolves behind all that the other side has sent", async () => {
  const door = openDoor();
  let heard = 0;
  door.outer.onMessage(() => heard++);
  for (let i = 0; i < 100; i++) door.inner.post([{ kind: "ready" }]);
  door.closeInner();
  await door.outer.closed;
  assert.equal(heard, 100);
});
