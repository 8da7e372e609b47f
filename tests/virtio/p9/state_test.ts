import assert from "node:assert/strict";
import type { ServerState } from "../../../virtio/p9/state.ts";
import { Client, refusal } from "./_client.ts";
import { withFolders } from "./_folders.ts";

/** A client of another server that took the first one's state. */
function revived(
  client: Client,
  folder: string,
  options: { readonly?: boolean } = {},
): Client {
  const other = new Client({ folder, ...options });
  other.server.restore(structuredClone(client.server.save()));
  return other;
}

Deno.test("restore() takes fids, open files, and offsets in folders", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share }, 8192);
    client.mkdir("folder");
    for (const name of ["a", "b", "c"]) {
      client.writeFile(`folder/${name}`, name);
    }
    const walked = client.walk("folder/a");
    const file = client.create("file", { flags: 0o1002 });
    client.write(file, "text");
    const folder = client.open("folder");
    const unread = client.open("folder");
    const third = client.entries(folder)[2]?.offset;
    client.writeFile("folder/aa", "");
    const other = revived(client, share);
    assert.equal(other.getattr(walked).size, 1);
    // Nothing is truncated a second time.
    assert.equal(new TextDecoder().decode(other.read(file)), "text");
    assert.equal(other.write(file, "TEXT"), 4);
    assert.deepEqual(
      other.entries(folder, third).map(({ name }) => name),
      ["b", "c"],
    );
    assert.equal(other.entries(unread).length, 6);
    assert.deepEqual(other.server.save().messageSize, 8192);
    assert.throws(
      () => other.write(file, new Uint8Array(8192)),
      refusal("EMSGSIZE"),
    );
  });
});

Deno.test("restore() gives back what save() gave", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file");
    client.call("lock", {
      fid,
      type: 1,
      flags: 0,
      start: 5n,
      length: 0n,
      process: 7,
      client: "guest",
    });
    client.entries(client.open(""));
    const state = client.server.save();
    const other = revived(client, share);
    assert.deepEqual(other.server.save(), state);
    assert.equal(state.locks.length, 1);
  });
});

Deno.test("restore() keeps locks", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file");
    const second = client.open("file", 2);
    const values = {
      type: 1,
      flags: 0,
      start: 0n,
      length: 0n,
      client: "guest",
    };
    client.call("lock", { ...values, fid, process: 1 });
    const other = revived(client, share);
    const wanted = { ...values, fid: second, process: 2 };
    assert.equal(other.call("lock", wanted).status, 1);
    other.clunk(fid);
    assert.equal(other.call("lock", wanted).status, 0);
  });
});

Deno.test("restore() loses files that have no name any more", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const deleted = client.create("deleted");
    const unopened = client.walk("deleted");
    client.unlink("deleted");
    const moved = client.create("moved");
    const became = client.create("became");
    const kept = client.create("kept");
    Deno.renameSync(`${share}/moved`, `${share}/elsewhere`);
    Deno.removeSync(`${share}/became`);
    Deno.mkdirSync(`${share}/became`);
    const other = revived(client, share);
    for (const fid of [deleted, moved, became]) {
      for (const again of [other, revived(other, share)]) {
        assert.throws(() => again.read(fid), refusal("ESTALE"));
        assert.throws(() => again.getattr(fid), refusal("ESTALE"));
        again.clunk(fid);
        assert.throws(() => again.clunk(fid), refusal("EBADF"));
      }
    }
    assert.throws(() => other.getattr(unopened), refusal("ENOENT"));
    other.clunk(unopened);
    assert.equal(other.write(kept, "text"), 4);
  });
});

Deno.test("restore() opens nothing for writing in a read-only share", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const writer = client.create("file", { flags: 1 });
    const reader = client.open("file");
    const other = revived(client, share, { readonly: true });
    assert.throws(() => other.getattr(writer), refusal("ESTALE"));
    assert.equal(other.read(reader).length, 0);
  });
});

Deno.test("restore() follows no link to what was open", () => {
  withFolders(({ share, outside }) => {
    const client = Client.attached({ folder: share });
    client.mkdir("folder");
    const fid = client.create("folder/secret");
    Deno.renameSync(`${share}/folder`, `${share}/was`);
    Deno.symlinkSync(outside, `${share}/folder`);
    const other = revived(client, share);
    assert.throws(() => other.read(fid), refusal("ESTALE"));
  });
});

Deno.test("restore() throws for what save() cannot have given", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.create("file");
    const state = client.server.save();
    const fid = { fid: 1, path: [], open: undefined };
    const wrong: unknown[] = [
      undefined,
      null,
      7,
      {},
      { ...state, messageSize: -1 },
      { ...state, messageSize: 1 << 21 },
      { ...state, messageSize: 1.5 },
      { ...state, devices: undefined },
      { ...state, devices: ["0"] },
      { ...state, fids: {} },
      { ...state, fids: [undefined] },
      { ...state, fids: [{ ...fid, fid: "1" }] },
      { ...state, fids: [{ ...fid, path: "a" }] },
      { ...state, fids: [{ ...fid, path: [7] }] },
      { ...state, fids: [{ ...fid, open: { kind: "pipe" } }] },
      { ...state, fids: [{ ...fid, open: null }] },
      { ...state, fids: [{ ...fid, open: { kind: "file", flags: -1 } }] },
      { ...state, locks: [{}] },
      { ...state, locks: undefined },
    ];
    for (const value of wrong) {
      assert.throws(() => client.server.restore(value), TypeError);
    }
    const outOfRange: ServerState[] = [
      { ...state, fids: [fid, fid] },
      { ...state, fids: [{ ...fid, path: [".."] }] },
      { ...state, fids: [{ ...fid, path: ["a/../.."] }] },
    ];
    for (const value of outOfRange) {
      assert.throws(() => client.server.restore(value), RangeError);
      assert.deepEqual(client.server.save().fids, []);
    }
  });
});
