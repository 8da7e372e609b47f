import assert from "node:assert/strict";
import { Client, refusal } from "./_client.ts";
import { type Folders, outsideIsUntouched, withFolders } from "./_folders.ts";

/** Runs a test and checks that nothing outside was touched. */
function withJail(work: (client: Client, folders: Folders) => void): void {
  withFolders((folders) => {
    const { share } = folders;
    Deno.mkdirSync(`${share}/folder`);
    Deno.mkdirSync(`${share}/movable`);
    Deno.writeTextFileSync(`${share}/folder/secret`, "inside");
    work(Client.attached({ folder: share }), folders);
    assert(outsideIsUntouched(folders));
  });
}

/** The host puts a link to the folder outside in a folder's place. */
function swap({ share, outside }: Folders): void {
  Deno.renameSync(`${share}/folder`, `${share}/was`);
  Deno.symlinkSync(outside, `${share}/folder`);
}

/** Everything that a fid of a folder can be asked to do below it. */
function attempts(client: Client, folder: number): (() => unknown)[] {
  const gid = 0;
  const name = "secret";
  const newName = "new";
  const mode = 0o644;
  const values = { folder, name: newName, gid, mode };
  return [
    () => client.call("walk", { fid: folder, newFid: 900, names: [name] }),
    () =>
      client.call("lcreate", { fid: folder, name, flags: 0o1001, mode, gid }),
    () =>
      client.call("lcreate", {
        fid: folder,
        name: newName,
        flags: 1,
        mode,
        gid,
      }),
    () => client.call("mkdir", values),
    () =>
      client.call("mknod", { ...values, mode: 0o100644, major: 0, minor: 0 }),
    () => client.call("symlink", { folder, name: newName, target: "x", gid }),
    () => client.call("unlinkat", { folder, name, flags: 0 }),
    () =>
      client.call("renameat", {
        fromFolder: folder,
        fromName: name,
        folder: 0,
        name: "stolen",
      }),
    () =>
      client.call("renameat", {
        fromFolder: 0,
        fromName: "movable",
        folder,
        name: "given",
      }),
  ];
}

Deno.test("a folder that the host makes a link leads nowhere", () => {
  withJail((client, folders) => {
    const folder = client.walk("folder");
    const file = client.walk("folder/secret");
    swap(folders);
    for (const attempt of attempts(client, folder)) {
      assert.throws(attempt, refusal("ENOTDIR"), attempt.toString());
    }
    const below: (() => unknown)[] = [
      () => client.getattr(file),
      () => client.call("lopen", { fid: file, flags: 0 }),
      () => client.call("lopen", { fid: file, flags: 0o1002 }),
      () => client.setattr(file, 1, { mode: 0o777 }),
      () => client.setattr(file, 8, { size: 0 }),
      () => client.setattr(file, 0x120, { modifySeconds: 1 }),
      () => client.call("fsync", { fid: file, dataOnly: 0 }),
      () => client.call("readlink", { fid: file }),
      () => client.call("link", { folder: 0, fid: file, name: "stolen" }),
      () => client.call("rename", { fid: file, folder: 0, name: "stolen" }),
    ];
    for (const attempt of below) {
      assert.throws(attempt, refusal("ENOTDIR"), attempt.toString());
    }
    assert.throws(
      () => client.call("remove", { fid: file }),
      refusal("ENOTDIR"),
    );
    // The link itself is shown, and what the folder was has another name.
    assert.equal(client.getattr(folder).mode & 0o170000, 0o120000);
    assert.throws(
      () => client.call("lopen", { fid: folder, flags: 0 }),
      refusal("ELOOP"),
    );
    assert.equal(client.readFile("was/secret"), "inside");
  });
});

Deno.test("a folder that becomes a link while it is read shows nothing", () => {
  withJail((client, folders) => {
    const fid = client.open("folder");
    swap(folders);
    assert.throws(() => client.entries(fid), refusal("ENOTDIR"));
  });
  withJail((client, folders) => {
    const fid = client.open("folder");
    assert.equal(client.entries(fid).length, 3);
    swap(folders);
    // The names were read before, but what they stand for is asked now.
    assert.throws(() => client.entries(fid, 1), refusal("ENOTDIR"));
  });
});

Deno.test("a host's link is never followed", () => {
  withJail((client, { share, outside }) => {
    Deno.symlinkSync(outside, `${share}/absolute`);
    Deno.symlinkSync("../outside", `${share}/relative`);
    Deno.symlinkSync(`${outside}/secret`, `${share}/file`);
    Deno.symlinkSync("folder", `${share}/harmless`);
    for (const link of ["absolute", "relative", "harmless"]) {
      const fid = client.walk(link);
      for (const attempt of attempts(client, fid)) {
        assert.throws(attempt, refusal("ENOTDIR"), `${link}: ${attempt}`);
      }
      assert.throws(() => client.open(link), refusal("ELOOP"));
      assert.equal(
        client.call("walk", { fid: 0, newFid: 901, names: [link, "secret"] })
          .qids.length,
        1,
      );
    }
    for (const flags of [0, 1, 2, 0o1001, 0o2001]) {
      assert.throws(() => client.open("file", flags), refusal("ELOOP"));
    }
    const fid = client.walk("file");
    assert.throws(
      () => client.setattr(fid, 1, { mode: 0o777 }),
      refusal("EOPNOTSUPP"),
    );
    assert.throws(
      () => client.setattr(fid, 8, { size: 0 }),
      refusal("EINVAL"),
    );
    assert.throws(
      () => client.call("fsync", { fid, dataOnly: 0 }),
      refusal("EPERM"),
    );
    client.setattr(fid, 0x120, { modifySeconds: 1 });
    const secret = Deno.statSync(`${outside}/secret`);
    assert.notEqual(secret.mtime?.getTime(), 1000);
  });
});

Deno.test("a link that the guest makes is no link of the host's", () => {
  withJail((client, { share, outside }) => {
    client.symlink("way", outside);
    client.symlink("file", `${outside}/secret`);
    client.symlink("up", "..");
    assert.throws(
      () => Deno.readTextFileSync(`${share}/way/secret`),
      Deno.errors.NotADirectory,
    );
    assert.notEqual(Deno.readTextFileSync(`${share}/file`), "secret");
    for (const name of ["way", "up"]) {
      const fid = client.walk(name);
      for (const attempt of attempts(client, fid)) {
        assert.throws(attempt, refusal("ENOTDIR"), attempt.toString());
      }
    }
    assert.throws(() => client.open("file"), refusal("ELOOP"));
  });
});

Deno.test("no name leads up", () => {
  withJail((client) => {
    const folder = client.walk("folder");
    for (const name of ["..", "../..", "../outside", "..\0", "/", "./.."]) {
      const names = [name];
      const gid = 0;
      const fid = folder;
      const tries: (() => unknown)[] = [
        () => client.call("walk", { fid, newFid: 902, names }),
        () =>
          client.call("walk", { fid, newFid: 902, names: ["secret", name] }),
        () => client.call("mkdir", { folder, name, mode: 0o755, gid }),
        () => client.call("symlink", { folder, name, target: "x", gid }),
        () => client.call("unlinkat", { folder, name, flags: 0x200 }),
        () => client.call("rename", { fid, folder: 0, name }),
        () =>
          client.call("attach", {
            fid: 903,
            authFid: 0xffff_ffff,
            user: "",
            tree: `folder/${name === "/" ? ".." : name}`,
            uid: 0,
          }),
      ];
      for (const attempt of tries) {
        assert.throws(attempt, refusal("EINVAL"), `${name}: ${attempt}`);
      }
    }
  });
});

Deno.test("a fid whose folder was moved out of the share leads nowhere", () => {
  withJail((client, { share, outside }) => {
    const folder = client.walk("folder");
    const file = client.walk("folder/secret");
    Deno.renameSync(`${share}/folder`, `${outside}/../moved`);
    assert.throws(() => client.getattr(file), refusal("ENOENT"));
    for (const attempt of attempts(client, folder)) {
      assert.throws(attempt, refusal("ENOENT"), attempt.toString());
    }
    assert.equal(
      Deno.readTextFileSync(`${outside}/../moved/secret`),
      "inside",
    );
  });
});

Deno.test("a walk goes on from where the guest moved the folder", () => {
  withJail((client) => {
    client.mkdir("a");
    client.mkdir("a/b");
    client.writeFile("a/b/file", "text");
    const inside = client.walk("a/b");
    client.rename("a/b", "c");
    client.mkdir("a/b");
    client.writeFile("a/b/file", "another");
    const fid = 904;
    client.call("walk", { fid: inside, newFid: fid, names: ["file"] });
    assert.equal(client.getattr(fid).size, 4);
  });
});

Deno.test("a hard link that the guest makes stays inside", () => {
  withJail((client, folders) => {
    const { share, outside } = folders;
    Deno.symlinkSync(`${outside}/secret`, `${share}/link`);
    const link = client.walk("link");
    assert.throws(
      () => client.call("link", { folder: 0, fid: link, name: "hard" }),
      refusal("EPERM"),
    );
    const file = client.walk("folder/secret");
    swap(folders);
    assert.throws(
      () => client.call("link", { folder: 0, fid: file, name: "hard" }),
      refusal("ENOTDIR"),
    );
    assert.deepEqual(client.list(""), ["folder", "link", "movable", "was"]);
  });
});

Deno.test({
  name: "special files of the host are shown, and never opened",
  ignore: Deno.build.os !== "linux",
  fn() {
    withJail((client, { share }) => {
      const pipe = `${share}/pipe`;
      const { success } = new Deno.Command("mkfifo", { args: [pipe] })
        .outputSync();
      assert(success);
      const listener = Deno.listen({
        transport: "unix",
        path: `${share}/socket`,
      });
      try {
        for (const [name, type] of [["pipe", 1], ["socket", 12]] as const) {
          assert.equal(client.stat(name).mode >>> 12, type);
          for (const flags of [0, 1, 2]) {
            assert.throws(() => client.open(name, flags), refusal("EPERM"));
          }
          const fid = client.walk(name);
          assert.throws(
            () => client.setattr(fid, 8, { size: 0 }),
            refusal("EINVAL"),
          );
          assert.throws(
            () => client.call("link", { folder: 0, fid, name: "x" }),
            refusal("EPERM"),
          );
          assert.throws(() => client.create(name), refusal("EPERM"));
        }
        const types = client.entries(client.open("")).map(({ type }) => type);
        assert(types.includes(1) && types.includes(12));
        client.unlink("pipe");
      } finally {
        listener.close();
      }
    });
  },
});
