/**
 * The two scripts between the kernel and a shell on a disk: the one of the initramfs, which finds
 * the disk, and the one of the disk.
 *
 * @module
 */

import { gzip } from "./compression.ts";
import { type CpioEntry, encodeCpio } from "./cpio.ts";
import { READY_MARK } from "./initramfs.ts";
import type { ModuleFile } from "./kernel_module.ts";

/** Name of the file system by which the initramfs finds its disk. */
export const DISK_LABEL = "debian-disk";

/** Where a guest finds what {@linkcode buildProgramArchive} packed. */
export const PROGRAM_FOLDER = "/run/programs";

/** The program there that runs in place of a shell. */
const MAIN_PROGRAM = "main";

/** How long the driver may take to find the disk, in tenths of a second. */
const DISK_PATIENCE = 100;

/** Modules that bring up the disk and its file system, and the machine's other devices. */
export const DISK_MODULES = [
  "virtio_pci",
  "virtio_blk",
  // ext4 asks the kernel's cryptography for it, which names no module.
  "crc32c_generic",
  "crc32c-vpmsum",
  "ext4",
  "virtio_net",
  "virtio_console",
  "virtio_balloon",
  "virtio_rng",
  "virtio_scsi",
  "sd_mod",
  "9pnet_virtio",
  "9p",
];

/** The script that becomes /init of the initramfs. */
export const INITRAMFS_INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in /modules/*; do insmod "$module"; done
tenths=0
until disk=$(findfs LABEL=${DISK_LABEL} 2>/dev/null); do
  if [ $tenths -ge ${DISK_PATIENCE} ]; then
    echo "There is no disk with a file system named ${DISK_LABEL}: a shell of the initramfs."
    exec setsid cttyhack sh
  fi
  usleep 100000
  tenths=$((tenths + 1))
done
if ! mount -t ext4 "$disk" /disk; then
  echo "Cannot mount $disk: a shell of the initramfs."
  exec setsid cttyhack sh
fi
mount -t tmpfs -o mode=755 tmpfs /disk/run
if [ -d /programs ]; then cp -r /programs /disk${PROGRAM_FOLDER}; fi
for folder in proc sys dev; do mount --move /$folder /disk/$folder; done
exec switch_root /disk /sbin/init
`;

/**
 * The script that becomes /sbin/init of the disk. busybox stands in for what no package brought.
 * It stays process 1, because a kernel whose process 1 ends panics, and leaves the file system
 * clean.
 */
export const DISK_INIT = `#!/bin/sh
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/busybox
export HOME=/root LANG=C.UTF-8 TERM=linux
mkdir /run/busybox
/bin/busybox --install -s /run/busybox
mount -t tmpfs -o mode=1777 tmpfs /tmp
mkdir /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
hostname -F /etc/hostname
ifconfig lo up
cd /root
echo ${READY_MARK}
if [ -e ${PROGRAM_FOLDER}/${MAIN_PROGRAM} ]; then
  sh ${PROGRAM_FOLDER}/${MAIN_PROGRAM}
else
  setsid cttyhack bash --login
  echo "The shell has ended: turning the guest off."
fi
cd /
mount -o remount,ro /
sync
poweroff -f
`;

/**
 * Builds the initramfs that finds the disk.
 *
 * @param busybox A static busybox for the guest.
 * @param modules Modules of the kernel, each behind those that it needs.
 * @returns A gzip-compressed newc archive.
 */
export async function buildDiskInitramfs(
  busybox: Uint8Array,
  modules: readonly ModuleFile[],
): Promise<Uint8Array<ArrayBuffer>> {
  const folders = ["bin", "dev", "disk", "modules", "proc", "sys"];
  const entries: CpioEntry[] = [
    ...folders.map((path) => ({ type: "directory", path } as const)),
    // The kernel opens it as the init's input and output before /init can mount devtmpfs.
    { type: "character-device", path: "dev/console", major: 5, minor: 1 },
    { type: "file", path: "bin/busybox", data: busybox, mode: 0o755 },
    { type: "file", path: "init", data: INITRAMFS_INIT, mode: 0o755 },
    ...modules.map(({ name, data }, at) => ({
      type: "file",
      // The script loads them in the order of their names.
      path: `modules/${String(at).padStart(2, "0")}-${name}`,
      data,
    } as const)),
  ];
  return await gzip(encodeCpio(entries));
}

/**
 * Packs programs for a guest on the disk to run in place of a shell. The archive goes behind the
 * initramfs: Linux unpacks several, one behind the other.
 *
 * @param main The script that runs, for sh; the guest turns itself off when it ends.
 * @param files Further files, by name, which it finds in {@linkcode PROGRAM_FOLDER}.
 * @returns A gzip-compressed newc archive.
 */
export async function buildProgramArchive(
  main: string,
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return await gzip(encodeCpio([
    { type: "directory", path: "programs" },
    ...Object.entries({ ...files, [MAIN_PROGRAM]: main }).map((
      [name, data],
    ) => ({ type: "file", path: `programs/${name}`, data } as const)),
  ]));
}
