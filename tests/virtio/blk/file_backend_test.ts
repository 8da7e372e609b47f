import assert from "node:assert/strict";
import { join } from "node:path";
import { BackendError } from "../../../virtio/blk/backend.ts";
import { FileBackend } from "../../../virtio/blk/file_backend.ts";
import { pattern } from "./_disk.ts";

function withImage(
  bytes: Uint8Array,
  work: (path: string) => void,
): void {
  const folder = Deno.makeTempDirSync({ prefix: "janus-test-" });
  try {
    const path = join(folder, "disk.img");
    Deno.writeFileSync(path, bytes);
    work(path);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function withDisk(
  bytes: Uint8Array,
  work: (disk: FileBackend, path: string) => void,
): void {
  withImage(bytes, (path) => {
    const disk = FileBackend.open(path);
    try {
      work(disk, path);
    } finally {
      disk.close();
    }
  });
}

Deno.test("FileBackend reads and writes at positions", () => {
  const image = pattern(64 * 1024);
  withDisk(image, (disk, path) => {
    assert.equal(disk.sectors, 128);
    const views = [new Uint8Array(1000), new Uint8Array(40_000)];
    disk.read(512, views);
    assert.deepEqual(views[0], image.slice(512, 1512));
    assert.deepEqual(views[1], image.slice(1512, 41_512));

    const parts = [pattern(700, 9), pattern(35_000, 5), pattern(324, 3)];
    disk.write(1024, parts);
    disk.read(0, [views[0] ?? new Uint8Array(0)]);
    assert.deepEqual(views[0], image.slice(0, 1000));
    disk.flush();
    const expected = image.slice();
    let at = 1024;
    for (const part of parts) {
      expected.set(part, at);
      at += part.length;
    }
    assert.deepEqual(Deno.readFileSync(path), expected);
  });
});

Deno.test("FileBackend goes on where it left off", () => {
  const image = pattern(8192);
  withDisk(image, (disk, path) => {
    const view = new Uint8Array(512);
    for (const position of [0, 512, 1024, 512, 512, 4096]) {
      disk.read(position, [view]);
      assert.deepEqual(view, image.slice(position, position + 512));
    }
    disk.write(4608, [pattern(512, 77)]);
    disk.read(5120, [view]);
    assert.deepEqual(view, image.slice(5120, 5632));
    image.set(pattern(512, 77), 4608);
    assert.deepEqual(Deno.readFileSync(path), image);
  });
});

Deno.test("FileBackend works on shared memory", () => {
  withDisk(pattern(4096), (disk) => {
    const ram = new Uint8Array(new SharedArrayBuffer(8192));
    disk.read(0, [ram.subarray(100, 612), ram.subarray(4096, 4608)]);
    assert.deepEqual(ram.slice(100, 612), sharedCopy(pattern(4096), 0));
    assert.deepEqual(ram.slice(4096, 4608), sharedCopy(pattern(4096), 512));
  });
});

function sharedCopy(bytes: Uint8Array, from: number): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(512));
  copy.set(bytes.subarray(from, from + 512));
  return copy;
}

Deno.test("FileBackend zeroes a range and nothing else", () => {
  const size = 3 * 1024 * 1024;
  withDisk(new Uint8Array(size).fill(0xee), (disk, path) => {
    disk.zero(512, size - 1024);
    const expected = new Uint8Array(size).fill(0xee, 0, 512)
      .fill(0xee, size - 512);
    assert.ok(
      Deno.readFileSync(path).every((byte, at) => byte === expected[at]),
    );
  });
});

Deno.test("FileBackend rounds the capacity down to whole sectors", () => {
  const image = pattern(1024 + 511);
  withDisk(image, (disk, path) => {
    assert.equal(disk.sectors, 2);
    disk.zero(0, 1024);
    assert.equal(Deno.statSync(path).size, 1535);
    assert.deepEqual(Deno.readFileSync(path).slice(1024), image.slice(1024));
  });
});

Deno.test("FileBackend excludes a second writer, and says so", () => {
  withDisk(pattern(512), (disk, path) => {
    const message = `Cannot open drive ${path}: another program has it open`;
    assert.throws(() => FileBackend.open(path), { message });
    assert.throws(
      () => FileBackend.open(path, { readonly: true }),
      /another program writes to it$/,
    );
    assert.equal(disk.readonly, false);
  });
});

Deno.test("FileBackend lets several read one image", () => {
  withImage(pattern(512), (path) => {
    const disks = [1, 2].map(() => FileBackend.open(path, { readonly: true }));
    const view = new Uint8Array(512);
    for (const disk of disks) disk.read(0, [view]);
    assert.deepEqual(view, pattern(512));
    assert.throws(() => FileBackend.open(path), BackendError);
    for (const disk of disks) {
      assert.throws(() => disk.write(0, [view]), BackendError);
      disk.flush();
      disk.close();
    }
    FileBackend.open(path).close();
  });
});

Deno.test("FileBackend says why it cannot open a drive", () => {
  withImage(pattern(511), (path) => {
    assert.throws(() => FileBackend.open(path), {
      name: "BackendError",
      message: `Cannot open drive ${path}: it has 511 bytes, no whole sector`,
    });
    const missing = `${path}.missing`;
    assert.throws(() => FileBackend.open(missing), {
      message: `Cannot open drive ${missing}: there is no such file`,
    });
    const folder = join(path, "..");
    assert.throws(() => FileBackend.open(folder), {
      message: `Cannot open drive ${folder}: it is not a file`,
    });
  });
});

Deno.test("FileBackend reports an image that became shorter", () => {
  withDisk(pattern(4096), (disk, path) => {
    Deno.truncateSync(path, 1024);
    const view = new Uint8Array(512);
    assert.throws(() => disk.read(1024, [view]), {
      name: "BackendError",
      message: `Cannot read drive ${path}: the file became shorter`,
    });
    // Half of this one is there, and moves the file's position.
    const long = new Uint8Array(1024);
    assert.throws(() => disk.read(512, [long]), BackendError);
    disk.read(512, [view]);
    assert.deepEqual(view, pattern(1024).slice(512));
  });
});
