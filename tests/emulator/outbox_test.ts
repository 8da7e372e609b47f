import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { InnerDoor } from "../../emulator/door.ts";
import type { Outbound } from "../../emulator/messages.ts";
import { Outbox } from "../../emulator/outbox.ts";

function createOutbox() {
  const posted: Outbound[][] = [];
  const door = { post: (batch: Outbound[]) => void posted.push(batch) };
  return { outbox: new Outbox(door as InnerDoor), posted };
}

function text(message: Outbound | undefined): string {
  assert.ok(message?.kind === "console");
  return new TextDecoder().decode(message.bytes);
}

const bytes = (content: string) => new TextEncoder().encode(content);

Deno.test("Outbox joins console output until the thread sleeps", () => {
  const { outbox, posted } = createOutbox();
  const reused = bytes("ab");
  outbox.console(reused);
  reused.fill(0);
  outbox.flush({ sleeping: false });
  outbox.console(bytes("c"));
  outbox.flush({ sleeping: false });
  assert.equal(posted.length, 0);
  outbox.flush({ sleeping: true });
  assert.equal(posted.length, 1);
  assert.equal(text(posted[0]?.[0]), "abc");
  outbox.flush({ sleeping: true });
  assert.equal(posted.length, 1);
});

Deno.test("Outbox keeps the order of console output and messages", () => {
  const { outbox, posted } = createOutbox();
  outbox.console(bytes("a"));
  outbox.add({ kind: "taken", bytes: 1 });
  outbox.console(bytes("b"));
  outbox.flush({ sleeping: true });
  assert.deepEqual(posted[0]?.map(({ kind }) => kind), [
    "console",
    "taken",
    "console",
  ]);
});

Deno.test("Outbox sends an urgent message, much output and old output at once", async () => {
  const { outbox, posted } = createOutbox();
  outbox.add({ kind: "answer", id: 1, result: 2 }, { urgent: true });
  outbox.flush({ sleeping: false });
  assert.equal(posted.length, 1);
  outbox.console(new Uint8Array(70_000));
  outbox.flush({ sleeping: false });
  assert.equal(posted.length, 2);
  outbox.console(bytes("x"));
  outbox.flush({ sleeping: false });
  assert.equal(posted.length, 2);
  await sleep(10);
  outbox.flush({ sleeping: false });
  assert.equal(posted.length, 3);
});
