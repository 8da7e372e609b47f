import assert from "node:assert/strict";
import { parseEntries } from "../../../virtio/p9/codec.ts";
import { Client, refusal } from "./_client.ts";
import { withFolders } from "./_folders.ts";

Deno.test("Treaddir lists files with dots, types and inode numbers", () => {
  withFolders(({ share, outside }) => {
    Deno.mkdirSync(`${share}/folder/below`, { recursive: true });
    Deno.writeTextFileSync(`${share}/folder/file`, "");
    Deno.symlinkSync(outside, `${share}/folder/host-link`);
    const client = Client.attached({ folder: share });
    client.symlink("folder/link", "file");
    const entries = client.entries(client.open("folder"));
    assert.deepEqual(entries.map(({ name, type }) => [name, type]), [
      [".", 4],
      ["..", 4],
      ["below", 4],
      ["file", 8],
      ["host-link", 10],
      ["link", 10],
    ]);
    assert.deepEqual(entries.map(({ offset }) => offset), [1, 2, 3, 4, 5, 6]);
    for (const { name, qid } of entries.slice(2)) {
      assert.deepEqual(qid, client.stat(`folder/${name}`).qid, name);
    }
    assert.deepEqual(entries[0]?.qid, client.stat("folder").qid);
    assert.deepEqual(entries[1]?.qid, client.stat("").qid);
  });
});

Deno.test("Treaddir gives the shared folder itself as its parent", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const [dot, parent] = client.entries(client.open(""));
    assert.deepEqual(dot?.qid, client.stat("").qid);
    assert.deepEqual(parent?.qid, client.stat("").qid);
  });
});

Deno.test("Treaddir lists 5,000 files through small replies", () => {
  withFolders(({ share }) => {
    const expected: string[] = [];
    for (let index = 0; index < 5000; index++) {
      const name = `file-${index}-${"x".repeat(index % 100)}`;
      Deno.writeTextFileSync(`${share}/${name}`, "");
      expected.push(name);
    }
    const client = Client.attached({ folder: share });
    for (const count of [4096, 65536, 1 << 20]) {
      const fid = client.open("");
      const names = client.entries(fid, 0, count).map(({ name }) => name);
      assert.deepEqual(names.slice(2), expected.toSorted(), `${count} bytes`);
      client.clunk(fid);
    }
  });
});

Deno.test("Treaddir's offsets hold while files come and go", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    for (const name of ["a", "b", "c", "d"]) client.writeFile(name, "");
    const fid = client.open("");
    const all = client.entries(fid);
    const [, , a, b] = all;
    client.unlink("a");
    client.unlink("c");
    client.writeFile("aa", "");
    const rest = client.entries(fid, b?.offset);
    assert.deepEqual(rest.map(({ name }) => name), ["d"]);
    assert.deepEqual(rest[0]?.offset, all.at(-1)?.offset);
    assert.deepEqual(
      client.entries(fid, a?.offset).map(({ name }) => name),
      ["b", "d"],
    );
    // From the beginning the list is made anew.
    assert.deepEqual(
      client.entries(fid).slice(2).map(({ name }) => name),
      ["aa", "b", "d"],
    );
  });
});

Deno.test("Treaddir deletes a folder's files as rm -r does", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.mkdir("folder");
    for (let index = 0; index < 300; index++) {
      client.writeFile(`folder/${index}`, "");
    }
    const fid = client.open("folder");
    let offset = 0;
    for (let left = 302; left > 0;) {
      client.call("readdir", { fid, offset, count: 200 });
      for (const entry of parseEntries(client.data)) {
        offset = entry.offset;
        left--;
        if (!entry.name.startsWith(".")) client.unlink(`folder/${entry.name}`);
      }
    }
    client.unlink("folder", 0x200);
    assert.deepEqual(client.list(""), []);
    assert.deepEqual(client.entries(fid, 2), []);
    assert.throws(() => client.entries(fid, 0), refusal("ENOENT"));
  });
});

Deno.test("Treaddir refuses what is no open folder, and too little room", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const file = client.create("file");
    const read = (fid: number, count: number) =>
      client.call("readdir", { fid, offset: 0, count });
    assert.throws(() => read(file, 4096), refusal("ENOTDIR"));
    assert.throws(() => read(0, 4096), refusal("EBADF"));
    const folder = client.open("");
    assert.throws(() => read(folder, 24), refusal("EINVAL"));
    assert.equal(read(folder, 25).data, 25);
  });
});

Deno.test("Treaddir takes any offset", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.open("");
    for (const offset of [3, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      assert.deepEqual(client.entries(fid, offset), []);
    }
  });
});

Deno.test("lists of names are bounded", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share, limits: { names: 10 } });
    for (const name of ["a", "b", "c"]) client.writeFile(name, "");
    const first = client.open("");
    const second = client.open("");
    const third = client.open("");
    assert.equal(client.entries(first).length, 5);
    assert.equal(client.entries(first).length, 5);
    assert.equal(client.entries(second).length, 5);
    assert.throws(() => client.entries(third), refusal("ENOMEM"));
    client.clunk(first);
    assert.equal(client.entries(third).length, 5);
  });
});

Deno.test({
  name: "Treaddir leaves out names that are not UTF-8",
  ignore: Deno.build.os !== "linux",
  fn() {
    withFolders(({ share }) => {
      Deno.writeTextFileSync(`${share}/good`, "");
      const script = `printf x > "$1/$(printf 'bad\\377')"`;
      const { success } = new Deno.Command("sh", {
        args: ["-c", script, "sh", share],
      }).outputSync();
      assert(success);
      const client = Client.attached({ folder: share });
      assert.deepEqual(client.list(""), ["good"]);
    });
  },
});
