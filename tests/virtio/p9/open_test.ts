import assert from "node:assert/strict";
import { Client, refusal } from "./_client.ts";
import { withFolders } from "./_folders.ts";

const READ = 0;
const WRITE = 1;
const READ_WRITE = 2;
const CREATE = 0o100;
const EXCLUSIVE = 0o200;
const TRUNCATE = 0o1000;
const APPEND = 0o2000;
const DATA_SYNC = 0o10000;
const FOLDER = 0o200000;
const SYNC = 0o4000000;

Deno.test("Tlopen opens for what was asked", () => {
  withFolders(({ share }) => {
    Deno.writeTextFileSync(`${share}/file`, "text");
    const client = Client.attached({ folder: share });
    const reader = client.open("file", READ);
    assert.equal(new TextDecoder().decode(client.read(reader)), "text");
    assert.throws(() => client.write(reader, "x"), refusal("EBADF"));
    const writer = client.open("file", WRITE);
    assert.throws(() => client.read(writer), refusal("EBADF"));
    assert.equal(client.write(writer, "T"), 1);
    const both = client.open("file", READ_WRITE);
    assert.equal(client.write(both, "X", 3), 1);
    assert.equal(new TextDecoder().decode(client.read(both)), "TexX");
    assert.throws(
      () => client.call("lopen", { fid: both, flags: READ }),
      refusal("EINVAL"),
    );
    const bad = client.walk("file");
    assert.throws(
      () => client.call("lopen", { fid: bad, flags: 3 }),
      refusal("EINVAL"),
    );
  });
});

Deno.test("Tlopen truncates only where asked", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    for (const flags of [WRITE, READ_WRITE, READ]) {
      Deno.writeTextFileSync(`${share}/file`, "text");
      client.clunk(client.open("file", flags));
      assert.equal(client.stat("file").size, 4);
      // O_CREAT and O_EXCL were the client's to look after.
      client.clunk(
        client.open("file", flags | TRUNCATE | CREATE | EXCLUSIVE),
      );
      assert.equal(client.stat("file").size, 0);
    }
  });
});

Deno.test("Tlopen appends where asked", () => {
  withFolders(({ share }) => {
    Deno.writeTextFileSync(`${share}/file`, "text");
    const client = Client.attached({ folder: share });
    const fid = client.open("file", WRITE | APPEND);
    client.write(fid, "1", 0);
    Deno.writeTextFileSync(`${share}/file`, "2", { append: true });
    client.write(fid, "3", 0);
    assert.equal(Deno.readTextFileSync(`${share}/file`), "text123");
  });
});

Deno.test("Tlopen takes flags for synchronous files", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    for (const flag of [SYNC, DATA_SYNC]) {
      const fid = client.create(`file${flag}`, { flags: WRITE | flag });
      assert.equal(client.write(fid, "text"), 4);
      assert.equal(client.readFile(`file${flag}`), "text");
    }
  });
});

Deno.test("Tlopen opens folders for reading only", () => {
  withFolders(({ share }) => {
    Deno.mkdirSync(`${share}/folder`);
    Deno.writeTextFileSync(`${share}/file`, "");
    const client = Client.attached({ folder: share });
    const fid = client.walk("folder");
    for (const flags of [WRITE, READ_WRITE, READ | TRUNCATE]) {
      assert.throws(
        () => client.call("lopen", { fid, flags }),
        refusal("EISDIR"),
      );
    }
    assert.equal(client.call("lopen", { fid, flags: FOLDER }).qid.type, 0x80);
    assert.throws(() => client.read(fid), refusal("EISDIR"));
    assert.throws(() => client.write(fid, "x"), refusal("EISDIR"));
    assert.throws(() => client.open("file", FOLDER), refusal("ENOTDIR"));
  });
});

Deno.test("Tlcreate makes a file and opens it", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file", { flags: READ_WRITE, mode: 0o640 });
    client.write(fid, "text");
    assert.equal(Deno.readTextFileSync(`${share}/file`), "text");
    assert.equal((Deno.statSync(`${share}/file`).mode ?? 0) & 0o7777, 0o640);
    assert.deepEqual(client.getattr(fid), client.stat("file"));
  });
});

Deno.test("Tlcreate opens a file that may be written only now", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file", { flags: WRITE, mode: 0o444 });
    assert.equal(client.write(fid, "text"), 4);
    assert.equal(client.readFile("file"), "text");
  });
});

Deno.test("Tlcreate gives permissions whatever the emulator's umask", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    for (const mode of [0o666, 0o777, 0o600]) {
      client.clunk(client.create(`file${mode}`, { mode }));
      assert.equal(client.stat(`file${mode}`).mode, 0o100000 | mode);
    }
  });
});

Deno.test("Tlcreate makes no set-user-id program of the host", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.create("file", { mode: 0o7755 });
    assert.equal((Deno.statSync(`${share}/file`).mode ?? 0) & 0o7777, 0o755);
  });
});

Deno.test("Tlcreate takes an existing file, unless it must be new", () => {
  withFolders(({ share, outside }) => {
    Deno.writeTextFileSync(`${share}/file`, "text");
    Deno.mkdirSync(`${share}/folder`);
    Deno.symlinkSync(`${outside}/secret`, `${share}/link`);
    Deno.symlinkSync(`${outside}/new`, `${share}/dangling`);
    const client = Client.attached({ folder: share });
    const fid = client.create("file", { flags: READ_WRITE | CREATE });
    assert.equal(new TextDecoder().decode(client.read(fid)), "text");
    client.clunk(client.create("file", { flags: WRITE | TRUNCATE }));
    assert.equal(client.stat("file").size, 0);
    const exclusive = { flags: WRITE | EXCLUSIVE };
    assert.throws(() => client.create("file", exclusive), refusal("EEXIST"));
    assert.throws(() => client.create("folder"), refusal("EISDIR"));
    for (const name of ["link", "dangling"]) {
      assert.throws(() => client.create(name), refusal("ELOOP"));
      assert.throws(() => client.create(name, exclusive), refusal("EEXIST"));
    }
  });
});

Deno.test("Tlcreate refuses names that are none", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    for (const name of ["", ".", "..", "a/b", "../x", "a\0"]) {
      const values = { fid: 0, name, flags: 1, mode: 0o644, gid: 0 };
      assert.throws(() => client.call("lcreate", values), refusal("EINVAL"));
    }
    assert.equal(client.getattr(0).qid.type, 0x80);
  });
});

Deno.test("open files are bounded", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share, limits: { files: 2 } });
    client.create("a");
    const second = client.create("b");
    assert.throws(() => client.create("c"), refusal("EMFILE"));
    assert.throws(() => client.open("a"), refusal("EMFILE"));
    assert.deepEqual(client.list(""), ["a", "b"]);
    client.clunk(second);
    client.create("c");
  });
});

Deno.test("Tmknod makes a file, and refuses what would be the host's", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const make = (name: string, mode: number) =>
      client.call("mknod", {
        folder: 0,
        name,
        mode,
        major: 1,
        minor: 3,
        gid: 0,
      });
    assert.equal(make("file", 0o100640).qid.type, 0);
    assert.equal(client.stat("file").mode, 0o100640);
    assert.equal(make("plain", 0o600).qid.type, 0);
    assert.throws(() => make("file", 0o100640), refusal("EEXIST"));
    for (const type of [0o020000, 0o060000, 0o010000, 0o140000, 0o120000]) {
      assert.throws(() => make("node", type | 0o666), refusal("EPERM"));
    }
    assert.deepEqual(client.list(""), ["file", "plain"]);
  });
});

Deno.test("Tmkdir makes a folder with its permissions", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    for (const mode of [0o777, 0o700, 0o1777, 0o2775]) {
      const { qid } = client.mkdir(`folder${mode}`, mode);
      assert.deepEqual(qid, client.stat(`folder${mode}`).qid);
      assert.equal(client.stat(`folder${mode}`).mode, 0o040000 | mode);
    }
    client.mkdir("suid", 0o4755);
    assert.equal(client.stat("suid").mode, 0o040755);
    assert.throws(() => client.mkdir("suid"), refusal("EEXIST"));
    assert.throws(() => client.mkdir("none/x"), refusal("ENOENT"));
  });
});

Deno.test("a share that is read-only refuses every change", () => {
  withFolders(({ share }) => {
    Deno.writeTextFileSync(`${share}/file`, "text");
    Deno.mkdirSync(`${share}/folder`);
    const client = Client.attached({ folder: share, readonly: true });
    const file = client.walk("file");
    const folder = 0;
    const name = "x";
    const gid = 0;
    const fid = file;
    const refused: (() => unknown)[] = [
      () => client.open("file", WRITE),
      () => client.open("file", READ_WRITE),
      () => client.open("file", READ | TRUNCATE),
      () => client.create("x"),
      () => client.mkdir("x"),
      () => client.symlink("x", "file"),
      () => client.rename("file", "x"),
      () => client.unlink("file"),
      () => client.unlink("folder", 0x200),
      () => client.setattr(file, 1, { mode: 0o600 }),
      () => client.call("rename", { fid, folder, name }),
      () => client.call("link", { folder, fid, name }),
      () =>
        client.call("mknod", {
          folder,
          name,
          mode: 0o100644,
          major: 0,
          minor: 0,
          gid,
        }),
      () => client.call("remove", { fid: client.walk("file") }),
    ];
    for (const change of refused) assert.throws(change, refusal("EROFS"));
    const open = client.open("file");
    assert.throws(() => client.write(open, "x"), refusal("EROFS"));
    assert.equal(client.readFile("file"), "text");
    assert.deepEqual(client.list(""), ["file", "folder"]);
    assert.deepEqual(client.call("fsync", { fid: open, dataOnly: 0 }), {});
  });
});
