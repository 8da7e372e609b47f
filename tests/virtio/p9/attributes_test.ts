import assert from "node:assert/strict";
import { SET } from "../../../virtio/p9/attributes.ts";
import { Client, refusal } from "./_client.ts";
import { withFolders } from "./_folders.ts";

Deno.test("Tgetattr gives what the host says", () => {
  withFolders(({ share }) => {
    Deno.writeTextFileSync(`${share}/file`, "text");
    Deno.chmodSync(`${share}/file`, 0o640);
    Deno.linkSync(`${share}/file`, `${share}/second`);
    Deno.utimeSync(`${share}/file`, new Date(1_234_567), new Date(7_654_321));
    const client = Client.attached({ folder: share });
    const host = Deno.statSync(`${share}/file`);
    const found = client.stat("file");
    assert.equal(found.valid, 0xfffn);
    assert.equal(found.mode, 0o100640);
    assert.equal(found.links, 2);
    assert.equal(found.size, 4);
    assert.equal(found.uid, host.uid);
    assert.equal(found.gid, host.gid);
    assert.equal(found.blocks, host.blocks);
    assert.equal(found.blockSize, host.blksize);
    assert.equal(found.accessSeconds, 1234);
    assert.equal(found.accessNanoseconds, 567_000_000);
    assert.equal(found.modifySeconds, 7654);
    assert.equal(found.modifyNanoseconds, 321_000_000);
    assert.equal(
      found.birthSeconds,
      Math.floor((host.birthtime?.getTime() ?? 0) / 1000),
    );
    assert.deepEqual(found.qid, client.stat("second").qid);
  });
});

Deno.test("Tgetattr says the same of a file that is open", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file");
    client.write(fid, "text");
    assert.deepEqual(client.getattr(fid), client.stat("file"));
  });
});

Deno.test("a qid's version changes with the file", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("file", "one");
    const before = client.stat("file").qid;
    Deno.writeTextFileSync(`${share}/file`, "other");
    const after = client.stat("file").qid;
    assert.equal(after.path, before.path);
    assert.notEqual(after.version, before.version);
  });
});

Deno.test("Tsetattr changes the mode, open or not", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file");
    client.mkdir("folder");
    client.setattr(fid, SET.mode | SET.changeTime, { mode: 0o100600 });
    assert.equal(client.stat("file").mode, 0o100600);
    client.setattr(client.walk("file"), SET.mode, { mode: 0o444 });
    assert.equal(client.stat("file").mode, 0o100444);
    client.setattr(client.walk("folder"), SET.mode, { mode: 0o1700 });
    assert.equal(client.stat("folder").mode, 0o041700);
    client.setattr(0, SET.mode, { mode: 0o755 });
    assert.equal(client.getattr(0).mode, 0o040755);
  });
});

Deno.test("Tsetattr changes the mode of what nobody may read", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("file", "");
    client.mkdir("folder");
    for (const name of ["file", "folder"]) {
      const fid = client.walk(name);
      client.setattr(fid, SET.mode, { mode: 0 });
      assert.equal(client.stat(name).mode & 0o777, 0);
      client.setattr(fid, SET.mode, { mode: 0o755 });
      assert.equal(client.stat(name).mode & 0o777, 0o755);
    }
  });
});

Deno.test("Tsetattr sets no set-user-id and no sticky bit of a file", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const open = client.create("file");
    for (const fid of [open, client.walk("file")]) {
      client.setattr(fid, SET.mode, { mode: 0o7755 });
      assert.equal(client.stat("file").mode, 0o100755);
    }
  });
});

Deno.test("Tsetattr changes the size, open or not", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file");
    client.write(fid, "a longer text");
    client.setattr(fid, SET.size, { size: 8 });
    assert.equal(client.readFile("file"), "a longer");
    client.setattr(client.walk("file"), SET.size, { size: 1 });
    assert.equal(client.readFile("file"), "a");
    client.setattr(client.walk("file"), SET.size, { size: 3 });
    assert.equal(client.readFile("file"), "a\0\0");
    const reader = client.open("file");
    assert.throws(
      () => client.setattr(reader, SET.size, { size: 0 }),
      refusal("EBADF"),
    );
    assert.throws(
      () => client.setattr(0, SET.size, { size: 0 }),
      refusal("EISDIR"),
    );
  });
});

Deno.test("Tsetattr changes times, one or both", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("file", "");
    const given = {
      accessSeconds: 1_000_000,
      accessNanoseconds: 123_456_789,
      modifySeconds: 2 ** 33,
      modifyNanoseconds: 999_999_999,
    };
    const { accessTime, accessTimeGiven, modifyTime, modifyTimeGiven } = SET;
    const access = accessTime | accessTimeGiven;
    const modify = modifyTime | modifyTimeGiven;
    for (const open of [false, true]) {
      const fid = open ? client.open("file", 2) : client.walk("file");
      client.setattr(fid, access | modify, given);
      const both = client.stat("file");
      assert.equal(both.accessSeconds, 1_000_000);
      assert.equal(both.accessNanoseconds, 123_000_000);
      assert.equal(both.modifySeconds, 2 ** 33);
      assert.equal(both.modifyNanoseconds, 999_000_000);
      client.setattr(fid, modify, { modifySeconds: 5 });
      assert.equal(client.stat("file").modifySeconds, 5);
      assert.equal(client.stat("file").accessSeconds, 1_000_000);
      const before = Math.floor(Date.now() / 1000);
      client.setattr(fid, accessTime, given);
      const now = client.stat("file");
      assert(now.accessSeconds >= before && now.accessSeconds < before + 60);
      assert.equal(now.modifySeconds, 5);
    }
    const fid = client.walk("file");
    for (const seconds of [2 ** 52, Number.MAX_SAFE_INTEGER]) {
      assert.throws(
        () => client.setattr(fid, modify, { modifySeconds: seconds }),
        refusal("EINVAL"),
      );
    }
    assert.equal(client.stat("file").modifySeconds, 5);
  });
});

Deno.test("Tsetattr changes the shared folder's times", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const valid = SET.modifyTime | SET.modifyTimeGiven;
    client.setattr(0, valid, { modifySeconds: 77 });
    assert.equal(client.getattr(0).modifySeconds, 77);
  });
});

Deno.test("Tsetattr refuses to give files away, and changes nothing then", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("file", "text");
    const { uid, gid } = client.stat("file");
    const fid = client.walk("file");
    client.setattr(fid, SET.uid | SET.gid, { uid, gid });
    client.setattr(fid, SET.uid | SET.gid);
    for (
      const [bit, values] of [
        [SET.uid, { uid: uid + 1 }],
        [SET.gid, { gid: gid + 1 }],
      ] as const
    ) {
      assert.throws(
        () =>
          client.setattr(fid, bit | SET.mode | SET.size, {
            ...values,
            mode: 0o600,
          }),
        refusal("EPERM"),
      );
    }
    assert.equal(client.stat("file").mode, 0o100644);
    assert.equal(client.stat("file").size, 4);
  });
});

Deno.test("Tsetattr refuses what it does not know", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    assert.throws(() => client.setattr(0, 0x200), refusal("EINVAL"));
    assert.throws(() => client.setattr(99, SET.mode), refusal("EBADF"));
  });
});
