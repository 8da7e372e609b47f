import assert from "node:assert/strict";
import { dirname } from "node:path";
import {
  debianDiskPlaces,
  isDebianDiskCached,
  prepareDebianDisk,
} from "../../guests/debian_disk.ts";
import { withTempFolder } from "./_temp_folder.ts";

Deno.test("prepareDebianDisk() takes from the cache without running anything", {
  permissions: { run: false, read: true, write: true },
}, async () => {
  await withTempFolder(async (cacheDir) => {
    const places = await debianDiskPlaces(cacheDir);
    await Deno.mkdir(dirname(places.disk), { recursive: true });
    assert.equal(await isDebianDiskCached(cacheDir), false);
    await Deno.writeTextFile(places.disk, "disk");
    assert.equal(await isDebianDiskCached(cacheDir), true);
    const guest = await prepareDebianDisk({ cacheDir });
    assert.deepEqual(guest, places);
    assert.equal(guest.append, "console=hvc0");
  });
});

Deno.test(
  "prepareDebianDisk() needs to run the tools of e2fsprogs and apt otherwise",
  {
    permissions: { run: false, read: true, write: true },
  },
  async () => {
    await withTempFolder(async (cacheDir) => {
      await assert.rejects(prepareDebianDisk({ cacheDir }), {
        name: "NotCapable",
      });
      assert.deepEqual([...Deno.readDirSync(cacheDir)], []);
    });
  },
);
