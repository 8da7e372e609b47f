import assert from "node:assert/strict";
import { join } from "node:path";
import { gunzip } from "../../guests/compression.ts";
import {
  isDebianGuestCached,
  isDebianGuestObtainable,
  prepareDebianGuest,
} from "../../guests/debian.ts";
import { READY_MARK } from "../../guests/initramfs.ts";
import { parseNewc } from "./_newc.ts";
import { withTempFolder } from "./_temp_folder.ts";

async function putInCache(cacheDir: string) {
  const folder = join(cacheDir, "debian");
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(join(folder, "vmlinux"), "kernel");
  await Deno.writeTextFile(join(folder, "busybox"), "busybox");
}

Deno.test("isDebianGuestCached() wants kernel and busybox", async () => {
  await withTempFolder(async (cacheDir) => {
    assert.equal(await isDebianGuestCached(cacheDir), false);
    await putInCache(cacheDir);
    assert.equal(await isDebianGuestCached(cacheDir), true);
    await Deno.remove(join(cacheDir, "debian", "busybox"));
    assert.equal(await isDebianGuestCached(cacheDir), false);
  });
});

Deno.test(
  "prepareDebianGuest() builds the initramfs from the cache without running anything",
  {
    permissions: { run: false, read: true, write: true },
  },
  async () => {
    await withTempFolder(async (cacheDir) => {
      await putInCache(cacheDir);
      const guest = await prepareDebianGuest({ cacheDir });
      assert.equal(await Deno.readTextFile(guest.kernel), "kernel");
      assert.equal(guest.append, "console=hvc0");
      const entries = parseNewc(
        await gunzip(await Deno.readFile(guest.initrd)),
      );
      const busybox = entries.find(({ path }) => path === "bin/busybox");
      const init = entries.find(({ path }) => path === "init");
      assert.equal(new TextDecoder().decode(busybox?.data), "busybox");
      assert.match(new TextDecoder().decode(init?.data), /echo READY-MARK/);
      assert.equal(READY_MARK, "READY-MARK");
      assert.equal(busybox?.mode, 0o100755);
      assert.equal(init?.mode, 0o100755);
    });
  },
);

Deno.test("prepareDebianGuest() builds the initramfs once", async () => {
  await withTempFolder(async (cacheDir) => {
    await putInCache(cacheDir);
    const { initrd } = await prepareDebianGuest({ cacheDir });
    await Deno.writeTextFile(initrd, "kept");
    const reports: string[] = [];
    const again = await prepareDebianGuest({
      cacheDir,
      onProgress: ({ text }) => reports.push(text),
    });
    assert.equal(await Deno.readTextFile(again.initrd), "kept");
    assert.deepEqual(reports, []);
  });
});

Deno.test("prepareDebianGuest() gives up when told, and leaves no work folder", async () => {
  await withTempFolder(async (cacheDir) => {
    await assert.rejects(
      prepareDebianGuest({ cacheDir, signal: AbortSignal.abort() }),
      { name: "AbortError" },
    );
    assert.deepEqual(
      [...Deno.readDirSync(cacheDir)].map(({ name }) => name),
      ["debian"],
    );
  });
});

Deno.test("isDebianGuestObtainable() answers on every host", async () => {
  assert.equal(typeof await isDebianGuestObtainable(), "boolean");
});
