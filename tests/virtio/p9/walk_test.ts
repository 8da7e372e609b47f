import assert from "node:assert/strict";
import { Client, refusal } from "./_client.ts";
import { withFolders } from "./_folders.ts";

Deno.test("Twalk gives a qid for each name, and a new fid", () => {
  withFolders(({ share }) => {
    Deno.mkdirSync(`${share}/a/b`, { recursive: true });
    Deno.writeTextFileSync(`${share}/a/b/file`, "text");
    const client = Client.attached({ folder: share });
    const { qids } = client.call("walk", {
      fid: 0,
      newFid: 5,
      names: ["a", "b", "file"],
    });
    assert.deepEqual(qids.map(({ type }) => type), [0x80, 0x80, 0]);
    assert.equal(new Set(qids.map(({ path }) => path)).size, 3);
    assert.deepEqual(client.getattr(5).qid, qids[2]);
    assert.equal(client.getattr(5).size, 4);
    assert.equal(
      client.getattr(5).qid.path,
      BigInt(Deno.statSync(`${share}/a/b/file`).ino ?? -1),
    );
  });
});

Deno.test("Twalk with no names clones a fid", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    assert.deepEqual(
      client.call("walk", { fid: 0, newFid: 5, names: [] }),
      { qids: [] },
    );
    assert.deepEqual(client.getattr(5), client.getattr(0));
  });
});

Deno.test("Twalk can move a fid", () => {
  withFolders(({ share }) => {
    Deno.mkdirSync(`${share}/a`);
    const client = Client.attached({ folder: share });
    const fid = client.walk();
    client.call("walk", { fid, newFid: fid, names: ["a"] });
    assert.deepEqual(client.getattr(fid), client.stat("a"));
    client.call("lopen", { fid, flags: 0 });
    assert.throws(
      () => client.call("walk", { fid, newFid: fid, names: [] }),
      refusal("EINVAL"),
    );
  });
});

Deno.test("Twalk goes part of the way and makes no fid", () => {
  withFolders(({ share }) => {
    Deno.mkdirSync(`${share}/a`);
    Deno.writeTextFileSync(`${share}/a/file`, "");
    const client = Client.attached({ folder: share });
    const walk = (...names: string[]) =>
      client.call("walk", { fid: 0, newFid: 5, names }).qids.length;
    assert.equal(walk("a", "none", "x"), 1);
    assert.equal(walk("a", "file", "x"), 2);
    assert.throws(() => client.getattr(5), refusal("EBADF"));
    assert.throws(() => walk("none", "x"), refusal("ENOENT"));
    const file = client.walk("a/file");
    assert.throws(
      () => client.call("walk", { fid: file, newFid: 5, names: ["x"] }),
      refusal("ENOTDIR"),
    );
  });
});

Deno.test("Twalk refuses fids that are not, or are already", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const walk = (fid: number, newFid: number) =>
      client.call("walk", { fid, newFid, names: [] });
    assert.throws(() => walk(7, 8), refusal("EBADF"));
    const fid = client.walk();
    assert.throws(() => walk(0, fid), refusal("EINVAL"));
  });
});

Deno.test("Twalk refuses names that are none", () => {
  withFolders(({ share }) => {
    Deno.mkdirSync(`${share}/a`);
    const client = Client.attached({ folder: share });
    for (const name of ["", ".", "..", "a/b", "/", "/etc", "a\0", "../a"]) {
      for (const names of [[name], ["a", name]]) {
        assert.throws(
          () => client.call("walk", { fid: 0, newFid: 5, names }),
          refusal("EINVAL"),
          JSON.stringify(names),
        );
      }
    }
    const names = ["x".repeat(256)];
    assert.throws(
      () => client.call("walk", { fid: 0, newFid: 5, names }),
      refusal("ENAMETOOLONG"),
    );
  });
});

Deno.test("Twalk takes any UTF-8 name", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    for (const name of ["ä ö", "🐇", "\ufeffx", "-", "a\nb", "...", "C:\\"]) {
      client.writeFile(name, name);
      assert.equal(Deno.readTextFileSync(`${share}/${name}`), name);
      assert.equal(client.readFile(name), name);
    }
  });
});
