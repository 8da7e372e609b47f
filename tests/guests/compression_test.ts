import assert from "node:assert/strict";
import { join } from "node:path";
import { ToolFailedError } from "../../guests/command.ts";
import { gunzip, gzip, unpackXz } from "../../guests/compression.ts";
import { withTempFolder } from "./_temp_folder.ts";
import { XZ_OF_HELLO } from "./_xz.ts";

Deno.test("gunzip() gives back what gzip() took", async () => {
  const data = crypto.getRandomValues(new Uint8Array(50_000));
  assert.deepEqual(await gunzip(await gzip(data)), data);
});

Deno.test("gzip() gives equal bytes for equal bytes", async () => {
  const data = new Uint8Array(10_000).fill(7);
  assert.deepEqual(await gzip(data), await gzip(data));
});

Deno.test("gunzip() stops at its bound", async () => {
  const packed = await gzip(new Uint8Array(1_000_000));
  await assert.rejects(gunzip(packed, 999_999), RangeError);
  assert.equal((await gunzip(packed, 1_000_000)).length, 1_000_000);
});

Deno.test("gunzip() refuses a damaged stream", async () => {
  const packed = await gzip(crypto.getRandomValues(new Uint8Array(1000)));
  await assert.rejects(gunzip(packed.slice(0, -4)), TypeError);
  await assert.rejects(gunzip(new Uint8Array([1, 2, 3])), TypeError);
});

Deno.test("unpackXz() unpacks", async () => {
  await withTempFolder(async (folder) => {
    const path = join(folder, "hello.xz");
    await Deno.writeFile(path, XZ_OF_HELLO);
    const text = new TextDecoder().decode(await unpackXz(path));
    assert.equal(text, "hello\n");
  });
});

Deno.test("unpackXz() says what is wrong with a file that is not xz", async () => {
  await withTempFolder(async (folder) => {
    const path = join(folder, "not.xz");
    await Deno.writeTextFile(path, "plain text");
    await assert.rejects(unpackXz(path), (error) => {
      assert(error instanceof ToolFailedError);
      assert.match(error.message, /^Cannot unpack ".*not\.xz": xz ended/);
      assert.match(error.message, /format not recognized/);
      return true;
    });
  });
});
