import assert from "node:assert/strict";
import { Client, refusal } from "./_client.ts";
import { withFolders } from "./_folders.ts";

const FOLDER = 0x200;

Deno.test("Trenameat moves files and folders, over what is there", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.mkdir("a");
    client.mkdir("b");
    client.writeFile("a/file", "one");
    client.writeFile("b/other", "two");
    client.rename("a/file", "b/other");
    assert.equal(client.readFile("b/other"), "one");
    assert.deepEqual(client.list("a"), []);
    client.rename("b", "a");
    assert.deepEqual(client.list(""), ["a"]);
    assert.equal(client.readFile("a/other"), "one");
  });
});

Deno.test("Trenameat refuses what rename() does", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.mkdir("a");
    client.mkdir("a/below");
    client.mkdir("b");
    client.writeFile("file", "");
    assert.throws(() => client.rename("a", "a/below/x"), refusal("EINVAL"));
    assert.throws(() => client.rename("b", "a"), refusal("ENOTEMPTY"));
    assert.throws(() => client.rename("file", "b"), refusal("EISDIR"));
    assert.throws(() => client.rename("b", "file"), refusal("ENOTDIR"));
    assert.throws(() => client.rename("none", "x"), refusal("ENOENT"));
    for (const name of ["..", ".", "", "x/y"]) {
      const from = { fromFolder: 0, fromName: "file", folder: 0, name };
      assert.throws(() => client.call("renameat", from), refusal("EINVAL"));
      const to = { fromFolder: 0, fromName: name, folder: 0, name: "x" };
      assert.throws(() => client.call("renameat", to), refusal("EINVAL"));
    }
    assert.deepEqual(client.list(""), ["a", "b", "file"]);
  });
});

Deno.test("Trenameat between two names of one file leaves both", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("file", "text");
    Deno.linkSync(`${share}/file`, `${share}/same`);
    const fid = client.walk("file");
    client.rename("file", "same");
    assert.deepEqual(client.list(""), ["file", "same"]);
    assert.equal(client.getattr(fid).links, 2);
    client.rename("file", "file");
    assert.equal(client.getattr(fid).links, 2);
  });
});

Deno.test("fids go along when a folder above them is renamed", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.mkdir("a");
    client.mkdir("a/b");
    client.mkdir("c");
    client.writeFile("a/b/file", "text");
    const file = client.walk("a/b/file");
    const folder = client.walk("a/b");
    client.rename("a", "c/moved");
    assert.equal(client.getattr(file).size, 4);
    client.call("lopen", { fid: file, flags: 0 });
    const values = { fid: folder, name: "new", flags: 1, mode: 0o644, gid: 0 };
    client.call("lcreate", values);
    assert.deepEqual(client.list("c/moved/b"), ["file", "new"]);
    assert.deepEqual(
      client.server.save().fids.map(({ path }) => path?.join("/")),
      ["", "c/moved/b/file", "c/moved/b/new"],
    );
  });
});

Deno.test("fids of what a rename replaced stand for nothing", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("new", "new");
    client.writeFile("old", "old one");
    const replaced = client.walk("old");
    const moved = client.walk("new");
    client.rename("new", "old");
    assert.throws(() => client.getattr(replaced), refusal("ENOENT"));
    assert.equal(client.getattr(moved).size, 3);
    const again = client.walk("old");
    assert.equal(client.getattr(again).size, 3);
    client.rename("old", "third");
    assert.equal(client.getattr(again).size, 3);
    assert.equal(client.getattr(moved).size, 3);
  });
});

Deno.test("Trename renames a fid's file", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.mkdir("folder");
    const fid = client.create("file");
    const folder = client.walk("folder");
    client.call("rename", { fid, folder, name: "moved" });
    assert.deepEqual(client.list("folder"), ["moved"]);
    client.write(fid, "text");
    assert.equal(client.readFile("folder/moved"), "text");
    client.unlink("folder/moved");
    assert.throws(
      () => client.call("rename", { fid, folder, name: "x" }),
      refusal("ENOENT"),
    );
    assert.throws(
      () => client.call("rename", { fid: 0, folder, name: "x" }),
      refusal("EBUSY"),
    );
  });
});

Deno.test("Tunlinkat deletes a file or a folder, as it says", () => {
  withFolders(({ share, outside }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("file", "");
    client.mkdir("folder");
    client.mkdir("full");
    client.writeFile("full/file", "");
    Deno.symlinkSync(outside, `${share}/link`);
    assert.throws(() => client.unlink("file", FOLDER), refusal("ENOTDIR"));
    assert.throws(() => client.unlink("folder"), refusal("EISDIR"));
    assert.throws(() => client.unlink("full", FOLDER), refusal("ENOTEMPTY"));
    assert.throws(() => client.unlink("link", FOLDER), refusal("ENOTDIR"));
    assert.throws(() => client.unlink("none"), refusal("ENOENT"));
    assert.throws(() => client.unlink("file", 1), refusal("EINVAL"));
    client.unlink("file");
    client.unlink("folder", FOLDER);
    client.unlink("link");
    assert.deepEqual(client.list(""), ["full"]);
    for (const name of [".", "..", "", "full/file"]) {
      const values = { folder: 0, name, flags: 0 };
      assert.throws(() => client.call("unlinkat", values), refusal("EINVAL"));
    }
  });
});

Deno.test("what is in a deleted folder is gone with it", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.mkdir("folder");
    const folder = client.walk("folder");
    client.unlink("folder", FOLDER);
    const create = { fid: folder, name: "x", flags: 1, mode: 0o644, gid: 0 };
    assert.throws(() => client.call("lcreate", create), refusal("ENOENT"));
    client.mkdir("folder");
    assert.throws(() => client.call("lcreate", create), refusal("ENOENT"));
    assert.throws(
      () => client.call("walk", { fid: folder, newFid: 9, names: ["x"] }),
      refusal("ENOENT"),
    );
    assert.deepEqual(client.list("folder"), []);
  });
});

Deno.test("Tlink gives a file another name", () => {
  withFolders(({ share, outside }) => {
    Deno.symlinkSync(`${outside}/secret`, `${share}/link`);
    const client = Client.attached({ folder: share });
    client.writeFile("file", "text");
    client.mkdir("folder");
    const fid = client.walk("file");
    const folder = client.walk("folder");
    client.call("link", { folder, fid, name: "same" });
    assert.deepEqual(client.stat("folder/same"), client.stat("file"));
    assert.equal(client.getattr(fid).links, 2);
    assert.throws(
      () => client.call("link", { folder, fid, name: "same" }),
      refusal("EEXIST"),
    );
    for (const name of ["folder", "link"]) {
      assert.throws(
        () => client.call("link", { folder, fid: client.walk(name), name }),
        refusal("EPERM"),
      );
    }
    for (const name of ["..", "a/b", "../x"]) {
      assert.throws(
        () => client.call("link", { folder, fid, name }),
        refusal("EINVAL"),
      );
    }
    assert.deepEqual(client.list("folder"), ["same"]);
  });
});

Deno.test("a file that the host replaced is found by its name", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("file", "text");
    const fid = client.walk("file");
    Deno.writeTextFileSync(`${share}/new`, "replaced");
    Deno.renameSync(`${share}/new`, `${share}/file`);
    assert.equal(client.getattr(fid).size, 8);
    Deno.removeSync(`${share}/file`);
    assert.throws(() => client.getattr(fid), refusal("ENOENT"));
  });
});
