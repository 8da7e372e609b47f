/**
 * Files that are not made by opening them: symbolic links and nodes.
 *
 * @module
 */
import { closeSync, constants, readlinkSync } from "node:fs";
import { P9Error } from "./errno.ts";
import {
  filePermissions,
  isLink,
  S_IFMT,
  S_IFREG,
  typeName,
} from "./file_mode.ts";
import type { Handlers } from "./handler.ts";

export const makeHandlers = {
  symlink(share, { folder, name, target }) {
    share.checkWritable();
    if (!share.makesLinks) {
      throw new P9Error("EPERM", "Cannot make link: links are refused here");
    }
    const names = [...share.names(folder), name];
    share.links.make(names, target);
    return { qid: share.qid(share.look(names)) };
  },

  readlink(share, { fid }) {
    const names = share.names(fid);
    const host = share.guard.inspect(names);
    const mapped = share.links.target(names, host);
    if (mapped !== undefined) return { target: mapped };
    if (!isLink(host)) {
      throw new P9Error("EINVAL", "Cannot read link: not a symbolic link");
    }
    return { target: share.guard.at(names, (path) => readlinkSync(path)) };
  },

  mknod(share, { folder, name, mode }) {
    share.checkWritable();
    const names = [...share.names(folder), name];
    const type = mode & S_IFMT;
    // A guest's device on the host would be the host's device.
    if (type !== S_IFREG && type !== 0) {
      throw new P9Error("EPERM", `Cannot make a ${typeName(mode)}`);
    }
    const permissions = filePermissions(mode);
    const { descriptor, attributes } = share.guard.create(
      names,
      constants.O_WRONLY,
      permissions,
    );
    closeSync(descriptor);
    return { qid: share.qid(attributes) };
  },
} satisfies Pick<Handlers, "symlink" | "readlink" | "mknod">;
