// Debian's stock kernel, its virtio drivers loaded as modules.
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  isDebianVirtioGuestCached,
  prepareDebianVirtioGuest,
} from "../../guests/debian_virtio.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { bootTest, CACHE, DEBIAN, type TestGuest } from "./guests.ts";

const PREPARE_MILLISECONDS = 300_000;

const DEBIAN_VIRTIO: TestGuest = {
  ...DEBIAN,
  missing: await isDebianVirtioGuestCached(CACHE) ? "" : DEBIAN.missing,
  async load() {
    const { kernel, initrd, append } = await prepareDebianVirtioGuest({
      cacheDir: CACHE,
      signal: AbortSignal.timeout(PREPARE_MILLISECONDS),
    });
    return {
      kernel: await Deno.readFile(kernel),
      initrd: await Deno.readFile(initrd),
      append,
    };
  },
};

bootTest(
  "Debian's stock kernel with its modules mounts a share and reads a disk",
  DEBIAN_VIRTIO,
  (files) =>
    withTempFolder((folder) => {
      const share = join(folder, "share");
      Deno.mkdirSync(share);
      Deno.writeTextFileSync(join(share, "hello.txt"), "Hello, Debian\n");
      const path = join(folder, "disk.img");
      Deno.writeTextFileSync(path, "disk of the host".padEnd(2 ** 20));
      const boot = new Boot(files, {
        ...DEFAULT_CONFIGURATION,
        devices: [
          { kind: "p9", tag: "host0", path: share },
          { kind: "blk", path },
          { kind: "rng" },
        ],
      });
      try {
        boot.toShell();
        boot.run("stty cols 400");
        boot.run("mount -t 9p -o trans=virtio,version=9p2000.L host0 /mnt");
        assert.equal(boot.run("cat /mnt/hello.txt"), "Hello, Debian");
        boot.run("head -c 16 /dev/vda > /mnt/disk.txt; umount /mnt");
        assert.equal(
          Deno.readTextFileSync(join(share, "disk.txt")),
          "disk of the host",
        );
        const modules = boot.run("cut -d ' ' -f 1 /proc/modules").split("\n");
        for (const name of ["9p", "9pnet_virtio", "virtio_blk"]) {
          assert.ok(modules.includes(name), `${name} is a module`);
        }
      } finally {
        boot.machine.virtio.close();
      }
    }),
);
