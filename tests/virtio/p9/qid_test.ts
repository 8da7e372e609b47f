import assert from "node:assert/strict";
import type { HostAttributes } from "../../../virtio/p9/host_attributes.ts";
import { MAX_DEVICES, QidMaker } from "../../../virtio/p9/qid.ts";

function file(device: number, inode: number): HostAttributes {
  return {
    device,
    inode,
    mode: 0o100644,
    links: 1,
    uid: 0,
    gid: 0,
    specialDevice: 0,
    size: 1,
    blockSize: 4096,
    blocks: 8,
    accessed: 1,
    modified: 2,
    changed: 3,
    born: 4,
  };
}

Deno.test("QidMaker.qid() has the inode number of the shared file system", () => {
  const qids = new QidMaker(77);
  assert.equal(qids.qid(file(77, 12345), 0o100644).path, 12345n);
});

Deno.test("QidMaker.qid() tells file systems apart", () => {
  const qids = new QidMaker(77);
  const paths = [77, 5, 6, 5].map((device) =>
    qids.qid(file(device, 9), 0o100644).path
  );
  assert.deepEqual(paths, [9n, 1n << 48n | 9n, 2n << 48n | 9n, 1n << 48n | 9n]);
});

Deno.test("QidMaker.qid() folds large inode numbers into their bits", () => {
  const qids = new QidMaker(77);
  const path = (inode: number) => qids.qid(file(77, inode), 0o100644).path;
  const large = [2 ** 48, 2 ** 48 + 2, 2 ** 52 + 5, 3].map(path);
  assert.equal(new Set(large).size, large.length);
  for (const each of large) assert.equal(each >> 48n, 0n);
});

Deno.test("QidMaker.qid() has a type", () => {
  const qids = new QidMaker(77);
  const types = [0o040755, 0o100644, 0o120777, 0o010644]
    .map((mode) => qids.qid(file(77, 1), mode).type);
  assert.deepEqual(types, [0x80, 0, 0x02, 0]);
});

Deno.test("QidMaker.qid() refuses more file systems than it can number", () => {
  const qids = new QidMaker(0);
  for (let device = 1; device < MAX_DEVICES; device++) {
    qids.qid(file(device, 1), 0o100644);
  }
  assert.throws(() => qids.qid(file(MAX_DEVICES, 1), 0o100644), {
    name: "P9Error",
  });
});

Deno.test("QidMaker.restore() gives files the paths that they had", () => {
  const qids = new QidMaker(77);
  const before = [8, 9].map((device) => qids.qid(file(device, 1), 0).path);
  const other = new QidMaker(77);
  other.restore(qids.save());
  const after = [9, 8].map((device) => other.qid(file(device, 1), 0).path);
  assert.deepEqual(after.reverse(), before);
});
