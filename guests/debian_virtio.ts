/**
 * Debian's stock ppc64le kernel as it is installed on a disk, with those of its modules that drive
 * virtio devices, and a busybox shell.
 *
 * @module
 */

import { basename, join } from "node:path";
import { PrivateApt, unpackPackage } from "./apt.ts";
import {
  defaultCacheDir,
  isKept,
  keepBytes,
  keepFile,
  withWorkFolder,
} from "./cache_folder.ts";
import type { PrepareDebianGuestOptions, PreparedGuest } from "./debian.ts";
import { buildInitramfs, SHELL_INIT } from "./initramfs.ts";
import { findModules, type ModuleFile } from "./kernel_module.ts";

const ARCHITECTURE = "ppc64el";
const KERNEL_METAPACKAGE = "linux-image-powerpc64le";
const BUSYBOX_PACKAGE = "busybox-static";
const STEPS = 3;

/** Modules that the guest loads, beside those that they need. */
const MODULES = [
  "virtio_pci",
  "virtio_blk",
  "virtio_net",
  "virtio_console",
  "virtio_balloon",
  "virtio_rng",
  "9pnet_virtio",
  "9p",
  // ext4 asks the kernel's cryptography for it, which names no module.
  "crc32c_generic",
  "ext4",
];

const INIT = SHELL_INIT.replace(
  "export HOME",
  'for module in /modules/*; do insmod "$module"; done\nexport HOME',
);

/**
 * Gets Debian's kernel with its modules for virtio and builds a shell initramfs that loads them,
 * unless both are cached. About 60 MB come over the network. Needs what `prepareDebianGuest()` needs.
 *
 * @param options Where to keep it, and who listens.
 * @returns Where the files are.
 * @throws {ToolMissingError} If a tool is missing.
 * @throws {ToolFailedError} If one failed, as when the host is offline.
 * @throws {Error} If the sources of apt do not have the packages, or these not the modules.
 *
 * @example Usage
 * ```ts no-eval
 * import { prepareDebianVirtioGuest } from "./mod.ts";
 *
 * const guest = await prepareDebianVirtioGuest();
 * ```
 */
export async function prepareDebianVirtioGuest(
  options: PrepareDebianGuestOptions = {},
): Promise<PreparedGuest> {
  const { cacheDir = defaultCacheDir() } = options;
  const folder = await folderIn(cacheDir);
  const guest = {
    kernel: join(folder, "vmlinux"),
    initrd: join(folder, "shell.cpio.gz"),
    append: "console=hvc0",
  };
  if (await isKept(guest.kernel) && await isKept(guest.initrd)) return guest;
  await Deno.mkdir(folder, { recursive: true });
  await withWorkFolder(
    cacheDir,
    (work) => make(guest, { ...options, work }),
  );
  return guest;
}

/**
 * Tells whether {@linkcode prepareDebianVirtioGuest} would need nothing from outside.
 *
 * @param cacheDir The cache folder.
 * @returns Whether all is there.
 */
export async function isDebianVirtioGuestCached(
  cacheDir: string = defaultCacheDir(),
): Promise<boolean> {
  const folder = await folderIn(cacheDir);
  return await isKept(join(folder, "vmlinux")) &&
    await isKept(join(folder, "shell.cpio.gz"));
}

/** What other modules or another script would make is kept elsewhere. */
async function folderIn(cacheDir: string): Promise<string> {
  const recipe = new TextEncoder().encode([INIT, ...MODULES].join("\n"));
  const digest = await crypto.subtle.digest("SHA-256", recipe);
  const version = new Uint8Array(digest, 0, 4).toHex();
  return join(cacheDir, `debian-virtio-${version}`);
}

async function make(
  guest: PreparedGuest,
  options: PrepareDebianGuestOptions & { work: string },
): Promise<void> {
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
  const kernel = (await apt.dependencies(KERNEL_METAPACKAGE))
    .find((name) => name.startsWith("linux-image-"));
  if (kernel === undefined) {
    throw apt.notFound(`package ${KERNEL_METAPACKAGE}:${ARCHITECTURE}`);
  }
  const packages = await apt.download(
    [kernel, BUSYBOX_PACKAGE],
    (doneBytes, totalBytes) =>
      report(2, `Downloading ${kernel}`, { doneBytes, totalBytes }),
  );
  report(3, "Unpacking the kernel and building the initramfs");
  const content = join(work, "content");
  for (const file of packages) await unpackPackage(file, content);
  const busybox = await Deno.readFile(join(content, "bin", "busybox"));
  const modules = await readModules(join(content, "lib", "modules"));
  await keepBytes(guest.initrd, await buildInitramfs(busybox, INIT, modules));
  const version = kernel.slice("linux-image-".length);
  await keepFile(join(content, "boot", `vmlinux-${version}`), guest.kernel);
}

async function readModules(folder: string): Promise<ModuleFile[]> {
  const modules = await findModules(folder, MODULES);
  return await Promise.all(modules.map(async ({ path }) => ({
    name: basename(path),
    data: await Deno.readFile(path),
  })));
}
