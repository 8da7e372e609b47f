import assert from "node:assert/strict";
import { type CpioEntry, encodeCpio } from "../../guests/cpio.ts";
import { parseNewc } from "./_newc.ts";

Deno.test("encodeCpio() writes entries that read back", () => {
  const entries: CpioEntry[] = [
    { type: "directory", path: "dev" },
    { type: "character-device", path: "dev/console", major: 5, minor: 1 },
    { type: "file", path: "a", data: "1", mode: 0o755 },
    { type: "file", path: "dev/odd", data: new Uint8Array([1, 2, 3, 4, 5]) },
    { type: "file", path: "empty", data: "" },
    { type: "symlink", path: "link", target: "dev/odd" },
  ];
  const read = parseNewc(encodeCpio(entries));
  assert.deepEqual(
    read.map(({ path, mode, links, device }) => [path, mode, links, device]),
    [
      ["dev", 0o040755, 2, [0, 0]],
      ["dev/console", 0o020600, 1, [5, 1]],
      ["a", 0o100755, 1, [0, 0]],
      ["dev/odd", 0o100644, 1, [0, 0]],
      ["empty", 0o100644, 1, [0, 0]],
      ["link", 0o120777, 1, [0, 0]],
    ],
  );
  assert.deepEqual(read.map(({ data }) => [...data]), [
    [],
    [],
    [0x31],
    [1, 2, 3, 4, 5],
    [],
    [...new TextEncoder().encode("dev/odd")],
  ]);
  assert.equal(new Set(read.map(({ inode }) => inode)).size, entries.length);
});

Deno.test("encodeCpio() aligns to 4 bytes for every length of path and data", () => {
  for (let length = 0; length < 8; length++) {
    const path = "p".repeat(length + 1);
    const data = new Uint8Array(length).fill(length);
    const archive = encodeCpio([{ type: "file", path, data }]);
    assert.equal(archive.length % 4, 0);
    const [entry] = parseNewc(archive);
    assert.equal(entry?.path, path);
    assert.deepEqual(entry?.data, data);
  }
});

Deno.test("encodeCpio() gives equal bytes for equal entries", () => {
  const entries: CpioEntry[] = [{ type: "file", path: "x", data: "y" }];
  assert.deepEqual(encodeCpio(entries), encodeCpio(entries));
});

Deno.test("encodeCpio() refuses paths that Linux would misread", () => {
  for (const path of ["", "/etc", "a\0b", "TRAILER!!!"]) {
    assert.throws(
      () => encodeCpio([{ type: "directory", path }]),
      RangeError,
      path,
    );
  }
  assert.throws(
    () =>
      encodeCpio([
        { type: "file", path: "a", data: "" },
        { type: "file", path: "a", data: "" },
      ]),
    RangeError,
  );
});

Deno.test("encodeCpio() refuses numbers that do not fit", () => {
  const device = { type: "character-device", path: "d", minor: 0 } as const;
  for (const major of [-1, 2 ** 32, 0.5, NaN]) {
    assert.throws(() => encodeCpio([{ ...device, major }]), RangeError);
  }
  assert.throws(
    () => encodeCpio([{ type: "directory", path: "d", mode: 0o10000 }]),
    RangeError,
  );
});
