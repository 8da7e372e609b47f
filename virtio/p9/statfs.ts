/**
 * How full the host's file system is.
 *
 * @module
 */
import { statfsSync } from "node:fs";
import { P9Error } from "./errno.ts";
import { isFolder } from "./file_mode.ts";
import type { Handlers } from "./handler.ts";
import { NAME_BYTES } from "./path_guard.ts";
import type { Share } from "./share.ts";

export const statfsHandlers = {
  statfs(share, { fid: number }) {
    const fid = share.fids.get(number);
    const { device } = share.attributes(fid);
    const folder = folderOf(share, share.tree.names(fid.node) ?? []);
    const found = share.guard.inside(folder, readStatfs);
    return {
      type: Number(BigInt.asUintN(32, found.type)),
      blockSize: Number(BigInt.asUintN(32, found.bsize)),
      blocks: found.blocks,
      blocksFree: found.bfree,
      blocksAvailable: found.bavail,
      files: found.files,
      filesFree: found.ffree,
      fileSystem: BigInt(device),
      nameLength: NAME_BYTES,
    };
  },
} satisfies Pick<Handlers, "statfs">;

/** The host would follow a link: what is no folder is asked for by its own. */
function folderOf(share: Share, names: readonly string[]): readonly string[] {
  return isFolder(share.guard.inspect(names)) ? names : names.slice(0, -1);
}

/**
 * Without `--allow-sys=statfs` nothing is known, and ENOSYS makes Linux's
 * client answer its programs by itself, with zeros.
 */
function readStatfs(path: string) {
  try {
    return statfsSync(path, { bigint: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    throw new P9Error("ENOSYS", "Cannot read free space: not granted");
  }
}
