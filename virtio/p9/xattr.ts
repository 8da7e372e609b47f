/**
 * Extended attributes, of which there are none: Deno has no access to the
 * host's. Linux's client goes on without them when it is told so, ACLs and
 * security labels included.
 *
 * @module
 */
import { P9Error } from "./errno.ts";
import type { Handlers } from "./handler.ts";
import type { Share } from "./share.ts";

export const xattrHandlers = {
  xattrwalk: (share, { fid }) => refuse(share, fid),
  xattrcreate: (share, { fid }) => refuse(share, fid),
} satisfies Pick<Handlers, "xattrwalk" | "xattrcreate">;

function refuse(share: Share, fid: number): never {
  share.fids.get(fid);
  throw new P9Error("EOPNOTSUPP", "Cannot use extended attributes: none here");
}
