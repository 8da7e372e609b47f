import assert from "node:assert/strict";
import { SET } from "../../../virtio/p9/attributes.ts";
import { ERRNO, errnoOf } from "../../../virtio/p9/errno.ts";
import { MappedLinks } from "../../../virtio/p9/links.ts";
import { PathGuard } from "../../../virtio/p9/path_guard.ts";
import { Client, refusal } from "./_client.ts";
import { outsideIsUntouched, withFolders } from "./_folders.ts";

const FIRST_LINE = "!<janus-link>\n";

Deno.test("Tsymlink keeps a link as a file that is shown as a link", () => {
  withFolders((folders) => {
    const { share, outside } = folders;
    const client = Client.attached({ folder: share });
    for (const target of ["file", "../..", `${outside}/secret`, "ä", " "]) {
      const { qid } = client.symlink("link", target);
      assert.equal(qid.type, 0x02);
      assert.deepEqual(client.stat("link").qid, qid);
      assert.equal(client.readlink("link"), target);
      const { mode, size } = client.stat("link");
      assert.equal(mode, 0o120777);
      assert.equal(size, new TextEncoder().encode(target).length);
      const host = Deno.lstatSync(`${share}/link`);
      assert(host.isFile && !host.isSymlink);
      assert.equal(host.nlink, 1);
      assert.equal(
        Deno.readTextFileSync(`${share}/link`),
        FIRST_LINE + target,
      );
      client.unlink("link");
    }
    assert.deepEqual(client.list(""), []);
    assert(outsideIsUntouched(folders));
  });
});

Deno.test("Tsymlink replaces nothing", () => {
  withFolders(({ share, outside }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("file", "text");
    client.mkdir("folder");
    Deno.symlinkSync(`${outside}/none`, `${share}/dangling`);
    for (const name of ["file", "folder", "dangling"]) {
      assert.throws(() => client.symlink(name, "x"), refusal("EEXIST"));
    }
    assert.deepEqual(client.list(""), ["dangling", "file", "folder"]);
    assert.equal(client.readFile("file"), "text");
  });
});

Deno.test("Tsymlink refuses texts that are none", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    assert.throws(() => client.symlink("link", ""), refusal("EINVAL"));
    assert.throws(() => client.symlink("link", "a\0b"), refusal("EINVAL"));
    const long = "x".repeat(4096);
    assert.throws(() => client.symlink("link", long), refusal("ENAMETOOLONG"));
    assert.deepEqual(client.list(""), []);
    client.symlink("link", long.slice(1));
    assert.equal(client.readlink("link"), long.slice(1));
  });
});

Deno.test("Tsymlink is refused where links are", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share, links: "refused" });
    assert.throws(() => client.symlink("link", "x"), refusal("EPERM"));
    assert.deepEqual(client.list(""), []);
  });
});

Deno.test("a mapped link cannot be opened or changed as a file", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("file", "text");
    client.symlink("link", "file");
    for (const flags of [0, 1, 2, 0o1000]) {
      assert.throws(() => client.open("link", flags), refusal("ELOOP"));
    }
    assert.throws(() => client.create("link"), refusal("ELOOP"));
    const fid = client.walk("link");
    assert.throws(
      () => client.setattr(fid, SET.size, { size: 0 }),
      refusal("EINVAL"),
    );
    assert.throws(
      () => client.setattr(fid, SET.mode, { mode: 0o644 }),
      refusal("EOPNOTSUPP"),
    );
    const valid = SET.modifyTime | SET.modifyTimeGiven;
    client.setattr(fid, valid, { modifySeconds: 9 });
    assert.equal(client.getattr(fid).modifySeconds, 9);
    assert.equal(client.readlink("link"), "file");
    assert.throws(
      () => client.call("walk", { fid, newFid: 99, names: ["x"] }),
      refusal("ENOTDIR"),
    );
  });
});

Deno.test("a mapped link can be renamed, linked to and deleted", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.symlink("link", "text");
    client.rename("link", "moved");
    assert.equal(client.readlink("moved"), "text");
    const fid = client.walk("moved");
    client.call("link", { folder: 0, fid, name: "second" });
    assert.equal(client.readlink("second"), "text");
    assert.equal(client.stat("second").links, 2);
    client.unlink("moved");
    assert.equal(client.readlink("second"), "text");
  });
});

Deno.test("no guest can make a mapped link but by Tsymlink", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const text = `${FIRST_LINE}text`;
    client.writeFile("written", text);
    const fid = client.create("created", { mode: 0o1644 });
    client.write(fid, text);
    client.setattr(fid, SET.mode, { mode: 0o1644 });
    client.setattr(client.walk("written"), SET.mode, { mode: 0o1644 });
    for (const name of ["written", "created"]) {
      assert.equal(client.stat(name).mode, 0o100644);
      assert.equal(client.readFile(name), text);
    }
  });
});

Deno.test("a file with the sticky bit and another text is a file", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const texts = [
      "some text, long enough",
      FIRST_LINE,
      FIRST_LINE.toUpperCase() + "x",
      `${FIRST_LINE}a\0b`,
      FIRST_LINE + "x".repeat(4096),
    ];
    for (const text of texts) {
      Deno.writeTextFileSync(`${share}/file`, text);
      Deno.chmodSync(`${share}/file`, 0o1644);
      assert.equal(client.stat("file").mode, 0o101644);
      assert.equal(client.readFile("file"), text);
      assert.throws(() => client.readlink("file"), refusal("EINVAL"));
    }
    Deno.writeTextFileSync(`${share}/file`, `${FIRST_LINE}text`);
    assert.equal(client.readlink("file"), "text");
  });
});

Deno.test("Treadlink gives the text of a host's link", () => {
  withFolders(({ share, outside }) => {
    Deno.symlinkSync(`${outside}/secret`, `${share}/link`);
    Deno.symlinkSync("../..//x", `${share}/relative`);
    const client = Client.attached({ folder: share });
    assert.equal(client.readlink("link"), `${outside}/secret`);
    assert.equal(client.readlink("relative"), "../..//x");
    assert.equal(client.stat("link").mode & 0o170000, 0o120000);
    assert.equal(client.stat("link").size, `${outside}/secret`.length);
    client.writeFile("file", "");
    assert.throws(() => client.readlink("file"), refusal("EINVAL"));
    assert.throws(() => client.readlink(""), refusal("EINVAL"));
  });
});

Deno.test("MappedLinks.make() does without hard links", () => {
  withFolders(({ share }) => {
    const links = new MappedLinks(new PathGuard(share), () => {
      throw new Deno.errors.PermissionDenied("No links (os error 1)");
    });
    links.make(["link"], "text");
    assert.throws(
      () => links.make(["link"], "other"),
      (error) => errnoOf(error) === ERRNO.EEXIST,
    );
    const client = Client.attached({ folder: share });
    assert.equal(client.readlink("link"), "text");
    assert.deepEqual(client.list(""), ["link"]);
  });
});

Deno.test("MappedLinks.make() leaves nothing where it fails", () => {
  withFolders(({ share }) => {
    const links = new MappedLinks(new PathGuard(share), () => {
      throw new Error("Input/output error (os error 5)");
    });
    assert.throws(() => links.make(["link"], "text"));
    assert.deepEqual([...Deno.readDirSync(share)], []);
  });
});
