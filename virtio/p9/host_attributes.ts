/**
 * What the host knows of a file, whether it was asked by path or by handle.
 *
 * @module
 */
import { fstatSync } from "node:fs";
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from "./file_mode.ts";

/** A file's attributes. Times are milliseconds since 1970: Deno has no finer. */
export interface HostAttributes {
  /** With `inode`, what identifies the file on the host. */
  readonly device: number;
  readonly inode: number;
  /** Type and permissions, as Linux has them. */
  readonly mode: number;
  readonly links: number;
  readonly uid: number;
  readonly gid: number;
  readonly specialDevice: number;
  readonly size: number;
  readonly blockSize: number;
  /** Of 512 bytes. */
  readonly blocks: number;
  readonly accessed: number;
  readonly modified: number;
  readonly changed: number;
  /** Absent where the host does not know. */
  readonly born: number | undefined;
}

/** Of what `Deno.lstatSync()` gives. */
export function attributesOfInfo(info: Deno.FileInfo): HostAttributes {
  const modified = info.mtime?.getTime() ?? 0;
  return {
    device: info.dev,
    inode: info.ino ?? 0,
    mode: info.mode ?? typeOf(info),
    links: info.nlink ?? 1,
    uid: info.uid ?? 0,
    gid: info.gid ?? 0,
    specialDevice: info.rdev ?? 0,
    size: info.size,
    blockSize: info.blksize ?? 4096,
    blocks: info.blocks ?? Math.ceil(info.size / 512),
    accessed: info.atime?.getTime() ?? modified,
    modified,
    changed: info.ctime?.getTime() ?? modified,
    born: info.birthtime?.getTime(),
  };
}

/** Of an open file or folder. */
export function attributesOfDescriptor(descriptor: number): HostAttributes {
  const stats = fstatSync(descriptor);
  return {
    device: stats.dev,
    inode: stats.ino,
    mode: stats.mode,
    links: stats.nlink,
    uid: stats.uid,
    gid: stats.gid,
    specialDevice: stats.rdev,
    size: stats.size,
    blockSize: stats.blksize,
    blocks: stats.blocks,
    accessed: stats.atimeMs,
    modified: stats.mtimeMs,
    changed: stats.ctimeMs,
    born: stats.birthtimeMs,
  };
}

/** Whether both are of one file. */
export function sameFile(one: HostAttributes, other: HostAttributes): boolean {
  return one.inode === other.inode && one.device === other.device &&
    (one.mode & S_IFMT) === (other.mode & S_IFMT);
}

function typeOf(info: Deno.FileInfo): number {
  if (info.isDirectory) return S_IFDIR | 0o755;
  if (info.isSymlink) return S_IFLNK | 0o777;
  return S_IFREG | 0o644;
}
