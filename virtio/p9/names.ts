/**
 * Names of files: new ones, others, none.
 *
 * @module
 */
import { linkSync, renameSync, rmdirSync, unlinkSync } from "node:fs";
import { isAbsent, P9Error } from "./errno.ts";
import { isFile, isFolder, typeName } from "./file_mode.ts";
import type { Handlers } from "./handler.ts";
import { type HostAttributes, sameFile } from "./host_attributes.ts";
import { checkName } from "./path_guard.ts";
import type { PathNode } from "./path_tree.ts";
import type { Share } from "./share.ts";

/** AT_REMOVEDIR, the one flag of Tunlinkat. */
const REMOVE_FOLDER = 0x200;

export const nameHandlers = {
  rename(share, { fid, folder, name }) {
    share.checkWritable();
    const { node } = share.fids.get(fid);
    share.tree.namesOf(node);
    if (node.parent === undefined) {
      throw new P9Error("EBUSY", "Cannot rename the shared folder itself");
    }
    rename(
      share,
      { folder: node.parent, name: node.name },
      { folder: share.fids.get(folder).node, name },
    );
    return {};
  },

  renameat(share, { fromFolder, fromName, folder, name }) {
    share.checkWritable();
    rename(
      share,
      { folder: share.fids.get(fromFolder).node, name: fromName },
      { folder: share.fids.get(folder).node, name },
    );
    return {};
  },

  unlinkat(share, { folder, name, flags }) {
    share.checkWritable();
    if ((flags & ~REMOVE_FOLDER) !== 0) {
      throw new P9Error("EINVAL", `Cannot delete: unknown flags: ${flags}`);
    }
    deleteName(share, {
      names: [...share.names(folder), name],
      wantsFolder: flags !== 0,
    });
    return {};
  },

  link(share, { folder, fid, name }) {
    share.checkWritable();
    const from = share.names(fid);
    const to = [...share.names(folder), name];
    const file = share.guard.inspect(from);
    // A link to a host's link would be a second way out of the folder.
    if (!isFile(file)) {
      throw new P9Error("EPERM", `Cannot link to a ${typeName(file.mode)}`);
    }
    share.guard.at(
      from,
      (from) => share.guard.at(to, (to) => linkSync(from, to)),
    );
    checkLinked(share, to, file);
    return {};
  },
} satisfies Pick<Handlers, "rename" | "renameat" | "unlinkat" | "link">;

/**
 * Deletes a name, and the fids' place with it. Where the type is not said,
 * either will do.
 */
export function deleteName(
  share: Share,
  { names, wantsFolder }: {
    names: readonly string[];
    wantsFolder?: boolean;
  },
): void {
  share.guard.at(names, (path) => {
    const folder = isFolder(share.guard.inspect(names));
    if (wantsFolder === true && !folder) {
      throw new P9Error("ENOTDIR", "Cannot delete folder: not a folder");
    }
    if (wantsFolder === false && folder) {
      throw new P9Error("EISDIR", "Cannot delete file: a folder");
    }
    if (folder) rmdirSync(path);
    else unlinkSync(path);
  });
  const folder = share.tree.find(names.slice(0, -1));
  const name = names.at(-1);
  if (folder !== undefined && name !== undefined) {
    share.tree.removed(folder, name);
  }
}

/** A name in a folder. */
interface Entry {
  readonly folder: PathNode;
  readonly name: string;
}

function rename(share: Share, from: Entry, to: Entry): void {
  const [oldNames, newNames] = [from, to].map(({ folder, name }) => {
    checkName(name);
    return [...share.tree.namesOf(folder), name];
  }) as [string[], string[]];
  const source = share.guard.inspect(oldNames);
  const target = inspectOrAbsent(share, newNames);
  // rename() does nothing for two names of one file.
  if (target !== undefined && sameFile(source, target)) return;
  share.guard.at(
    oldNames,
    (from) => share.guard.at(newNames, (to) => renameSync(from, to)),
  );
  share.tree.moved(from, to);
}

function inspectOrAbsent(
  share: Share,
  names: readonly string[],
): HostAttributes | undefined {
  try {
    return share.guard.inspect(names);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** The host's other programs may have put something else there meanwhile. */
function checkLinked(
  share: Share,
  names: readonly string[],
  file: HostAttributes,
): void {
  if (sameFile(share.guard.inspect(names), file)) return;
  share.guard.at(names, (path) => unlinkSync(path));
  throw new P9Error(
    "ESTALE",
    "Cannot link: file changed on the host meanwhile",
  );
}
