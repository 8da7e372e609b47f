import { join } from "node:path";
import {
  gunzip,
  MAX_UNPACKED,
  ToolMissingError,
  unpackXz,
} from "../guests/mod.ts";
import type { ImageFile } from "../emulator/config.ts";
import { ExitError, messageOf } from "../emulator/exit_status.ts";

const GZIP = [0x1f, 0x8b];
const XZ = [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00];
const MEBIBYTE = 2 ** 20;

/** A folder for what is unpacked or copied, made when it is needed. */
export class UnpackFolder implements Disposable {
  #path: string | undefined;

  /** Keeps bytes in a file of this name; returns its path. */
  keep(name: string, bytes: Uint8Array): string {
    const path = this.place(name);
    Deno.writeFileSync(path, bytes);
    return path;
  }

  /** Gives the path for a file of this name. */
  place(name: string): string {
    // Only its owner may look into it.
    this.#path ??= Deno.makeTempDirSync({ prefix: "janus-" });
    return join(this.#path, name);
  }

  /** Removes everything. */
  [Symbol.dispose](): void {
    const path = this.#path;
    this.#path = undefined;
    if (path !== undefined) Deno.removeSync(path, { recursive: true });
  }
}

/**
 * Finds the kernel, and unpacks it if it is packed; what it is shows in its
 * first bytes.
 *
 * @throws {ExitError} If it cannot be read or unpacked
 */
export async function findKernel(
  path: string,
  folder: UnpackFolder,
): Promise<ImageFile> {
  const size = checkFile("--kernel", path);
  if (size > MAX_UNPACKED) {
    throw refuse(
      "--kernel",
      path,
      `it is larger than ${inMebibytes(MAX_UNPACKED)}`,
    );
  }
  const start = readStart(path);
  const packing = startsWith(start, GZIP)
    ? "gzip"
    : startsWith(start, XZ)
    ? "xz"
    : undefined;
  if (packing === undefined) return { path, name: path };
  const unpacked = await unpack(path, packing);
  return { path: folder.keep("kernel", unpacked), name: path };
}

async function unpack(
  path: string,
  packing: "gzip" | "xz",
): Promise<Uint8Array> {
  try {
    return packing === "gzip"
      ? await gunzip(await Deno.readFile(path))
      : await unpackXz(path);
  } catch (error) {
    const reason = error instanceof ToolMissingError
      ? `${error.program} is needed to unpack it, install that or unpack it elsewhere`
      : `it cannot be unpacked, is it whole: ${messageOf(error)}`;
    throw refuse("--kernel", path, reason);
  }
}

/**
 * Finds the initial ramdisk. It stays packed: the guest unpacks it, and some
 * are several archives one behind the other.
 *
 * @throws {ExitError} If it cannot be read, or is larger than memory
 */
export function findInitrd(path: string, memoryBytes: number): ImageFile {
  const size = checkFile("--initrd", path);
  if (size > memoryBytes) {
    throw refuse(
      "--initrd",
      path,
      `its ${inMebibytes(size)} do not fit in memory of ${
        inMebibytes(memoryBytes)
      }, give --memory`,
    );
  }
  readStart(path);
  return { path, name: path };
}

/**
 * Checks that a file is there and is a file; returns its size.
 *
 * @throws {ExitError} If not
 */
export function checkFile(option: string, path: string): number {
  let info: Deno.FileInfo;
  try {
    info = Deno.statSync(path);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    throw refuse(
      option,
      path,
      missing ? "there is no such file" : messageOf(error),
    );
  }
  if (info.isDirectory) {
    throw refuse(option, path, "it is a folder, name a file");
  }
  if (!info.isFile) throw refuse(option, path, "it is not a regular file");
  return info.size;
}

function readStart(path: string): Uint8Array {
  const start = new Uint8Array(XZ.length);
  try {
    using file = Deno.openSync(path);
    const length = file.readSync(start) ?? 0;
    return start.subarray(0, length);
  } catch (error) {
    const denied = error instanceof Deno.errors.PermissionDenied;
    throw ExitError.usage(
      `Cannot read ${path}: ${
        denied ? "its owner does not permit it" : messageOf(error)
      }`,
    );
  }
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

function refuse(option: string, path: string, reason: string): ExitError {
  return ExitError.usage(`Cannot use ${option} ${path}: ${reason}`);
}

function inMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / MEBIBYTE)} MiB`;
}
