/**
 * Writes the archives that Linux unpacks as its initramfs: cpio in the "newc" format
 * (Linux, Documentation/driver-api/early-userspace/buffer-format.rst).
 *
 * @module
 */

/** A folder of a {@linkcode CpioEntry} archive. */
export interface CpioDirectory {
  /** What the entry is. */
  readonly type: "directory";
  /** Path in the archive, without a leading slash. */
  readonly path: string;
  /** Permission bits, 0o755 unless told. */
  readonly mode?: number;
}

/** A regular file of a {@linkcode CpioEntry} archive. */
export interface CpioFile {
  /** What the entry is. */
  readonly type: "file";
  /** Path in the archive, without a leading slash. */
  readonly path: string;
  /** The content; text is written as UTF-8. */
  readonly data: Uint8Array | string;
  /** Permission bits, 0o644 unless told. */
  readonly mode?: number;
}

/** A symbolic link of a {@linkcode CpioEntry} archive. */
export interface CpioSymlink {
  /** What the entry is. */
  readonly type: "symlink";
  /** Path in the archive, without a leading slash. */
  readonly path: string;
  /** Where the link points. */
  readonly target: string;
}

/** A character device node of a {@linkcode CpioEntry} archive. */
export interface CpioCharacterDevice {
  /** What the entry is. */
  readonly type: "character-device";
  /** Path in the archive, without a leading slash. */
  readonly path: string;
  /** Device major number. */
  readonly major: number;
  /** Device minor number. */
  readonly minor: number;
  /** Permission bits, 0o600 unless told. */
  readonly mode?: number;
}

/** One entry of an archive. All are owned by root and dated to the epoch. */
export type CpioEntry =
  | CpioDirectory
  | CpioFile
  | CpioSymlink
  | CpioCharacterDevice;

const TRAILER = "TRAILER!!!";
const MAX_U32 = 0xffff_ffff;

/** File type bits of `st_mode` (POSIX, sys/stat.h). */
const TYPE_BITS = {
  "directory": 0o040000,
  "file": 0o100000,
  "symlink": 0o120000,
  "character-device": 0o020000,
} as const;

const DEFAULT_MODE = {
  "directory": 0o755,
  "file": 0o644,
  "symlink": 0o777,
  "character-device": 0o600,
} as const;

const encoder = new TextEncoder();

/**
 * Encodes entries as a newc archive. Equal entries give equal bytes.
 *
 * Linux unpacks in order and makes no parent folders: list a folder before what it holds.
 *
 * @param entries What the archive holds, in order.
 * @returns The archive, with its trailer.
 * @throws {RangeError} If a path is empty, absolute, doubled or the trailer's name, or if a number
 * does not fit its field.
 *
 * @example Usage
 * ```ts
 * import { encodeCpio } from "./cpio.ts";
 *
 * const archive = encodeCpio([
 *   { type: "directory", path: "bin" },
 *   { type: "file", path: "init", data: "#!/bin/sh\n", mode: 0o755 },
 * ]);
 * ```
 */
export function encodeCpio(
  entries: Iterable<CpioEntry>,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  const seen = new Set<string>();
  let inode = 1;
  for (const entry of entries) {
    checkPath(entry.path, seen);
    parts.push(...encodeEntry(entry, inode++));
  }
  parts.push(...record({ inode: 0, mode: 0, links: 1, path: TRAILER }));
  return concatenate(parts);
}

function checkPath(path: string, seen: Set<string>) {
  if (path === "" || path.startsWith("/") || path.includes("\0")) {
    throw new RangeError(
      `Cannot write cpio entry: path must be relative and not empty: "${path}"`,
    );
  }
  if (path === TRAILER || seen.has(path)) {
    throw new RangeError(
      `Cannot write cpio entry: path is already in use: "${path}"`,
    );
  }
  seen.add(path);
}

function encodeEntry(entry: CpioEntry, inode: number): Uint8Array[] {
  const permissions = entry.type === "symlink"
    ? DEFAULT_MODE.symlink
    : entry.mode ?? DEFAULT_MODE[entry.type];
  if (!(permissions >= 0 && permissions <= 0o7777)) {
    throw new RangeError(
      `Cannot write cpio entry "${entry.path}": mode is out of range: ${permissions}`,
    );
  }
  const header = {
    inode,
    mode: TYPE_BITS[entry.type] | permissions,
    links: entry.type === "directory" ? 2 : 1,
    path: entry.path,
  };
  switch (entry.type) {
    case "directory":
      return record(header);
    case "file":
      return record({ ...header, data: bytesOf(entry.data) });
    case "symlink":
      return record({ ...header, data: encoder.encode(entry.target) });
    case "character-device":
      return record({ ...header, major: entry.major, minor: entry.minor });
  }
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === "string" ? encoder.encode(data) : data;
}

interface RecordFields {
  inode: number;
  mode: number;
  links: number;
  path: string;
  data?: Uint8Array;
  major?: number;
  minor?: number;
}

function record(fields: RecordFields): Uint8Array[] {
  const { data = new Uint8Array(0) } = fields;
  const path = encoder.encode(`${fields.path}\0`);
  const header = "070701" + [
    fields.inode,
    fields.mode,
    0, // uid
    0, // gid
    fields.links,
    0, // mtime
    data.length,
    0, // major number of the device that the file was on
    0, // minor number of the same
    fields.major ?? 0,
    fields.minor ?? 0,
    path.length,
    0, // checksum, of the "crc" format only
  ].map(hexField).join("");
  const start = encoder.encode(header);
  return [
    start,
    path,
    padding(start.length + path.length),
    data,
    padding(data.length),
  ];
}

function hexField(value: number): string {
  if (!Number.isInteger(value) || value < 0 || value > MAX_U32) {
    throw new RangeError(
      `Cannot write cpio field: not a 32-bit number: ${value}`,
    );
  }
  return value.toString(16).padStart(8, "0");
}

function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3);
}

function concatenate(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
