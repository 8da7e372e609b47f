/**
 * Makes a disk image of a folder: an ext4 file system in a sparse file, without root and without
 * mounting anything, by the host's mke2fs and debugfs. Equal folders give equal images.
 *
 * @module
 */

import { join } from "node:path";
import { runTool, ToolFailedError, ToolMissingError } from "./command.ts";

/** Options of {@linkcode buildDiskImage}. */
export interface DiskImageOptions {
  /** The folder that becomes the root of the file system. */
  readonly content: string;
  /** The image to make. */
  readonly image: string;
  /** An empty folder for files on the way. */
  readonly work: string;
  /** Size of the disk in bytes; what is not used takes no room on the host. */
  readonly bytes: number;
  /** Name of the file system, at most 16 bytes. */
  readonly label: string;
  /** When everything in the image was made: seconds since 1970. */
  readonly epoch: number;
  /** Gives up early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What would otherwise come from the host: features that the guest's kernel may not know.
 * mke2fs.conf(5).
 */
const CONFIGURATION = `\
[defaults]
  base_features = sparse_super,large_file,filetype,resize_inode,dir_index,ext_attr
  blocksize = 4096
  inode_size = 256
  inode_ratio = 16384
[fs_types]
  ext4 = {
    features = has_journal,extent,huge_file,flex_bg,metadata_csum,64bit,dir_nlink,extra_isize
  }
`;

/** Identity of the file system and seed of its directories' hashes, which are random otherwise. */
const UUID = "6a616e75-7300-4000-8000-000000000001";

const ROOT_INODE = 2;
/** Inodes before it are the file system's own (Linux, Documentation/filesystems/ext4/inodes.rst). */
const FIRST_INODE = 11;

/**
 * Fails early, and by name, if a tool that {@linkcode buildDiskImage} uses is missing.
 *
 * @throws {ToolMissingError} If one is missing.
 */
export async function checkDiskTools() {
  for (const program of ["mke2fs", "debugfs"]) {
    await runDiskTool(program, ["-V"], "build a disk image");
  }
}

/**
 * Makes the image. All in it belongs to root and has one date: owners of a user's files on the
 * host mean nothing to the guest.
 *
 * @param options What of, and where to.
 * @throws {ToolMissingError} If mke2fs or debugfs is missing.
 * @throws {ToolFailedError} If one failed, as when the folder does not fit.
 */
export async function buildDiskImage(options: DiskImageOptions) {
  const { content, image, work, bytes, label, epoch, signal } = options;
  const configuration = join(work, "mke2fs.conf");
  await Deno.writeTextFile(configuration, CONFIGURATION);
  const env = {
    MKE2FS_CONFIG: configuration,
    E2FSPROGS_FAKE_TIME: String(epoch),
    SOURCE_DATE_EPOCH: String(epoch),
    TZ: "UTC",
  };
  const run = (program: string, args: string[]) =>
    runDiskTool(program, args, "build a disk image", { env, signal });
  await run("mke2fs", [
    "-q",
    "-F",
    "-t",
    "ext4",
    "-L",
    label,
    "-U",
    UUID,
    "-E",
    `hash_seed=${UUID},root_owner=0:0,lazy_itable_init=1,lazy_journal_init=1`,
    "-d",
    content,
    image,
    `${Math.floor(bytes / 1024)}k`,
  ]);
  const statistics = await run("debugfs", ["-R", "stats -h", image]);
  const commands = join(work, "debugfs.commands");
  await Deno.writeTextFile(
    commands,
    ownershipCommands(usedInodes(statistics), epoch),
  );
  await run("debugfs", ["-w", "-f", commands, image]);
}

/**
 * Lets e2fsck look at a disk image, which it leaves as it is.
 *
 * @param image The image, which nobody has mounted.
 * @returns What is wrong with it, or `undefined`.
 * @throws {ToolMissingError} If e2fsck is missing.
 */
export async function checkDisk(image: string): Promise<string | undefined> {
  const lines: string[] = [];
  try {
    await runDiskTool("e2fsck", ["-f", "-n", image], "check a disk image", {
      onLine: (line) => lines.push(line),
    });
    return undefined;
  } catch (error) {
    if (error instanceof ToolFailedError) return lines.join("\n");
    throw error;
  }
}

const BLOCK_BYTES = 1024 * 1024;

/**
 * Copies a disk image; what is zero takes no room in the copy.
 *
 * @param source The image.
 * @param path The copy, made or replaced.
 * @param signal Gives up early.
 */
export async function copyDisk(
  source: string,
  path: string,
  signal?: AbortSignal,
) {
  using from = await Deno.open(source);
  using to = await Deno.create(path);
  const block = new Uint8Array(BLOCK_BYTES);
  const words = new Uint32Array(block.buffer);
  let offset = 0;
  while (true) {
    signal?.throwIfAborted();
    block.fill(0);
    const length = await from.read(block);
    if (length === null) break;
    if (!isZero(words)) {
      await to.seek(offset, Deno.SeekMode.Start);
      await writeAll(to, block.subarray(0, length));
    }
    offset += length;
  }
  await to.truncate(offset);
}

/** A loop, since a disk has hundreds of millions of words. */
function isZero(words: Uint32Array): boolean {
  for (let at = 0; at < words.length; at++) {
    if (words[at] !== 0) return false;
  }
  return true;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array) {
  let rest = bytes;
  while (rest.length > 0) rest = rest.subarray(await file.write(rest));
}

/** How many inodes are in use; mke2fs hands them out from the first. */
function usedInodes(statistics: string): number {
  const count = (name: string) =>
    Number(new RegExp(`^${name}: +(\\d+)$`, "m").exec(statistics)?.[1]);
  const used = count("Inode count") - count("Free inodes");
  if (Number.isInteger(used)) return used;
  throw new Error("Cannot read what debugfs says of a disk image");
}

/** debugfs(8) commands that make everything root's, and of one date. */
function ownershipCommands(used: number, epoch: number): string {
  let text = "";
  const fields = ["uid 0", "gid 0"].concat(
    ["atime", "ctime", "mtime", "crtime"].map((name) => `${name} @${epoch}`),
  );
  for (let inode = ROOT_INODE; inode <= used; inode++) {
    if (inode > ROOT_INODE && inode < FIRST_INODE) continue;
    for (const field of fields) text += `set_inode_field <${inode}> ${field}\n`;
  }
  return text;
}

async function runDiskTool(
  program: string,
  args: readonly string[],
  purpose: string,
  options: {
    env?: Record<string, string>;
    signal?: AbortSignal | undefined;
    onLine?: (line: string) => void;
  } = {},
): Promise<string> {
  const { env, signal, onLine } = options;
  const run = (path: string) =>
    runTool([path, ...args], {
      purpose,
      debianPackage: "e2fsprogs",
      ...env && { env },
      ...signal && { signal },
      ...onLine && { onLine },
    });
  try {
    return new TextDecoder().decode((await run(program)).stdout);
  } catch (error) {
    // Debian has them where PATH of most users does not look.
    const folder = "/usr/sbin";
    if (!(error instanceof ToolMissingError)) throw error;
    if (!await isThere(join(folder, program))) throw error;
    return new TextDecoder().decode(
      (await run(join(folder, program))).stdout,
    );
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
