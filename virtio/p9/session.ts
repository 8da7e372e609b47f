/**
 * The session: version, attach, and fids that come and go.
 *
 * @module
 */
import { P9Error } from "./errno.ts";
import { Fid } from "./fid.ts";
import { isFolder } from "./file_mode.ts";
import type { Handlers } from "./handler.ts";
import { MAX_MESSAGE_BYTES, MIN_MESSAGE_BYTES } from "./limits.ts";
import { NO_FID } from "./message.ts";
import { deleteName } from "./names.ts";

/** The one dialect that is spoken here. */
const VERSION = "9P2000.L";

export const sessionHandlers = {
  version(share, { messageSize, version }) {
    if (messageSize < MIN_MESSAGE_BYTES) {
      throw new P9Error("EMSGSIZE", `Cannot agree: messages of ${messageSize}`);
    }
    share.clear();
    const agreed = Math.min(messageSize, MAX_MESSAGE_BYTES);
    if (version !== VERSION) return { messageSize: agreed, version: "unknown" };
    share.messageSize = agreed;
    return { messageSize: agreed, version };
  },

  auth() {
    throw new P9Error("EOPNOTSUPP", "Cannot authenticate: nobody has to");
  },

  attach(share, { fid, authFid, tree }) {
    if (authFid !== NO_FID) {
      throw new P9Error("EINVAL", "Cannot attach: there is no authentication");
    }
    share.fids.checkFree(fid);
    const names = tree.split("/").filter((name) => name !== "");
    const attributes = share.look(names);
    if (!isFolder(attributes)) {
      throw new P9Error("ENOTDIR", `Cannot attach: not a folder: "${tree}"`);
    }
    const qid = share.qid(attributes);
    share.fids.add(fid, new Fid(share.tree.below(share.tree.root, names)));
    return { qid };
  },

  // Each request is done before the next one is looked at: there is never
  // anything left to flush.
  flush: () => ({}),

  clunk(share, { fid }) {
    share.drop(fid);
    return {};
  },

  remove(share, { fid }) {
    // The fid is gone whatever becomes of the file.
    try {
      share.checkWritable();
      const { node } = share.fids.get(fid);
      deleteName(share, { names: share.tree.namesOf(node) });
    } finally {
      share.drop(fid);
    }
    return {};
  },
} satisfies Pick<
  Handlers,
  "version" | "auth" | "attach" | "flush" | "clunk" | "remove"
>;
