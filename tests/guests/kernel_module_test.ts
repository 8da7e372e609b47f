import assert from "node:assert/strict";
import { basename, join } from "node:path";
import { findModules, moduleDependencies } from "../../guests/kernel_module.ts";
import { withTempFolder } from "./_temp_folder.ts";

function module(depends: string): Uint8Array {
  const text = `\x7fELF\0license=GPL\0depends=${depends}\0name=x\0`;
  return new TextEncoder().encode(text);
}

async function put(folder: string, files: Record<string, string>) {
  for (const [path, depends] of Object.entries(files)) {
    const place = join(folder, path);
    await Deno.mkdir(join(place, ".."), { recursive: true });
    await Deno.writeFile(place, module(depends));
  }
}

Deno.test("moduleDependencies() reads the list of a module", () => {
  assert.deepEqual(moduleDependencies(module("")), []);
  assert.deepEqual(moduleDependencies(module("jbd2,crc16")), ["jbd2", "crc16"]);
  assert.deepEqual(moduleDependencies(module("snd-pcm")), ["snd_pcm"]);
});

Deno.test("moduleDependencies() refuses what is no module", () => {
  assert.throws(() => moduleDependencies(new Uint8Array(100)), {
    name: "TypeError",
    message: "Cannot read kernel module: it has no list of others",
  });
});

Deno.test("findModules() gives each module once, behind those that it needs", async () => {
  await withTempFolder(async (folder) => {
    await put(folder, {
      "fs/ext4/ext4.ko": "jbd2,mbcache,crc16",
      "fs/jbd2/jbd2.ko": "crc16",
      "fs/mbcache.ko": "",
      "lib/crc16.ko": "",
      "crypto/crc32c-vpmsum.ko": "",
      "net/unwanted.ko": "",
    });
    const found = await findModules(folder, ["crc32c-vpmsum", "ext4", "jbd2"]);
    assert.deepEqual(
      found.map(({ path }) => basename(path)),
      ["crc32c-vpmsum.ko", "crc16.ko", "jbd2.ko", "mbcache.ko", "ext4.ko"],
    );
    assert.deepEqual(found.at(-1)?.depends, ["jbd2", "mbcache", "crc16"]);
  });
});

Deno.test("findModules() names what is missing, and a module that needs itself", async () => {
  await withTempFolder(async (folder) => {
    await put(folder, { "a.ko": "b", "b.ko": "a", "c.ko": "d" });
    await assert.rejects(findModules(folder, ["c"]), {
      message: "Cannot find kernel module d among the package's",
    });
    await assert.rejects(findModules(folder, ["a"]), {
      message: "Cannot load kernel module a: it needs itself",
    });
  });
});
