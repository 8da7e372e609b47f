/**
 * The guest that people have: Debian's stock ppc64le kernel with a busybox shell.
 *
 * @module
 */

import { join } from "node:path";
import { PrivateApt, unpackPackage } from "./apt.ts";
import {
  defaultCacheDir,
  isKept,
  keepBytes,
  keepFile,
  withWorkFolder,
} from "./cache_folder.ts";
import { runTool, ToolFailedError, ToolMissingError } from "./command.ts";
import { buildInitramfs, SHELL_INIT } from "./initramfs.ts";
import type { OnProgress } from "./progress.ts";

/** A kernel with its initramfs, ready to boot. */
export interface PreparedGuest {
  /** Path of the kernel, an ELF file. */
  kernel: string;
  /** Path of the initramfs, a compressed cpio archive. */
  initrd: string;
  /** The kernel's command line. */
  append: string;
}

/** Options of {@linkcode prepareDebianGuest}. */
export interface PrepareDebianGuestOptions {
  /** Where to keep it; {@linkcode defaultCacheDir} unless told. */
  cacheDir?: string | undefined;
  /** Told what is being done. */
  onProgress?: OnProgress | undefined;
  /** Gives up early. */
  signal?: AbortSignal | undefined;
}

const ARCHITECTURE = "ppc64el";
const STEPS = 4;

/** The installer's kernel comes alone; the full one brings 300 MB of modules. */
const INSTALLER_PATTERN = "^debian-installer-[0-9]+-netboot-ppc64el$";
const INSTALLER_PREFERRED = "debian-installer-12-netboot-ppc64el";
const KERNEL_METAPACKAGE = "linux-image-powerpc64le";
const BUSYBOX_PACKAGE = "busybox-static";

/**
 * Gets Debian's stock ppc64le kernel and builds a shell initramfs for it, unless both are cached.
 * Needs apt-get, apt-cache and dpkg-deb, a network, and no root; changes nothing of the host but
 * the cache folder.
 *
 * @param options Where to keep it, and who listens.
 * @returns Where the files are.
 * @throws {ToolMissingError} If a tool is missing.
 * @throws {ToolFailedError} If one failed, as when the host is offline.
 * @throws {Error} If the sources of apt do not have the packages.
 *
 * @example Usage
 * ```ts no-eval
 * import { formatProgress, prepareDebianGuest } from "./mod.ts";
 *
 * const guest = await prepareDebianGuest({
 *   onProgress: (progress) => console.error(formatProgress(progress)),
 * });
 * ```
 */
export async function prepareDebianGuest(
  options: PrepareDebianGuestOptions = {},
): Promise<PreparedGuest> {
  const { cacheDir = defaultCacheDir(), onProgress } = options;
  const files = await placesIn(cacheDir);
  await Deno.mkdir(files.folder, { recursive: true });
  if (!await isKept(files.kernel) || !await isKept(files.busybox)) {
    await withWorkFolder(
      cacheDir,
      (work) => fetchInto(files, { ...options, work }),
    );
  }
  if (!await isKept(files.initrd)) {
    onProgress?.({ step: 4, steps: STEPS, text: "Building the initramfs" });
    const busybox = await Deno.readFile(files.busybox);
    await keepBytes(files.initrd, await buildInitramfs(busybox));
  }
  return { kernel: files.kernel, initrd: files.initrd, append: "console=hvc0" };
}

/**
 * Tells whether {@linkcode prepareDebianGuest} would need nothing from outside.
 *
 * @param cacheDir The cache folder.
 * @returns Whether kernel and busybox are there.
 */
export async function isDebianGuestCached(
  cacheDir: string = defaultCacheDir(),
): Promise<boolean> {
  const files = await placesIn(cacheDir);
  return await isKept(files.kernel) && await isKept(files.busybox);
}

/**
 * Tells whether {@linkcode prepareDebianGuest} is worth trying on this host: the tools are there
 * and apt has sources. Whether these can be reached shows only in trying.
 *
 * @returns Whether it is.
 */
export async function isDebianGuestObtainable(): Promise<boolean> {
  try {
    await runTool(["dpkg-deb", "--version"], {
      purpose: "look for dpkg-deb",
      debianPackage: "dpkg",
    });
    const { stdout } = await runTool([
      "apt-get",
      "-o",
      `APT::Architectures=${ARCHITECTURE}`,
      "indextargets",
      "--format",
      "$(SITE)",
      "Created-By: Packages",
    ], { purpose: "list the sources of apt", debianPackage: "apt" });
    return stdout.length > 0;
  } catch (error) {
    if (error instanceof ToolMissingError) return false;
    if (error instanceof ToolFailedError) return false;
    throw error;
  }
}

interface Places {
  folder: string;
  kernel: string;
  busybox: string;
  initrd: string;
}

async function placesIn(cacheDir: string): Promise<Places> {
  const folder = join(cacheDir, "debian");
  const init = new TextEncoder().encode(SHELL_INIT);
  const digest = await crypto.subtle.digest("SHA-256", init);
  // An initramfs of an older init script must not be taken for the present one.
  const version = new Uint8Array(digest, 0, 4).toHex();
  return {
    folder,
    kernel: join(folder, "vmlinux"),
    busybox: join(folder, "busybox"),
    initrd: join(folder, `shell-${version}.cpio.gz`),
  };
}

async function fetchInto(
  files: Places,
  options: PrepareDebianGuestOptions & { work: string },
) {
  const { work, onProgress, signal } = options;
  const apt = await PrivateApt.open({
    folder: join(work, "apt"),
    architecture: ARCHITECTURE,
    signal,
  });
  onProgress?.({ step: 1, steps: STEPS, text: "Reading the package lists" });
  await apt.update();

  const kernelPackage = await findKernelPackage(apt);
  const names = [kernelPackage, BUSYBOX_PACKAGE];
  const packages = await apt.download(names, (doneBytes, totalBytes) => {
    const text = `Downloading ${names.join(" and ")}`;
    onProgress?.({ step: 2, steps: STEPS, text, doneBytes, totalBytes });
  });

  onProgress?.({ step: 3, steps: STEPS, text: "Unpacking the packages" });
  const content = join(work, "content");
  for (const file of packages) await unpackPackage(file, content);
  await keepFile(
    await findFile(content, /\/vmlinux[^/]*$/, kernelPackage),
    files.kernel,
  );
  await keepFile(
    await findFile(content, /\/bin\/busybox$/, BUSYBOX_PACKAGE),
    files.busybox,
  );
}

async function findKernelPackage(apt: PrivateApt): Promise<string> {
  const installers = await apt.search(INSTALLER_PATTERN);
  const installer = installers.includes(INSTALLER_PREFERRED)
    ? INSTALLER_PREFERRED
    : installers.at(-1);
  if (installer !== undefined) return installer;
  const images = await apt.dependencies(KERNEL_METAPACKAGE);
  const image = images.find((name) => name.startsWith("linux-image-"));
  if (image !== undefined) return image;
  throw apt.notFound(
    `packages ${INSTALLER_PREFERRED} and ${KERNEL_METAPACKAGE}:${ARCHITECTURE}`,
  );
}

async function findFile(
  folder: string,
  pattern: RegExp,
  packageName: string,
): Promise<string> {
  const found: string[] = [];
  const folders = [folder];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    for await (const entry of Deno.readDir(next)) {
      const path = join(next, entry.name);
      // Links are passed over: a package's absolute link would lead out of the folder.
      if (entry.isDirectory) folders.push(path);
      else if (entry.isFile && pattern.test(path)) found.push(path);
    }
  }
  const [path] = found.sort();
  if (path === undefined) {
    throw new Error(
      `Cannot use package ${packageName}: it has no file like ${pattern.source}`,
    );
  }
  return path;
}
