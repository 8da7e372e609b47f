import assert from "node:assert/strict";
import { LOCK_STATUS } from "../../../virtio/p9/locks.ts";
import { LOCK_TYPE } from "../../../virtio/p9/lock_table.ts";
import { Client, refusal } from "./_client.ts";
import { withFolders } from "./_folders.ts";

const { read, write, unlock } = LOCK_TYPE;
const { success, blocked } = LOCK_STATUS;

/** Locks a range of a fid's file. */
function lock(
  client: Client,
  fid: number,
  { type, start = 0n, length = 0n, process = fid, host = "guest", flags = 0 }: {
    type: number;
    start?: bigint;
    length?: bigint;
    process?: number;
    host?: string;
    flags?: number;
  },
): number {
  return client.call("lock", {
    fid,
    type,
    flags,
    start,
    length,
    process,
    client: host,
  }).status;
}

/** What is in the way of a write lock, as text. */
function inTheWay(client: Client, fid: number, start: bigint): string {
  const found = client.call("getlock", {
    fid,
    type: write,
    start,
    length: 1n,
    process: 999,
    client: "guest",
  });
  if (found.type === unlock) return "nothing";
  return `${found.type} ${found.start}+${found.length} ${found.process}`;
}

function withTwo(
  work: (client: Client, one: number, other: number) => void,
  limits = {},
): void {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share, limits });
    const one = client.create("file");
    work(client, one, client.open("file", 2));
  });
}

Deno.test("Tlock lets one write, or several read", () => {
  withTwo((client, one, other) => {
    assert.equal(lock(client, one, { type: write }), success);
    assert.equal(lock(client, other, { type: write }), blocked);
    assert.equal(lock(client, other, { type: read }), blocked);
    assert.equal(lock(client, one, { type: read }), success);
    assert.equal(lock(client, other, { type: read }), success);
    assert.equal(lock(client, other, { type: write }), blocked);
    assert.equal(lock(client, one, { type: unlock }), success);
    assert.equal(lock(client, other, { type: write }), success);
  });
});

Deno.test("Tlock locks ranges", () => {
  withTwo((client, one, other) => {
    const range = { start: 10n, length: 10n };
    assert.equal(lock(client, one, { type: write, ...range }), success);
    const free = [[0n, 10n], [20n, 0n]] as const;
    for (const [start, length] of free) {
      const wanted = { type: write, start, length };
      assert.equal(lock(client, other, wanted), success);
    }
    for (const start of [10n, 19n]) {
      assert.equal(
        lock(client, other, { type: write, start, length: 1n }),
        blocked,
      );
    }
    assert.equal(inTheWay(client, client.open("file"), 15n), "1 10+10 1");
  });
});

Deno.test("Tlock splits, joins and replaces ranges", () => {
  withTwo((client, one) => {
    const third = client.open("file");
    lock(client, one, { type: write, start: 0n, length: 100n });
    lock(client, one, { type: unlock, start: 40n, length: 20n });
    assert.equal(inTheWay(client, third, 39n), "1 0+40 1");
    assert.equal(inTheWay(client, third, 40n), "nothing");
    assert.equal(inTheWay(client, third, 60n), "1 60+40 1");
    lock(client, one, { type: read, start: 70n, length: 10n });
    assert.equal(inTheWay(client, third, 75n), "0 70+10 1");
    assert.equal(inTheWay(client, third, 80n), "1 80+20 1");
    lock(client, one, { type: write, start: 40n, length: 40n });
    assert.equal(inTheWay(client, third, 75n), "1 0+100 1");
    lock(client, one, { type: write, start: 100n });
    assert.equal(inTheWay(client, third, 2n ** 63n), "1 0+0 1");
    assert.equal(client.server.save().locks.length, 1);
  });
});

Deno.test("Tlock takes a fid and a process for one owner each", () => {
  withTwo((client, one, other) => {
    lock(client, one, { type: write, process: 7 });
    // The process has the file open twice.
    assert.equal(lock(client, other, { type: write, process: 7 }), success);
    // A child inherited the file, and unlocks it: flock -u in a script.
    assert.equal(lock(client, other, { type: unlock, process: 8 }), success);
    assert.equal(lock(client, one, { type: unlock, process: 9 }), success);
    assert.equal(lock(client, other, { type: write, process: 10 }), success);
    // Another guest has processes of the same numbers.
    const theirs = { type: write, process: 10, host: "other" };
    assert.equal(lock(client, one, theirs), blocked);
  });
});

Deno.test("locks end with their fid, and belong to one file", () => {
  withTwo((client, one, other) => {
    lock(client, one, { type: write });
    const elsewhere = client.create("elsewhere");
    assert.equal(lock(client, elsewhere, { type: write }), success);
    client.clunk(one);
    assert.equal(lock(client, other, { type: write }), success);
  });
});

Deno.test("Tlock knows a file by its inode", () => {
  withTwo((client, one) => {
    client.call("link", { folder: 0, fid: client.walk("file"), name: "same" });
    const same = client.open("same", 2);
    lock(client, one, { type: write });
    assert.equal(lock(client, same, { type: write }), blocked);
  });
});

Deno.test("Tlock refuses what is no lock", () => {
  withTwo((client, one) => {
    assert.throws(() => lock(client, one, { type: 3 }), refusal("EINVAL"));
    assert.throws(
      () => lock(client, one, { type: write, flags: 4 }),
      refusal("EINVAL"),
    );
    assert.equal(lock(client, one, { type: write, flags: 1 }), success);
    const end = 2n ** 64n - 1n;
    assert.throws(
      () => lock(client, one, { type: write, start: end, length: 2n }),
      refusal("EINVAL"),
    );
    assert.equal(
      lock(client, one, { type: write, start: end, length: 1n }),
      success,
    );
    const host = "x".repeat(256);
    assert.throws(
      () => lock(client, one, { type: write, host }),
      refusal("EINVAL"),
    );
    assert.throws(() => lock(client, 0, { type: read }), refusal("EBADF"));
    const folder = client.open("");
    assert.throws(
      () => lock(client, folder, { type: read }),
      refusal("EISDIR"),
    );
  });
});

Deno.test("locks are bounded", () => {
  withTwo((client, one) => {
    for (const start of [0n, 10n, 20n]) {
      lock(client, one, { type: write, start, length: 5n });
    }
    const more = { type: write, start: 30n, length: 5n };
    assert.throws(() => lock(client, one, more), refusal("ENOLCK"));
    const hole = { type: unlock, start: 1n, length: 1n };
    assert.throws(() => lock(client, one, hole), refusal("ENOLCK"));
    lock(client, one, { type: unlock, start: 0n, length: 5n });
    assert.equal(lock(client, one, more), success);
  }, { locks: 3 });
});
