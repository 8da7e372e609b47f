/**
 * Byte-range locks: Tlock and Tgetlock.
 *
 * @module
 */
import { P9Error } from "./errno.ts";
import type { Handlers } from "./handler.ts";
import { type Lock, LOCK_END, LOCK_TYPE, lockRange } from "./lock_table.ts";
import type { Share } from "./share.ts";

/** What Rlock says: a client that wants to wait asks again. */
export const LOCK_STATUS = {
  success: 0,
  blocked: 1,
  error: 2,
  grace: 3,
} as const;

/** Bits of Tlock's flags: wait for the lock, the lock is of an NFS client. */
const KNOWN_FLAGS = 0x3;

/** Longest client's name that is kept: a host name. */
const CLIENT_LENGTH = 255;

export const lockHandlers = {
  lock(share, request) {
    if ((request.flags & ~KNOWN_FLAGS) !== 0) {
      throw new P9Error("EINVAL", `Cannot lock: flags are ${request.flags}`);
    }
    const wanted = lockOf(share, request);
    if (wanted.type === LOCK_TYPE.unlock) {
      share.locks.release(wanted);
      return { status: LOCK_STATUS.success };
    }
    if (share.locks.conflict(wanted) !== undefined) {
      return { status: LOCK_STATUS.blocked };
    }
    share.locks.take(wanted);
    return { status: LOCK_STATUS.success };
  },

  getlock(share, request) {
    const found = share.locks.conflict(lockOf(share, request));
    const { start, length, process, client } = request;
    if (found === undefined) {
      return { type: LOCK_TYPE.unlock, start, length, process, client };
    }
    return {
      type: found.type,
      start: found.start,
      length: found.end === LOCK_END ? 0n : found.end - found.start,
      process: found.process,
      client: found.client,
    };
  },
} satisfies Pick<Handlers, "lock" | "getlock">;

function lockOf(
  share: Share,
  { fid, type, start, length, process, client }: {
    fid: number;
    type: number;
    start: bigint;
    length: bigint;
    process: number;
    client: string;
  },
): Lock {
  const file = share.fids.file(fid);
  if (type > LOCK_TYPE.unlock) {
    throw new P9Error("EINVAL", `Cannot lock: no such type: ${type}`);
  }
  if (client.length > CLIENT_LENGTH) {
    throw new P9Error("EINVAL", `Cannot lock: client's name is too long`);
  }
  const range = lockRange(start, length);
  return { file: file.identity, fid, process, client, type, ...range };
}
