import assert from "node:assert/strict";
import { ERRNO, errnoOf, P9Error } from "../../../virtio/p9/errno.ts";
import { withFolders } from "./_folders.ts";

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown");
}

Deno.test("errnoOf() gives Linux's numbers for what the host throws", () => {
  withFolders(({ share }) => {
    Deno.writeTextFileSync(`${share}/file`, "");
    Deno.mkdirSync(`${share}/folder/below`, { recursive: true });
    const cases: [() => unknown, keyof typeof ERRNO][] = [
      [() => Deno.lstatSync(`${share}/none`), "ENOENT"],
      [() => Deno.lstatSync(`${share}/file/below`), "ENOTDIR"],
      [() => Deno.mkdirSync(`${share}/folder`), "EEXIST"],
      [() => Deno.removeSync(`${share}/folder`), "ENOTEMPTY"],
      [() => Deno.openSync(share, { write: true }), "EISDIR"],
      [() => Deno.lstatSync(`${share}/${"x".repeat(300)}`), "ENAMETOOLONG"],
      [
        () => Deno.renameSync(`${share}/folder`, `${share}/folder/below/x`),
        "EINVAL",
      ],
    ];
    for (const [work, name] of cases) {
      assert.equal(errnoOf(thrownBy(work)), ERRNO[name], name);
    }
  });
});

Deno.test("errnoOf() takes a P9Error's own", () => {
  assert.equal(errnoOf(new P9Error("ENODATA", "Cannot")), 61);
});

Deno.test("errnoOf() gives EACCES for what was not granted", () => {
  const error = new Deno.errors.NotCapable("Requires read access");
  assert.equal(errnoOf(error), ERRNO.EACCES);
});

Deno.test({
  name: "errnoOf() reads the host's number where there is no name",
  ignore: Deno.build.os !== "linux",
  fn() {
    const error = new Error("No space left on device (os error 28)");
    assert.equal(errnoOf(error), ERRNO.ENOSPC);
  },
});

Deno.test("errnoOf() gives undefined for what no host throws", () => {
  assert.equal(errnoOf(new TypeError("x is not a function")), undefined);
  assert.equal(errnoOf("ENOENT"), undefined);
  assert.equal(errnoOf(undefined), undefined);
});
