import assert from "node:assert/strict";
import { parseHeader } from "../../../virtio/p9/codec.ts";
import { NO_FID } from "../../../virtio/p9/message.ts";
import { answer, Client, refusal } from "./_client.ts";
import { withFolders } from "./_folders.ts";

Deno.test("Tversion agrees on the smaller message size", () => {
  withFolders(({ share }) => {
    const client = new Client({ folder: share });
    const version = "9P2000.L";
    for (const [asked, agreed] of [[8192, 8192], [1 << 24, 1 << 20]] as const) {
      assert.deepEqual(
        client.call("version", { messageSize: asked, version }),
        { messageSize: agreed, version },
      );
    }
    assert.throws(
      () => client.call("version", { messageSize: 4095, version }),
      refusal("EMSGSIZE"),
    );
  });
});

Deno.test("Tversion knows one version", () => {
  withFolders(({ share }) => {
    const client = new Client({ folder: share });
    for (const version of ["9P2000", "9P2000.u", "", "9P2000.L2"]) {
      const reply = client.call("version", { messageSize: 8192, version });
      assert.equal(reply.version, "unknown");
      assert.throws(() => client.attach(0), refusal("EPROTO"));
    }
  });
});

Deno.test("Tversion ends the session before", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.create("file");
    client.call("version", { messageSize: 8192, version: "9P2000.L" });
    assert.throws(() => client.getattr(0), refusal("EBADF"));
    assert.deepEqual(client.server.save().fids, []);
  });
});

Deno.test("no request but Tversion is carried out before it", () => {
  withFolders(({ share }) => {
    const client = new Client({ folder: share });
    assert.throws(() => client.attach(0), refusal("EPROTO"));
    assert.throws(() => client.clunk(0), refusal("EPROTO"));
  });
});

Deno.test("Tauth is refused", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const values = { fid: 9, user: "root", tree: "", uid: 0 };
    assert.throws(() => client.call("auth", values), refusal("EOPNOTSUPP"));
  });
});

Deno.test("Tattach gives the shared folder, or one in it", () => {
  withFolders(({ share, outside }) => {
    Deno.mkdirSync(`${share}/a/b`, { recursive: true });
    Deno.writeTextFileSync(`${share}/a/file`, "");
    Deno.symlinkSync(outside, `${share}/out`);
    const client = Client.attached({ folder: share });
    const root = client.getattr(0).qid;
    assert.equal(root.type, 0x80);
    assert.deepEqual(client.attach(100, "/").qid, root);
    assert.deepEqual(client.attach(101, "/a/b").qid, client.stat("a/b").qid);
    assert.throws(() => client.attach(102, "a/file"), refusal("ENOTDIR"));
    assert.throws(() => client.attach(102, "out"), refusal("ENOTDIR"));
    assert.throws(() => client.attach(102, "none"), refusal("ENOENT"));
    assert.throws(() => client.attach(102, ".."), refusal("EINVAL"));
    assert.throws(() => client.attach(0), refusal("EINVAL"));
    const user = "root";
    assert.throws(
      () =>
        client.call("attach", { fid: 103, authFid: 0, user, tree: "", uid: 0 }),
      refusal("EINVAL"),
    );
    assert.throws(() => client.getattr(102), refusal("EBADF"));
  });
});

Deno.test("Tflush is answered", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    assert.deepEqual(client.call("flush", { oldTag: 7 }), {});
  });
});

Deno.test("Tclunk forgets a fid", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file");
    client.clunk(fid);
    assert.throws(() => client.read(fid), refusal("EBADF"));
    assert.throws(() => client.clunk(fid), refusal("EBADF"));
    assert.throws(() => client.clunk(NO_FID), refusal("EBADF"));
  });
});

Deno.test("Tremove deletes a file or an empty folder, and its fid", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("file", "");
    client.mkdir("folder");
    client.mkdir("full");
    client.writeFile("full/file", "");
    for (const name of ["file", "folder"]) {
      const fid = client.walk(name);
      client.call("remove", { fid });
      assert.throws(() => client.getattr(fid), refusal("EBADF"));
    }
    const full = client.walk("full");
    assert.throws(
      () => client.call("remove", { fid: full }),
      refusal("ENOTEMPTY"),
    );
    assert.throws(() => client.getattr(full), refusal("EBADF"));
    assert.deepEqual(client.list(""), ["full"]);
    assert.throws(() => client.call("remove", { fid: 0 }), refusal("EBUSY"));
  });
});

Deno.test("a fid table is bounded", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share, limits: { fids: 3 } });
    client.walk();
    const last = client.walk();
    assert.throws(() => client.walk(), refusal("ENFILE"));
    client.clunk(last);
    client.walk();
  });
});

Deno.test("a message of no known type is refused by its tag", () => {
  withFolders(({ share }) => {
    const { server } = Client.attached({ folder: share });
    for (const type of [0, 6, 7, 9, 101, 106, 124, 255]) {
      const reply = answer(server, new Uint8Array([7, 0, 0, 0, type, 5, 1]));
      assert.deepEqual(parseHeader(reply), { size: 11, type: 7, tag: 0x105 });
      assert.equal(reply[7], 95);
    }
  });
});

Deno.test("a message of another size than it says is refused", () => {
  withFolders(({ share }) => {
    const { server } = Client.attached({ folder: share });
    for (const size of [0, 6, 12, 0xffff_ffff]) {
      const request = new Uint8Array(11);
      new DataView(request.buffer).setUint32(0, size, true);
      request[4] = 120;
      const reply = answer(server, request);
      assert.equal(reply[4], 7);
      assert.equal(reply[7], size === 0xffff_ffff ? 90 : 71, `${size}`);
    }
  });
});

Deno.test("a message larger than agreed on is refused", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share }, 4096);
    const fid = client.create("file");
    const bytes = new Uint8Array(4096 - 23);
    assert.equal(client.write(fid, bytes), bytes.length);
    const larger = new Uint8Array(4096 - 22);
    assert.throws(() => client.write(fid, larger), refusal("EMSGSIZE"));
  });
});

Deno.test("a reply that its room cannot hold becomes an error", () => {
  withFolders(({ share }) => {
    const { server } = Client.attached({ folder: share });
    // Tgetattr of fid 0, with room for an Rlerror only.
    const request = new Uint8Array(19);
    request.set([19, 0, 0, 0, 24]);
    const reply = answer(server, request, 11);
    assert.deepEqual([...reply], [11, 0, 0, 0, 7, 0, 0, 90, 0, 0, 0]);
  });
});

Deno.test("a failure that nobody foresaw is an I/O error, and told", () => {
  withFolders(({ share }) => {
    const told: unknown[] = [];
    const boom = new TypeError("boom");
    const client = Client.attached({
      folder: share,
      eyes: {
        look: () => {
          throw boom;
        },
      },
      onFailure: (error) => told.push(error),
    });
    assert.throws(() => client.walk("file"), refusal("EIO"));
    assert.deepEqual(told, [boom]);
  });
});
