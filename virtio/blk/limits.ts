/**
 * Bounds of what a driver may ask of a disk at once. A request occupies the
 * machine's thread, and with it the whole guest, until it is done.
 *
 * @module
 */
import { SECTOR_BYTES } from "./backend.ts";

/** Entries of a request queue. */
export const QUEUE_SIZE = 256;

/** seg_max: all of a queue's entries but those of header and status. */
export const MAX_DATA_SEGMENTS = QUEUE_SIZE - 2;

/** size_max. Linux's requests have 1.25 MiB altogether if nobody tunes it. */
export const MAX_SEGMENT_BYTES = 256 * 1024;

/** What a driver that heeds seg_max and size_max never exceeds: 63.5 MiB. */
export const MAX_REQUEST_SECTORS = MAX_DATA_SEGMENTS * MAX_SEGMENT_BYTES /
  SECTOR_BYTES;

/** max_discard_sectors. Nothing is done for them, so any bound will do. */
export const MAX_DISCARD_SECTORS = 2 ** 22;

/**
 * max_discard_seg. A kernel merges up to 256 discards; the gain beyond some
 * tens is nothing.
 */
export const MAX_DISCARD_SEGMENTS = 64;

/** max_write_zeroes_sectors, 16 MiB: these bytes are really written. */
export const MAX_ZEROED_SECTORS = 16 * 1024 * 1024 / SECTOR_BYTES;

/** max_write_zeroes_seg. */
export const MAX_ZEROED_SEGMENTS = 1;

/**
 * Bytes after which a device lets the rest of the machine run before it takes
 * further requests: some 10 ms on a slow disk's cache.
 */
export const SLICE_BYTES = 16 * 1024 * 1024;
