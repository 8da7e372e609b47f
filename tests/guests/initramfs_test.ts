import assert from "node:assert/strict";
import { join } from "node:path";
import { readyGuest, readyGuestsFolder } from "../../guests/cache.ts";
import { gunzip } from "../../guests/compression.ts";
import { buildInitramfs, READY_MARK } from "../../guests/initramfs.ts";
import { parseNewc } from "./_newc.ts";
import { hasQemu, Qemu } from "./_qemu.ts";
import { withTempFolder } from "./_temp_folder.ts";

const qemu = await hasQemu();
const guests = readyGuestsFolder();
const reason = !qemu
  ? " (SKIPPED: qemu-system-ppc64 is not installed)"
  : guests === null
  ? " (SKIPPED: no ready guests, set JANUS_GUESTS)"
  : "";

Deno.test(
  `buildInitramfs() boots to a shell that answers and obeys Ctrl-C${reason}`,
  {
    ignore: reason !== "",
  },
  async () => {
    await withTempFolder(async (cacheDir) => {
      const guest = await readyGuest("le", { cacheDir });
      assert(guest !== null);
      const archive = parseNewc(
        await gunzip(await Deno.readFile(guest.initrd)),
      );
      const busybox = archive.find(({ path }) => path === "bin/busybox");
      assert(busybox !== undefined);
      const initrd = join(cacheDir, "shell.cpio.gz");
      await Deno.writeFile(initrd, await buildInitramfs(busybox.data));

      await using vm = new Qemu({
        cpu: "POWER9",
        vof: true,
        args: [
          "-kernel",
          guest.kernel,
          "-initrd",
          initrd,
          "-append",
          guest.append,
        ],
        timeLimitMs: 60_000,
      });
      await vm.expect(READY_MARK);
      await vm.expect("# ");
      await vm.type("uname -m; tty; cut -d' ' -f3 /proc/mounts | xargs\n");
      await vm.expect("ppc64le");
      await vm.expect("/dev/hvc0");
      await vm.expect("proc sysfs devtmpfs");
      // Once this is printed, the subshell has the terminal, Ctrl-C included.
      await vm.type("(echo slee''ping; exec sleep 1000)\n");
      await vm.expect("sleeping");
      await vm.type("\x03");
      await vm.expect("# ");
      await vm.type("echo ali''ve\n");
      await vm.expect("alive");
      await vm.type("exit\n");
      await vm.expect("turning the guest off");
      await vm.ended();
    });
  },
);
