/**
 * Finds ready guests: kernels and initramfs images that somebody has built before, so that a test
 * run need not. The folder is laid out as `guests/README.md` tells.
 *
 * @module
 */

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isKept, keepBytes } from "./cache_folder.ts";
import { unpackXz } from "./compression.ts";
import type { PreparedGuest } from "./debian.ts";

/** A ready guest's folder, named after its byte order: big-endian or little-endian. */
export type ReadyGuestName = "be" | "le";

/** Options of {@linkcode readyGuest}. */
export interface ReadyGuestOptions {
  /** Which initramfs: a shell, or the one that tries virtio devices. `"shell"` unless told. */
  initramfs?: "shell" | "virtio" | undefined;
  /** Where the unpacked kernel is kept. */
  cacheDir: string;
}

/** Name of the environment variable that names the folder of ready guests. */
export const READY_GUESTS_VARIABLE = "JANUS_GUESTS";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/**
 * Finds the folder of ready guests: the one that `JANUS_GUESTS` names, or else `shared/guests`
 * beside the project.
 *
 * @returns The folder, or `null` if the variable is not set and there is none.
 * @throws {Error} If the variable names something that is not a folder.
 */
export function readyGuestsFolder(): string | null {
  const named = Deno.env.get(READY_GUESTS_VARIABLE);
  if (named !== undefined && named !== "") {
    if (isFolder(named)) return named;
    throw new Error(
      `Cannot use ready guests: ${READY_GUESTS_VARIABLE} is not a folder: "${named}"`,
    );
  }
  const beside = join(PROJECT, "..", "shared", "guests");
  return isFolder(beside) ? beside : null;
}

/**
 * Gets a ready guest, its kernel unpacked.
 *
 * @param name Which byte order.
 * @param options Which initramfs, and where to unpack to.
 * @returns Where the files are, or `null` if there is no folder of ready guests.
 * @throws {Error} If there is one, but without this guest.
 * @throws {ToolMissingError} If the kernel is packed and `xz` is not installed.
 */
export async function readyGuest(
  name: ReadyGuestName,
  options: ReadyGuestOptions,
): Promise<PreparedGuest | null> {
  const folder = readyGuestsFolder();
  if (folder === null) return null;
  const { initramfs = "shell", cacheDir } = options;
  const packed = join(folder, name, "vmlinux.xz");
  const initrd = join(folder, name, `${initramfs}.cpio.gz`);
  for (const path of [packed, initrd]) {
    if (!await isKept(path)) {
      throw new Error(
        `Cannot use ready guest "${name}": no such file: ${path}`,
      );
    }
  }
  const kernel = await unpackOnce(packed, join(cacheDir, "ready"), name);
  return { kernel, initrd, append: "console=hvc0" };
}

/** The kept file is named after what was unpacked, so that a newer one is never missed. */
async function unpackOnce(
  packed: string,
  folder: string,
  name: ReadyGuestName,
): Promise<string> {
  const { size, mtime } = await Deno.stat(packed);
  const version = `${size.toString(36)}-${mtime?.getTime().toString(36) ?? 0}`;
  const path = join(folder, `${name}-${version}.vmlinux`);
  if (!await isKept(path)) {
    await Deno.mkdir(folder, { recursive: true });
    await keepBytes(path, await unpackXz(packed));
  }
  return path;
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
