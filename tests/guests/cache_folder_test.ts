import assert from "node:assert/strict";
import { join } from "node:path";
import {
  defaultCacheDir,
  isKept,
  keepBytes,
  keepFile,
  withWorkFolder,
} from "../../guests/cache_folder.ts";
import { withTempFolder } from "./_temp_folder.ts";

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

function withEnvironment(
  values: Record<string, string | undefined>,
  work: () => void,
) {
  const before = Object.keys(values).map((name) =>
    [name, Deno.env.get(name)] as const
  );
  function apply(entries: Iterable<readonly [string, string | undefined]>) {
    for (const [name, value] of entries) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
  apply(Object.entries(values));
  try {
    work();
  } finally {
    apply(before);
  }
}

Deno.test("defaultCacheDir() follows the XDG Base Directory Specification", () => {
  withEnvironment({ XDG_CACHE_HOME: "/x", HOME: "/h" }, () => {
    assert.equal(defaultCacheDir(), "/x/janus");
  });
  for (const ignored of [undefined, "", "relative"]) {
    withEnvironment({ XDG_CACHE_HOME: ignored, HOME: "/h" }, () => {
      assert.equal(defaultCacheDir(), "/h/.cache/janus");
    });
  }
  withEnvironment({ XDG_CACHE_HOME: undefined, HOME: undefined }, () => {
    assert.throws(defaultCacheDir, /Cannot find the cache folder/);
  });
});

Deno.test("isKept() wants a file with content", async () => {
  await withTempFolder(async (folder) => {
    const path = join(folder, "file");
    assert.equal(await isKept(path), false);
    await Deno.writeTextFile(path, "");
    assert.equal(await isKept(path), false);
    await Deno.writeTextFile(path, "x");
    assert.equal(await isKept(path), true);
    assert.equal(await isKept(folder), false);
  });
});

Deno.test("keepBytes() and keepFile() replace a file and leave nothing else", async () => {
  await withTempFolder(async (folder) => {
    const path = join(folder, "file");
    await keepBytes(path, new TextEncoder().encode("one"));
    assert.equal(await Deno.readTextFile(path), "one");
    const source = join(folder, "source");
    await Deno.writeTextFile(source, "two");
    await keepFile(source, path);
    assert.equal(await Deno.readTextFile(path), "two");
    assert.deepEqual(namesIn(folder), ["file", "source"]);
  });
});

Deno.test("keepBytes() leaves nothing behind when it fails", async () => {
  await withTempFolder(async (folder) => {
    const path = join(folder, "is_a_folder");
    await Deno.mkdir(path);
    await assert.rejects(keepBytes(path, new Uint8Array(1)));
    assert.deepEqual(namesIn(folder), ["is_a_folder"]);
  });
});

Deno.test("withWorkFolder() removes its folder also after a failure", async () => {
  await withTempFolder(async (folder) => {
    const cacheDir = join(folder, "cache");
    const seen = await withWorkFolder(cacheDir, async (work) => {
      await Deno.writeTextFile(join(work, "file"), "x");
      return namesIn(cacheDir).length;
    });
    assert.equal(seen, 1);
    await assert.rejects(
      withWorkFolder(cacheDir, () => Promise.reject(new Error("no"))),
    );
    assert.deepEqual(namesIn(cacheDir), []);
  });
});

Deno.test("withWorkFolder() removes what a killed run left a day ago, and no more", async () => {
  await withTempFolder(async (folder) => {
    const now = Date.now() / 1000;
    for (
      const [name, hours] of [[".work-old", 25], [".work-new", 23], [
        "debian",
        99,
      ]] as const
    ) {
      await Deno.mkdir(join(folder, name));
      const then = now - hours * 60 * 60;
      await Deno.utime(join(folder, name), then, then);
    }
    await withWorkFolder(folder, () => Promise.resolve());
    assert.deepEqual(namesIn(folder), [".work-new", "debian"]);
  });
});
