/**
 * From a fid to another one, name by name.
 *
 * @module
 */
import { errnoOf, P9Error } from "./errno.ts";
import { Fid } from "./fid.ts";
import type { Handlers } from "./handler.ts";
import type { Qid } from "./message.ts";
import { checkName } from "./path_guard.ts";
import type { Share } from "./share.ts";

export const walkHandlers = {
  walk(share, { fid, newFid, names }) {
    const from = share.fids.get(fid);
    if (newFid !== fid) share.fids.checkFree(newFid);
    else if (from.open !== undefined) {
      throw new P9Error("EINVAL", `Cannot walk: fid is open: ${fid}`);
    }
    const qids = lookUp(share, from, names);
    // Part of the way is an answer, but no fid.
    if (qids.length < names.length) return { qids };
    const to = new Fid(share.tree.below(from.node, names));
    if (newFid === fid) share.fids.replace(fid, to);
    else share.fids.add(newFid, to);
    return { qids };
  },
} satisfies Pick<Handlers, "walk">;

/** Qids as far as the names lead. Throws where not even the first does. */
function lookUp(
  share: Share,
  from: Fid,
  names: readonly string[],
): readonly Qid[] {
  names.forEach(checkName);
  if (names.length === 0) return [];
  const start = share.tree.namesOf(from.node);
  const qids: Qid[] = [];
  for (const depth of names.keys()) {
    try {
      const path = [...start, ...names.slice(0, depth + 1)];
      qids.push(share.qid(share.look(path)));
    } catch (error) {
      if (depth === 0 || errnoOf(error) === undefined) throw error;
      break;
    }
  }
  return qids;
}
