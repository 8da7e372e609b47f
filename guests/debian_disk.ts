/**
 * Debian's user space on a disk: packages for ppc64el, unpacked into an ext4 image, which Debian's
 * stock kernel boots by virtio.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import { PrivateApt, unpackPackage } from "./apt.ts";
import {
  defaultCacheDir,
  isKept,
  keepFile,
  keepFolder,
  withWorkFolder,
} from "./cache_folder.ts";
import type { PreparedGuest } from "./debian.ts";
import { buildDiskImage, checkDiskTools } from "./disk_image.ts";
import {
  buildDiskInitramfs,
  DISK_INIT,
  DISK_LABEL,
  DISK_MODULES,
  INITRAMFS_INIT,
} from "./disk_init.ts";
import { findModules } from "./kernel_module.ts";
import type { OnProgress } from "./progress.ts";

/** A guest that boots from a disk. */
export interface PreparedDiskGuest extends PreparedGuest {
  /**
   * Path of the disk, a raw image with one ext4 file system. It is kept for all runs: boot a copy,
   * or attach it `readonly`. {@linkcode copyDisk} copies it.
   */
  disk: string;
}

/** Options of {@linkcode prepareDebianDisk}. */
export interface PrepareDebianDiskOptions {
  /** Where to keep it; {@linkcode defaultCacheDir} unless told. */
  cacheDir?: string | undefined;
  /** Told what is being done. */
  onProgress?: OnProgress | undefined;
  /** Gives up early. */
  signal?: AbortSignal | undefined;
}

const ARCHITECTURE = "ppc64el";
const KERNEL_METAPACKAGE = "linux-image-powerpc64le";
const STEPS = 6;

/** What the disk has, beside all that these need. Python's tests are added by its version. */
const PACKAGES = [
  "base-files",
  "base-passwd",
  "bash",
  "busybox-static",
  "bzip2",
  "coreutils",
  "dash",
  "diffutils",
  "findutils",
  "grep",
  "gzip",
  "libc-bin",
  "mawk",
  "openssl",
  "p7zip",
  "perl",
  "python3",
  "python3-minimal",
  "sed",
  "sqlite3",
];

/** Room for what a guest writes; what is not used takes none on the host. */
const DISK_BYTES = 2 ** 30;

/** What the packages' scripts would make, were they run: content by path, or where a link leads. */
const OWN_FILES: Readonly<Record<string, string>> = {
  "etc/hostname": "debian-disk\n",
  "etc/hosts": "127.0.0.1 localhost debian-disk\n::1 localhost\n",
  "etc/fstab": `LABEL=${DISK_LABEL} / ext4 defaults 0 1\n`,
};
const COPIES: Readonly<Record<string, string>> = {
  "etc/passwd": "usr/share/base-passwd/passwd.master",
  "etc/group": "usr/share/base-passwd/group.master",
  "etc/nsswitch.conf": "usr/share/libc-bin/nsswitch.conf",
  "etc/profile": "usr/share/base-files/profile",
};
const LINKS: Readonly<Record<string, string>> = {
  "usr/bin/awk": "mawk",
};

/**
 * Gets Debian's stock ppc64le kernel and a disk with Debian's user space (bash, coreutils, OpenSSL,
 * Perl, Python with its tests, SQLite, 7-Zip), unless they are cached. About 90 MB come over the
 * network, and 320 MB are kept.
 *
 * Needs apt-get, apt-cache, dpkg-deb, mke2fs and debugfs, a network, and no root; changes nothing of
 * the host but the cache folder.
 *
 * @param options Where to keep it, and who listens.
 * @returns Where the files are.
 * @throws {ToolMissingError} If a tool is missing.
 * @throws {ToolFailedError} If one failed, as when the host is offline.
 * @throws {Error} If the sources of apt do not have the packages.
 *
 * @example Usage
 * ```ts no-eval
 * import { copyDisk, formatProgress, prepareDebianDisk } from "./mod.ts";
 *
 * const guest = await prepareDebianDisk({
 *   onProgress: (progress) => console.error(formatProgress(progress)),
 * });
 * await copyDisk(guest.disk, "my_disk.img");
 * ```
 */
export async function prepareDebianDisk(
  options: PrepareDebianDiskOptions = {},
): Promise<PreparedDiskGuest> {
  const { cacheDir = defaultCacheDir() } = options;
  const guest = await debianDiskPlaces(cacheDir);
  if (!await isKept(guest.disk)) {
    await checkDiskTools();
    await withWorkFolder(cacheDir, async (work) => {
      const made = join(work, "made");
      await Deno.mkdir(made);
      await make(placesIn(made), { ...options, work });
      await keepFolder(made, dirname(guest.disk));
    });
  }
  return guest;
}

/**
 * Tells whether {@linkcode prepareDebianDisk} would need nothing from outside.
 *
 * @param cacheDir The cache folder.
 * @returns Whether the disk is there.
 */
export async function isDebianDiskCached(
  cacheDir: string = defaultCacheDir(),
): Promise<boolean> {
  return await isKept((await debianDiskPlaces(cacheDir)).disk);
}

/**
 * Where the recipe keeps what it makes: in a folder named after the recipe, so that the disk of an
 * older one is not taken for it.
 *
 * @param cacheDir The cache folder.
 * @returns The guest, which need not be there.
 */
export async function debianDiskPlaces(
  cacheDir: string,
): Promise<PreparedDiskGuest> {
  const recipe = JSON.stringify([
    PACKAGES,
    DISK_BYTES,
    DISK_MODULES,
    OWN_FILES,
    COPIES,
    LINKS,
    INITRAMFS_INIT,
    DISK_INIT,
  ]);
  const bytes = new TextEncoder().encode(recipe);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  const version = new Uint8Array(digest, 0, 4).toHex();
  return placesIn(join(cacheDir, `debian-disk-${version}`));
}

function placesIn(folder: string): PreparedDiskGuest {
  return {
    kernel: join(folder, "vmlinux"),
    initrd: join(folder, "initramfs.cpio.gz"),
    append: "console=hvc0",
    disk: join(folder, "disk.img"),
  };
}

async function make(
  guest: PreparedDiskGuest,
  options: PrepareDebianDiskOptions & { work: string },
) {
  const { work, onProgress, signal } = options;
  const report = (step: number, text: string, bytes = {}) =>
    onProgress?.({ step, steps: STEPS, text, ...bytes });

  report(1, "Reading the package lists");
  const apt = await PrivateApt.open({
    folder: join(work, "apt"),
    architecture: ARCHITECTURE,
    signal,
  });
  await apt.update();
  const kernel = await packageBehind(apt, KERNEL_METAPACKAGE, "linux-image-");
  const python = await packageBehind(apt, "python3", "python3.");
  const [kernelFile = ""] = await apt.download(
    [kernel],
    (doneBytes, totalBytes) =>
      report(2, `Downloading ${kernel}`, { doneBytes, totalBytes }),
  );
  const contentFiles = await apt.downloadMissing(
    [...PACKAGES, `lib${python}-testsuite`],
    (doneBytes, totalBytes) =>
      report(3, "Downloading Debian's user space", { doneBytes, totalBytes }),
  );

  report(4, "Unpacking the packages");
  const boot = join(work, "kernel");
  await unpackPackage(kernelFile, boot);
  const content = join(work, "content");
  for (const file of contentFiles) {
    signal?.throwIfAborted();
    await unpackPackage(file, content);
  }
  const epoch = await newest(content);
  await configure(content);

  report(5, "Building the disk image");
  const image = join(work, "image");
  await Deno.mkdir(image);
  await buildDiskImage({
    content,
    image: guest.disk,
    work: image,
    bytes: DISK_BYTES,
    label: DISK_LABEL,
    epoch,
    signal,
  });

  report(6, "Building the initramfs");
  const busybox = await Deno.readFile(join(content, "bin", "busybox"));
  const modules = await findModules(join(boot, "lib", "modules"), DISK_MODULES);
  const moduleFiles = await Promise.all(modules.map(async ({ path }) => ({
    name: basename(path),
    data: await Deno.readFile(path),
  })));
  await Deno.writeFile(
    guest.initrd,
    await buildDiskInitramfs(busybox, moduleFiles),
  );
  // The package that has the modules, so that they fit.
  const version = kernel.slice("linux-image-".length);
  await keepFile(join(boot, "boot", `vmlinux-${version}`), guest.kernel);
}

/** The package that a package of another name stands for, as the newest kernel. */
async function packageBehind(
  apt: PrivateApt,
  name: string,
  prefix: string,
): Promise<string> {
  const dependencies = await apt.dependencies(name);
  const found = dependencies.find((other) => other.startsWith(prefix));
  if (found === undefined) {
    throw apt.notFound(`package ${name}:${ARCHITECTURE}`);
  }
  return found;
}

/** Does what the packages' own scripts would do that matters here; they are not run. */
async function configure(content: string) {
  for (const [path, text] of Object.entries(OWN_FILES)) {
    await Deno.writeTextFile(join(content, path), text);
  }
  for (const [path, source] of Object.entries(COPIES)) {
    await Deno.copyFile(join(content, source), join(content, path));
  }
  for (const [path, target] of Object.entries(LINKS)) {
    await Deno.symlink(target, join(content, path));
  }
  const init = join(content, "sbin", "init");
  await Deno.writeTextFile(init, DISK_INIT);
  await Deno.chmod(init, 0o755);
}

/** When the newest file of a folder was changed, in seconds since 1970; of files alone. */
async function newest(folder: string): Promise<number> {
  let seconds = 0;
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for await (const { name, isDirectory, isFile } of Deno.readDir(next)) {
      const path = join(next, name);
      if (isDirectory) folders.push(path);
      if (!isFile) continue;
      const { mtime } = await Deno.stat(path);
      seconds = Math.max(seconds, Math.floor(Number(mtime) / 1000));
    }
  }
  return seconds;
}
