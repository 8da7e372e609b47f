/**
 * Folders: making them, and reading what is in them.
 *
 * @module
 */
import { mkdirSync } from "node:fs";
import { changePermissions } from "./change.ts";
import { buildEntry } from "./codec.ts";
import { errnoOf, P9Error } from "./errno.ts";
import { type Fid, OpenFolder } from "./fid.ts";
import { entryType, folderPermissions, S_IFMT } from "./file_mode.ts";
import type { Handlers } from "./handler.ts";
import type { HostAttributes } from "./host_attributes.ts";
import type { Share } from "./share.ts";

export const directoryHandlers = {
  mkdir(share, { folder, name, mode }) {
    share.checkWritable();
    const names = [...share.names(folder), name];
    const permissions = folderPermissions(mode);
    share.guard.at(names, (path) => mkdirSync(path, { mode: permissions }));
    const made = share.guard.inspect(names);
    if ((made.mode & ~S_IFMT) !== permissions) {
      changePermissions(share.guard, names, permissions);
    }
    return { qid: share.qid(share.guard.inspect(names)) };
  },

  readdir(share, { fid: number, offset, count }, transfer) {
    const fid = share.fids.get(number);
    const limit = Math.min(count, transfer.room);
    const entries = listEntries(share, fid, { offset, limit });
    const bytes = entries.reduce((sum, entry) => sum + entry.length, 0);
    copyInto(transfer.place(bytes), entries);
    return { data: bytes };
  },
} satisfies Pick<Handlers, "mkdir" | "readdir">;

/**
 * Entries from an offset on, as many as there is room for. Offsets count
 * names of the list that was made when reading began, so that they hold while
 * files come and go; what has gone meanwhile is left out.
 */
function listEntries(
  share: Share,
  fid: Fid,
  { offset, limit }: { offset: number; limit: number },
): Uint8Array[] {
  const names = listedNames(share, fid, offset);
  const folder = share.tree.names(fid.node);
  // A folder that the guest deleted has nothing in it.
  if (folder === undefined) return [];
  return share.guard.inside(folder, (_, look) => {
    const entries: Uint8Array[] = [];
    let left = limit;
    for (let at = offset; at < names.length; at++) {
      const name = names[at] ?? "";
      const seen = seenEntry(share, folder, { name, look });
      if (seen === undefined) continue;
      const type = entryType(seen);
      const qid = share.qid(seen);
      const entry = buildEntry({ qid, offset: at + 1, type, name });
      if (entry.length > left) {
        if (entries.length > 0) break;
        throw new P9Error("EINVAL", `Cannot list folder: room is ${limit}`);
      }
      entries.push(entry);
      left -= entry.length;
    }
    return entries;
  });
}

/** The fid's list of names, made anew where reading begins. */
function listedNames(
  share: Share,
  fid: Fid,
  offset: number,
): readonly string[] {
  const { open } = fid;
  if (!(open instanceof OpenFolder)) {
    throw open === undefined
      ? new P9Error("EBADF", "Cannot list folder: not open")
      : new P9Error("ENOTDIR", "Cannot list folder: a file");
  }
  if (open.names === undefined || offset === 0) {
    const path = share.tree.namesOf(fid.node);
    const names = share.guard.inside(
      path,
      (path) => [...Deno.readDirSync(path)].map(({ name }) => name),
    );
    share.fids.listed(open, [".", "..", ...names.sort()]);
  }
  return open.names ?? [];
}

/** What a name stands for; undefined if nothing, or if it is not UTF-8. */
function seenEntry(
  share: Share,
  folder: readonly string[],
  { name, look }: { name: string; look: (name: string) => HostAttributes },
): HostAttributes | undefined {
  // The shared folder is its own parent.
  if (name === ".") return share.look(folder);
  if (name === "..") return share.look(folder.slice(0, -1));
  try {
    return share.links.seen([...folder, name], look(name));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function copyInto(
  views: readonly Uint8Array[],
  pieces: readonly Uint8Array[],
): void {
  const bytes = new Uint8Array(
    views.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  at = 0;
  for (const view of views) {
    view.set(bytes.subarray(at, at + view.length));
    at += view.length;
  }
}
