// What guests write is on the host, whole: through a file system, through a
// share, and when the emulator is killed.
import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withTempFolder } from "../guests/_temp_folder.ts";
import { copyThere } from "./_copies.ts";
import { missingTool, mustRun, runHost } from "./_host_tools.ts";
import { DEFAULT_CONFIGURATION } from "./configurations.ts";
import { Boot } from "./driver.ts";
import { BE, bootTest, LE } from "./guests.ts";

const MEBIBYTE = 2 ** 20;
const noTools = missingTool("mke2fs", "e2fsprogs");

for (const guest of [BE, LE]) {
  bootTest(
    `Linux ${guest.name} fills an ext4 file system that the host made and finds clean`,
    { ...guest, missing: guest.missing + noTools },
    (files) =>
      withTempFolder((folder) => {
        const image = join(folder, "disk.img");
        Deno.writeFileSync(image, new Uint8Array(24 * MEBIBYTE));
        mustRun("mke2fs", "-q", "-F", "-t", "ext4", image);
        const boot = new Boot(files, {
          ...DEFAULT_CONFIGURATION,
          devices: [{ kind: "blk", path: image }],
        });
        let digest = "";
        try {
          boot.toShell();
          boot.run("stty cols 400");
          boot.run("mkdir -p /mnt; mount -t ext4 /dev/vda /mnt");
          boot.run("cp -r /bin /mnt; mkdir /mnt/a; cp /bin/busybox /mnt/a/b");
          digest = boot.run("md5sum /mnt/a/b").split(" ")[0] ?? "";
          const full = boot.run("cat /dev/zero > /mnt/zero");
          assert.match(full, /No space left on device/);
          boot.run("umount /mnt");
        } finally {
          boot.machine.virtio.close();
        }
        const { code, text } = runHost("e2fsck", "-f", "-n", image);
        assert.equal(code, 0, text);
        const copy = join(folder, "busybox");
        mustRun("debugfs", "-R", `dump /a/b ${copy}`, image);
        assert.equal(mustRun("md5sum", copy).split(" ")[0], digest);
      }),
  );
}

bootTest(
  "Linux be copies a file from a share to a legacy disk and back, unchanged",
  BE,
  (files) => copyThere(files, { megabytes: 8, form: "legacy" }),
);

bootTest(
  "Linux le copies a file from a share to a modern disk and back, unchanged",
  LE,
  (files) => copyThere(files, { megabytes: 8, form: "modern" }),
);

const WRITER = fileURLToPath(new URL("_disk_writer.ts", import.meta.url));

bootTest(
  "a killed emulator loses nothing that its guest has flushed",
  LE,
  () =>
    withTempFolder(async (folder) => {
      const image = join(folder, "disk.img");
      Deno.writeFileSync(image, new Uint8Array(4 * MEBIBYTE));
      const writer = new Deno.Command(Deno.execPath(), {
        args: [
          "run",
          "--no-prompt",
          "--no-check",
          "--allow-all",
          WRITER,
          image,
        ],
        stdout: "piped",
        stderr: "inherit",
      }).spawn();
      let text = "";
      for await (
        const part of writer.stdout.pipeThrough(new TextDecoderStream())
      ) {
        text += part;
        if (/FLUSHED .*\n/.test(text)) writer.kill("SIGKILL");
      }
      const { signal } = await writer.status;
      assert.equal(signal, "SIGKILL", text);
      const [, digest] = /^FLUSHED ([0-9a-f]{32})$/m.exec(text) ?? [];
      assert.equal(mustRun("md5sum", image).split(" ")[0], digest);
    }),
);
