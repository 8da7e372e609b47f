import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { answer, Client, refusal } from "./_client.ts";
import { withFolders } from "./_folders.ts";
import { random } from "./_random.ts";

function someBytes(length: number): Uint8Array {
  const next = random(length);
  return Uint8Array.from({ length }, () => next());
}

Deno.test("Tread and Twrite carry messages of 1 MiB", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const bytes = someBytes((1 << 20) - 23);
    const fid = client.create("file");
    assert.equal(client.write(fid, bytes, 5), bytes.length);
    const read = client.read(fid, 5, 1 << 20);
    assert.equal(Buffer.compare(read, bytes), 0);
    const onHost = Deno.readFileSync(`${share}/file`).subarray(5);
    assert.equal(Buffer.compare(onHost, bytes), 0);
  });
});

Deno.test("Tread gives no more than a message holds", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share }, 4096);
    Deno.writeFileSync(`${share}/file`, someBytes(10_000));
    const fid = client.open("file");
    assert.equal(client.read(fid, 0, 0xffff_ffff).length, 4096 - 11);
  });
});

Deno.test("Tread ends at the file's end", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    Deno.writeTextFileSync(`${share}/file`, "text");
    const fid = client.open("file");
    assert.equal(client.read(fid, 2, 100).length, 2);
    assert.equal(client.read(fid, 4, 100).length, 0);
    assert.equal(client.read(fid, 2 ** 40, 100).length, 0);
    assert.equal(client.read(fid, 0, 0).length, 0);
  });
});

Deno.test("Tread and Twrite bound offsets", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file");
    const offset = Number.MAX_SAFE_INTEGER;
    assert.throws(() => client.read(fid, offset, 1), refusal("EOVERFLOW"));
    assert.throws(() => client.write(fid, "x", offset), refusal("EFBIG"));
    assert.throws(() => client.write(fid, "x", offset - 1));
    assert.equal(client.stat("file").size, 0);
  });
});

Deno.test("Twrite leaves holes where nothing was written", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file");
    client.write(fid, "end", 2 ** 33);
    assert.equal(client.getattr(fid).size, 2 ** 33 + 3);
    assert.deepEqual([...client.read(fid, 2 ** 33 - 1, 9)], [
      0,
      ...new TextEncoder().encode("end"),
    ]);
  });
});

Deno.test("Twrite with other data than it says is refused", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file");
    const request = new Uint8Array(23 + 3);
    const view = new DataView(request.buffer);
    request[4] = 118;
    view.setUint32(0, request.length, true);
    view.setUint32(7, fid, true);
    for (const count of [0, 2, 4, 0xffff_ffff]) {
      view.setUint32(19, count, true);
      const reply = answer(client.server, request);
      assert.deepEqual([reply[4], reply[7]], [7, 71], `${count} bytes`);
    }
    assert.equal(client.getattr(fid).size, 0);
  });
});

Deno.test("Tread and Twrite need an open fid", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    client.writeFile("file", "text");
    const fid = client.walk("file");
    assert.throws(() => client.read(fid), refusal("EBADF"));
    assert.throws(() => client.write(fid, "x"), refusal("EBADF"));
    assert.throws(() => client.read(99), refusal("EBADF"));
  });
});

Deno.test("Tfsync works on files and folders, open or not", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const file = client.create("file");
    client.write(file, "text");
    for (const fid of [file, client.walk("file"), client.open(""), 0]) {
      for (const dataOnly of [0, 1]) {
        assert.deepEqual(client.call("fsync", { fid, dataOnly }), {});
      }
    }
    assert.throws(
      () => client.call("fsync", { fid: 99, dataOnly: 0 }),
      refusal("EBADF"),
    );
  });
});

Deno.test("an open file works on when its name is gone", () => {
  withFolders(({ share }) => {
    const client = Client.attached({ folder: share });
    const fid = client.create("file");
    client.write(fid, "text");
    const other = client.walk("file");
    client.unlink("file");
    assert.deepEqual(client.list(""), []);
    client.write(fid, "TEXT!");
    assert.equal(new TextDecoder().decode(client.read(fid)), "TEXT!");
    for (const each of [fid, other]) {
      assert.equal(client.getattr(each).size, 5);
      assert.equal(client.getattr(each).links, 0);
      client.setattr(each, 8, { size: 2 });
      client.setattr(each, 1, { mode: 0o600 });
      assert.equal(client.getattr(each).mode, 0o100600);
      client.setattr(each, 8, { size: 5 });
    }
    client.call("fsync", { fid, dataOnly: 0 });
    // A new file of the name is another file.
    client.writeFile("file", "new");
    assert.equal(client.getattr(other).size, 5);
    assert.equal(client.stat("file").size, 3);
    client.clunk(fid);
    assert.throws(() => client.getattr(other), refusal("ENOENT"));
  });
});
