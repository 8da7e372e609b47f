/**
 * A session in a saved machine.
 *
 * Fids are kept as paths, so what has no path is lost: files that were
 * deleted while open, and files that somebody moved before the restore. Their
 * fids answer ESTALE until the guest clunks them. Attributes and contents are
 * the host's, and not kept at all.
 *
 * @module
 */
import { errnoOf, P9Error } from "./errno.ts";
import { Fid, OpenFolder } from "./fid.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { LOCK_END, LOCK_TYPE } from "./lock_table.ts";
import { reopenFile } from "./open.ts";
import { OpenFile, opensForWriting } from "./open_file.ts";
import { checkName } from "./path_guard.ts";
import { MAX_DEVICES } from "./qid.ts";
import type { Share } from "./share.ts";

/** A session. Structured-clonable. */
export interface ServerState {
  /** 0 where no version was agreed on. */
  readonly messageSize: number;
  /** The host's numbers of the file systems that files are on. */
  readonly devices: readonly number[];
  readonly fids: readonly SavedFid[];
  readonly locks: readonly SavedLock[];
}

/** A fid of a session. */
export interface SavedFid {
  readonly fid: number;
  /** From the shared folder on; undefined where the file was deleted. */
  readonly path: readonly string[] | undefined;
  /** How the fid is open; undefined where it is not. */
  readonly open: SavedFile | SavedFolder | undefined;
}

/** An open file: Linux's flags of open(). */
export interface SavedFile {
  readonly kind: "file";
  readonly flags: number;
}

/** An open folder: the names that its reader counts. */
export interface SavedFolder {
  readonly kind: "folder";
  readonly names: readonly string[] | undefined;
}

/** A locked range of a fid's file. */
export interface SavedLock {
  readonly fid: number;
  readonly process: number;
  readonly client: string;
  readonly type: number;
  readonly start: bigint;
  readonly end: bigint;
}

/** What `P9Server.save()` gives. */
export function saveServer(share: Share): ServerState {
  return {
    messageSize: share.messageSize,
    devices: share.qids.save(),
    fids: [...share.fids.entries()].map(([number, fid]) => ({
      fid: number,
      path: fid.lost ? undefined : share.tree.names(fid.node),
      open: saveOpen(fid),
    })),
    locks: share.locks.all.map(
      ({ fid, process, client, type, start, end }) => (
        { fid, process, client, type, start, end }
      ),
    ),
  };
}

/** What `P9Server.restore()` does. Throws RangeError or TypeError. */
export function restoreServer(share: Share, state: unknown): void {
  const { messageSize, devices, fids, locks } = checkState(state);
  share.clear();
  share.qids.restore(devices);
  try {
    for (const saved of fids) restoreFid(share, saved);
    for (const saved of locks) restoreLock(share, saved);
  } catch (error) {
    share.clear();
    if (!(error instanceof P9Error)) throw error;
    throw new RangeError(`Cannot restore share: ${error.message}`, {
      cause: error,
    });
  }
  share.messageSize = messageSize;
}

function saveOpen({ open, lost }: Fid): SavedFid["open"] {
  if (lost) return { kind: "file", flags: 0 };
  if (open instanceof OpenFile) return { kind: "file", flags: open.flags };
  return open && { kind: "folder", names: open.names };
}

function restoreFid(share: Share, { fid: number, path, open }: SavedFid): void {
  path?.forEach(checkName);
  const node = path === undefined
    ? share.tree.nowhere()
    : share.tree.below(share.tree.root, path);
  const file = open?.kind === "file" && path !== undefined
    ? reopen(share, path, open.flags)
    : undefined;
  const lost = open?.kind === "file" && file === undefined;
  const fid = new Fid(node, lost);
  share.fids.add(number, fid);
  if (file !== undefined) share.fids.opened(fid, file);
  if (open?.kind !== "folder") return;
  const folder = new OpenFolder();
  fid.open = folder;
  if (open.names !== undefined) share.fids.listed(folder, open.names);
}

/** Undefined where the file is not there any more, or not for that. */
function reopen(
  share: Share,
  path: readonly string[],
  flags: number,
): OpenFile | undefined {
  if (share.readonly && opensForWriting(flags)) return undefined;
  try {
    share.fids.checkMayOpen();
    return reopenFile(share, path, flags);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

function restoreLock(share: Share, saved: SavedLock): void {
  const open = share.fids.find(saved.fid)?.open;
  if (!(open instanceof OpenFile)) return;
  share.locks.take({ ...saved, file: open.identity });
}

function checkState(state: unknown): ServerState {
  const { messageSize, devices, fids, locks } = (state ?? {}) as Partial<
    ServerState
  >;
  if (
    !isCount(messageSize) || messageSize > MAX_MESSAGE_BYTES ||
    !isDevices(devices) ||
    !Array.isArray(fids) || !fids.every(isSavedFid) ||
    !Array.isArray(locks) || !locks.every(isSavedLock)
  ) {
    throw new TypeError("Cannot restore share: not a share's state");
  }
  return { messageSize, devices, fids, locks };
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 &&
    (value as number) <= 0xffff_ffff;
}

function isDevices(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= MAX_DEVICES &&
    value.every((device) => typeof device === "number");
}

function isNames(value: unknown): value is readonly string[] | undefined {
  return value === undefined ||
    Array.isArray(value) && value.every((name) => typeof name === "string");
}

function isSavedFid(value: unknown): value is SavedFid {
  const { fid, path, open } = (value ?? {}) as Partial<SavedFid>;
  if (!isCount(fid) || !isNames(path)) return false;
  if (open === undefined) return true;
  return open?.kind === "file" && isCount(open.flags) ||
    open?.kind === "folder" && isNames(open.names);
}

function isSavedLock(value: unknown): value is SavedLock {
  const lock = (value ?? {}) as Partial<SavedLock>;
  return isCount(lock.fid) && isCount(lock.process) &&
    typeof lock.client === "string" &&
    (lock.type === LOCK_TYPE.read || lock.type === LOCK_TYPE.write) &&
    typeof lock.start === "bigint" && typeof lock.end === "bigint" &&
    0n <= lock.start && lock.start < lock.end && lock.end <= LOCK_END;
}
