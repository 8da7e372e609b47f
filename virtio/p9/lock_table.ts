/**
 * Byte ranges that are locked, as POSIX has them.
 *
 * A Linux guest first decides by itself who of its processes gets a lock and
 * then asks here, so that conflicts arise between guests' clients only. It
 * tells neither flock() from fcntl() nor which process inherited what:
 * therefore a fid never conflicts with itself, and an unlock takes away what
 * either the fid or the process has.
 *
 * @module
 */
import { P9Error } from "./errno.ts";

/** Kinds of locks, as Tlock numbers them. */
export const LOCK_TYPE = { read: 0, write: 1, unlock: 2 } as const;

/** Who has a lock, or wants one. */
export interface LockOwner {
  readonly fid: number;
  readonly process: number;
  readonly client: string;
}

/** Bytes from `start` to before `end`. */
export interface LockRange {
  readonly start: bigint;
  readonly end: bigint;
}

/** A lock that somebody has. */
export interface Lock extends LockOwner, LockRange {
  /** `LOCK_TYPE.read` or `LOCK_TYPE.write`. */
  readonly type: number;
  /** Which file: `OpenFile.identity`. */
  readonly file: string;
}

/** End of a range that has none: beyond all files. */
export const LOCK_END = 1n << 64n;

/** A request's range: a length of 0 is all that follows. Throws EINVAL. */
export function lockRange(start: bigint, length: bigint): LockRange {
  const end = length === 0n ? LOCK_END : start + length;
  if (end > LOCK_END) {
    throw new P9Error("EINVAL", "Cannot lock: range ends beyond all files");
  }
  return { start, end };
}

/** All locks of a share. */
export class LockTable {
  readonly #limit: number;
  #locks: Lock[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  get all(): readonly Lock[] {
    return this.#locks;
  }

  /** A lock of somebody else's that is in a wanted one's way. */
  conflict(wanted: Lock): Lock | undefined {
    return this.#locks.find((lock) =>
      lock.file === wanted.file && overlap(lock, wanted) &&
      (lock.type === LOCK_TYPE.write || wanted.type === LOCK_TYPE.write) &&
      lock.fid !== wanted.fid && !sameProcess(lock, wanted)
    );
  }

  /**
   * Takes a lock that nothing is in the way of; what its owner had there is
   * replaced. Throws ENOLCK where there are too many.
   */
  take(lock: Lock): void {
    const others = without(this.#locks, lock);
    const neighbours = others.filter((other) => touches(other, lock));
    if (others.length - neighbours.length >= this.#limit) {
      throw new P9Error("ENOLCK", `Cannot lock: ${others.length} locks are`);
    }
    const all = [lock, ...neighbours];
    this.#locks = others.filter((other) => !neighbours.includes(other));
    this.#locks.push({
      ...lock,
      start: all.map(({ start }) => start).reduce((a, b) => a < b ? a : b),
      end: all.map(({ end }) => end).reduce((a, b) => a > b ? a : b),
    });
  }

  /** Gives a range back. Throws ENOLCK where that makes too many of one. */
  release(lock: Lock): void {
    const rest = without(this.#locks, lock);
    if (rest.length > this.#limit) {
      throw new P9Error("ENOLCK", `Cannot unlock: ${rest.length} locks`);
    }
    this.#locks = rest;
  }

  /** Gives back what was taken through a fid. */
  releaseFid(fid: number): void {
    if (this.#locks.length === 0) return;
    this.#locks = this.#locks.filter((lock) => lock.fid !== fid);
  }
}

function overlap(one: LockRange, other: LockRange): boolean {
  return one.start < other.end && other.start < one.end;
}

function sameProcess(one: LockOwner, other: LockOwner): boolean {
  return one.process === other.process && one.client === other.client;
}

/** Whether two locks are one: same owner and kind, no gap between. */
function touches(one: Lock, other: Lock): boolean {
  return one.file === other.file && one.type === other.type &&
    one.fid === other.fid && sameProcess(one, other) &&
    one.start <= other.end && other.start <= one.end;
}

/** What remains when a range's owner has nothing there any more. */
function without(locks: readonly Lock[], range: Lock): Lock[] {
  return locks.flatMap((lock) => {
    const theirs = lock.file === range.file && overlap(lock, range) &&
      (lock.fid === range.fid || sameProcess(lock, range));
    if (!theirs) return [lock];
    const parts: Lock[] = [];
    if (lock.start < range.start) parts.push({ ...lock, end: range.start });
    if (lock.end > range.end) parts.push({ ...lock, start: range.end });
    return parts;
  });
}
