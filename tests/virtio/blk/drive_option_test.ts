import assert from "node:assert/strict";
import { parseDriveOption } from "../../../virtio/blk/drive_option.ts";

Deno.test("parseDriveOption() reads a file and its settings", () => {
  const none = { readonly: false, serial: undefined };
  assert.deepEqual(parseDriveOption("a b.img"), { path: "a b.img", ...none });
  assert.deepEqual(parseDriveOption("x=y.img,readonly"), {
    path: "x=y.img",
    readonly: true,
    serial: undefined,
  });
  assert.deepEqual(parseDriveOption("x,serial=A=1,readonly"), {
    path: "x",
    readonly: true,
    serial: "A=1",
  });
});

Deno.test("parseDriveOption() refuses what it does not know", () => {
  for (
    const text of [
      "",
      ",readonly",
      "x,",
      "x,rw",
      "x,readonly=1",
      "x,serial",
      "x,readonly,readonly",
      "x,serial=1,serial=2",
    ]
  ) {
    assert.throws(() => parseDriveOption(text), SyntaxError, text);
  }
});
