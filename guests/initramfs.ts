/**
 * The small file system that a guest starts in: one static busybox and an init script.
 *
 * @module
 */

import { gzip } from "./compression.ts";
import { type CpioEntry, encodeCpio } from "./cpio.ts";
import type { ModuleFile } from "./kernel_module.ts";

/** The text that a guest's console shows when its shell is about to start. */
export const READY_MARK = "READY-MARK";

/**
 * The first program of the guest.
 *
 * `cttyhack` opens the terminal behind /dev/console (hvc0) as the controlling terminal of a new
 * session, without which Ctrl-C reaches nobody. The script stays process 1, because a kernel whose
 * process 1 ends panics: leaving the shell turns the guest off.
 */
export const SHELL_INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
export HOME=/root
cd /root
echo ${READY_MARK}
setsid cttyhack sh
echo "The shell has ended: turning the guest off."
sync
poweroff -f
`;

/**
 * Builds an initramfs from a static busybox.
 *
 * @param busybox The program, for the guest's architecture and byte order.
 * @param init Text of the script that becomes /init.
 * @param modules Modules of the kernel, each behind those that it needs: files of /modules, whose
 * names are in that order.
 * @returns A gzip-compressed newc archive, as `--initrd` takes it.
 */
export async function buildInitramfs(
  busybox: Uint8Array,
  init: string = SHELL_INIT,
  modules: readonly ModuleFile[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  const folders = ["bin", "dev", "etc", "mnt", "proc", "root", "sys", "tmp"];
  const entries: CpioEntry[] = [
    ...folders.map((path) => ({ type: "directory", path } as const)),
    // The kernel opens it as the init's input and output before /init can mount devtmpfs.
    { type: "character-device", path: "dev/console", major: 5, minor: 1 },
    { type: "file", path: "bin/busybox", data: busybox, mode: 0o755 },
    { type: "file", path: "init", data: init, mode: 0o755 },
    ...modules.length > 0
      ? [{ type: "directory", path: "modules" } as const]
      : [],
    ...modules.map(({ name, data }, at) => ({
      type: "file",
      path: `modules/${String(at).padStart(2, "0")}-${name}`,
      data,
    } as const)),
  ];
  return await gzip(encodeCpio(entries));
}
