/**
 * Changes of attributes on the host, by path. What a path names is opened and
 * changed through its handle where that can be, so that it is sure what was
 * changed.
 *
 * @module
 */
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
} from "node:fs";
import { ERRNO, errnoOf, P9Error } from "./errno.ts";
import {
  filePermissions,
  folderPermissions,
  isFile,
  isFolder,
} from "./file_mode.ts";
import type { Opened, PathGuard } from "./path_guard.ts";

/** Gives a file or a folder what of a mode's permissions it can have. */
export function changePermissions(
  guard: PathGuard,
  names: readonly string[],
  mode: number,
): void {
  const folder = isFolder(guard.inspect(names));
  const permissions = folder ? folderPermissions(mode) : filePermissions(mode);
  const change = (path: string) => chmodSync(path, permissions);
  try {
    withOpen(guard.open(names, constants.O_RDONLY), ({ descriptor }) => {
      fchmodSync(descriptor, permissions);
    });
  } catch (error) {
    // Who may not read a file may own it all the same. It was no link just
    // now, and chmod() would follow one.
    if (errnoOf(error) !== ERRNO.EACCES) throw error;
    if (folder) guard.inside(names, change);
    else guard.at(names, change);
  }
}

/** Makes a file longer or shorter. */
export function truncate(
  guard: PathGuard,
  names: readonly string[],
  size: number,
): void {
  withOpen(
    guard.open(names, constants.O_WRONLY),
    ({ descriptor, attributes }) => {
      if (!isFile(attributes)) {
        throw new P9Error("EISDIR", "Cannot truncate: not a file");
      }
      ftruncateSync(descriptor, size);
    },
  );
}

/** Runs work on what was opened, and closes it. */
export function withOpen<T>(opened: Opened, work: (opened: Opened) => T): T {
  try {
    return work(opened);
  } finally {
    closeSync(opened.descriptor);
  }
}
