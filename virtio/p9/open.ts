/**
 * Opening files, and creating them.
 *
 * @module
 */
import { closeSync, ftruncateSync } from "node:fs";
import { truncate } from "./change.ts";
import { ERRNO, errnoOf, P9Error } from "./errno.ts";
import { Fid, OpenFolder } from "./fid.ts";
import { filePermissions, isFile, isFolder, isLink } from "./file_mode.ts";
import type { Handlers } from "./handler.ts";
import type { HostAttributes } from "./host_attributes.ts";
import {
  hostOpenFlags,
  OPEN_FLAG,
  OpenFile,
  opensForWriting,
} from "./open_file.ts";
import { checkName, type Opened } from "./path_guard.ts";
import type { Share } from "./share.ts";

/** No unit that reads and writes should keep to, but the message size. */
const IO_UNIT = 0;

export const openHandlers = {
  lopen(share, { fid: number, flags }) {
    const fid = share.fids.get(number);
    checkNotOpen(fid, number);
    if (opensForWriting(flags)) share.checkWritable();
    const attributes = share.attributes(fid);
    if (isFolder(attributes)) {
      if (opensForWriting(flags)) {
        throw new P9Error("EISDIR", "Cannot open for writing: a folder");
      }
      fid.open = new OpenFolder();
    } else {
      share.fids.checkMayOpen();
      checkNoLink(attributes);
      const names = share.tree.namesOf(fid.node);
      share.fids.opened(fid, openFile(share, names, flags));
    }
    return { qid: share.qid(attributes), ioUnit: IO_UNIT };
  },

  lcreate(share, { fid: number, name, flags, mode }) {
    share.checkWritable();
    checkName(name);
    const folder = share.fids.get(number);
    checkNotOpen(folder, number);
    share.fids.checkMayOpen();
    const names = [...share.tree.namesOf(folder.node), name];
    const file = createFile(share, names, { flags, mode });
    const fid = new Fid(share.tree.below(folder.node, [name]));
    share.fids.replace(number, fid);
    share.fids.opened(fid, file);
    return { qid: share.qid(file.attributes()), ioUnit: IO_UNIT };
  },
} satisfies Pick<Handlers, "lopen" | "lcreate">;

function checkNotOpen(fid: Fid, number: number): void {
  if (fid.open !== undefined) {
    throw new P9Error("EINVAL", `Cannot open fid: it is open: ${number}`);
  }
}

/** The guest follows links itself: what it opens is none. */
function checkNoLink(attributes: HostAttributes): void {
  if (isLink(attributes)) {
    throw new P9Error("ELOOP", "Cannot open file: a symbolic link");
  }
}

/** Opens a file as a restored fid had it: nothing is created or truncated. */
export function reopenFile(
  share: Share,
  names: readonly string[],
  flags: number,
): OpenFile {
  const kept = flags & ~(OPEN_FLAG.truncate | OPEN_FLAG.create);
  checkNoLink(share.look(names));
  return openFile(share, names, kept);
}

function openFile(
  share: Share,
  names: readonly string[],
  flags: number,
): OpenFile {
  if ((flags & OPEN_FLAG.folder) !== 0) {
    throw new P9Error("ENOTDIR", "Cannot open folder: a file");
  }
  const opened = share.guard.open(names, hostOpenFlags(flags));
  return asFile(opened, flags, () => {
    if ((flags & OPEN_FLAG.truncate) === 0) return;
    const writable = (flags & OPEN_FLAG.accessMode) !== OPEN_FLAG.readOnly;
    if (writable) ftruncateSync(opened.descriptor, 0);
    else truncate(share.guard, names, 0);
  });
}

function createFile(
  share: Share,
  names: readonly string[],
  { flags, mode }: { flags: number; mode: number },
): OpenFile {
  try {
    const permissions = filePermissions(mode);
    const opened = share.guard.create(names, hostOpenFlags(flags), permissions);
    return asFile(opened, flags);
  } catch (error) {
    const exclusive = (flags & OPEN_FLAG.exclusive) !== 0;
    if (exclusive || errnoOf(error) !== ERRNO.EEXIST) throw error;
    checkNoLink(share.look(names));
    return openFile(share, names, flags);
  }
}

/** Takes what was opened, or closes it where it is not what it must be. */
function asFile(
  opened: Opened,
  flags: number,
  prepare: () => void = () => {},
): OpenFile {
  try {
    if (!isFile(opened.attributes)) {
      throw new P9Error("EISDIR", "Cannot open file: a folder");
    }
    prepare();
    return new OpenFile(opened, flags);
  } catch (error) {
    closeSync(opened.descriptor);
    throw error;
  }
}
