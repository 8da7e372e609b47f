/**
 * A guest that copies with `dd` at its start, between marks on its console.
 *
 * @module
 */
import { join } from "node:path";
import { encodeCpio, gzip } from "../guests/mod.ts";
import type { BenchGuest } from "./guests.ts";

/** Bytes of the disk, and of each file, in units of 2^20. */
export const MEGABYTES = 256;

/** What is measured: a name, for people, and the guest's command. */
export const COPIES = {
  "disk read": `dd if=/dev/vda of=/dev/null bs=1M count=${MEGABYTES}`,
  "disk write":
    `dd if=/dev/zero of=/dev/vda bs=1M count=${MEGABYTES} conv=fsync`,
  "disk read, direct":
    `dd if=/dev/vda of=/dev/null bs=1M count=${MEGABYTES} iflag=direct`,
  "disk write, direct":
    `dd if=/dev/zero of=/dev/vda bs=1M count=${MEGABYTES} oflag=direct`,
  "share read": "dd if=/mnt/data of=/dev/null bs=1M",
  "share write":
    `dd if=/dev/zero of=/mnt/written bs=1M count=${MEGABYTES} conv=fsync`,
} as const;

/** A name of {@linkcode COPIES}. */
export type CopyName = keyof typeof COPIES;

/** Marks around a copy. */
export const MARK = { begin: "BENCH BEGIN", end: "BENCH END" } as const;

const EXECUTABLE = 0o755;

/** The first program; what the guest keeps of the disk is dropped before. */
function script(copies: readonly CopyName[]): string {
  const lines = copies.flatMap((name) => [
    "blockdev --flushbufs /dev/vda",
    `echo ${MARK.begin}`,
    `${COPIES[name]} 2>/tmp/errors && echo ${MARK.end} || cat /tmp/errors`,
  ]);
  return [
    "#!/bin/busybox sh",
    "/bin/busybox mkdir -p /bin /dev /mnt /proc /sys /tmp",
    "/bin/busybox --install -s /bin",
    "mount -t proc proc /proc",
    "mount -t sysfs sysfs /sys",
    "mount -t devtmpfs devtmpfs /dev",
    'for module in /modules/*; do [ -e "$module" ] && insmod "$module"; done',
    "mount -t 9p -o trans=virtio,version=9p2000.L,msize=1048576 host0 /mnt",
    ...lines,
    "poweroff -f",
    "",
  ].join("\n");
}

/**
 * Makes a guest that copies in the given order: to the initramfs, with its
 * busybox, an archive is appended that replaces the first program.
 */
export async function diskGuest(
  guest: BenchGuest,
  { copies, folder }: { copies: readonly CopyName[]; folder: string },
): Promise<BenchGuest> {
  const init = await gzip(encodeCpio([
    { type: "file", path: "init", data: script(copies), mode: EXECUTABLE },
  ]));
  const initrd = join(folder, "disk.cpio.gz");
  const [first] = [await Deno.readFile(guest.initrd)];
  const both = new Uint8Array(first.length + init.length);
  both.set(first);
  both.set(init, first.length);
  await Deno.writeFile(initrd, both);
  return { ...guest, initrd };
}

/** What the guest's disk and share are on the host. */
export interface DiskFiles {
  readonly image: string;
  readonly share: string;
}

/** Makes a disk and a share with a file, of bytes that are not all alike. */
export async function makeDiskFiles(folder: string): Promise<DiskFiles> {
  const image = join(folder, "disk.img");
  const share = join(folder, "share");
  await Deno.mkdir(share);
  const block = Uint8Array.from(
    { length: 2 ** 20 },
    (_, at) => at % 251 ^ at >> 12,
  );
  for (const path of [image, join(share, "data")]) {
    using file = await Deno.create(path);
    for (let count = 0; count < MEGABYTES; count++) file.writeSync(block);
  }
  return { image, share };
}
