/**
 * Modes of files as 9P2000.L carries them, which is as Linux has them.
 *
 * @module
 */

/** The bits that say of what type a file is. */
export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;

export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;

/** What the bits of a type are called in messages. */
const TYPE_NAMES: Readonly<Record<number, string>> = {
  [S_IFSOCK]: "socket",
  [S_IFLNK]: "symbolic link",
  [S_IFREG]: "file",
  [S_IFBLK]: "block device",
  [S_IFDIR]: "folder",
  [S_IFCHR]: "character device",
  [S_IFIFO]: "pipe",
};

/** For people: "socket", "pipe", … */
export function typeName(mode: number): string {
  return TYPE_NAMES[mode & S_IFMT] ?? `type 0o${(mode & S_IFMT).toString(8)}`;
}

export function isFolder({ mode }: { readonly mode: number }): boolean {
  return (mode & S_IFMT) === S_IFDIR;
}

export function isFile({ mode }: { readonly mode: number }): boolean {
  return (mode & S_IFMT) === S_IFREG;
}

export function isLink({ mode }: { readonly mode: number }): boolean {
  return (mode & S_IFMT) === S_IFLNK;
}

/** The type as a directory entry has it: DT_REG is S_IFREG >> 12. */
export function entryType({ mode }: { readonly mode: number }): number {
  return (mode & S_IFMT) >>> 12;
}

/**
 * Permissions that a file of the guest's gets on the host. Set-user-id and
 * set-group-id would let people of the host run a guest's program as the
 * emulator's user; POSIX allows to ignore them. The sticky bit means nothing
 * for a file, and marks mapped links here.
 */
export function filePermissions(mode: number): number {
  return mode & 0o777;
}

/** Permissions that a folder of the guest's gets on the host. */
export function folderPermissions(mode: number): number {
  return mode & (0o777 | S_ISGID | S_ISVTX);
}
