/**
 * Bounds of what an initiator may ask of a disk at once. A command occupies
 * the machine's thread, and with it the whole guest, until it is done.
 *
 * @module
 */
import { MAX_ZEROED_SECTORS } from "../blk/limits.ts";

/** Entries of each queue. */
export const QUEUE_SIZE = 256;

/** seg_max: all of a queue's entries but those of request and response. */
export const MAX_DATA_SEGMENTS = QUEUE_SIZE - 2;

/** max_sectors and MAXIMUM TRANSFER LENGTH: what Linux takes at most. */
export const MAX_TRANSFER_BLOCKS = 0xffff;

/** MAXIMUM WRITE SAME LENGTH: these bytes are really written. */
export const MAX_SAME_BLOCKS = MAX_ZEROED_SECTORS;

/** MAXIMUM UNMAP LBA COUNT. Nothing is done for them, so any will do. */
export const MAX_UNMAP_BLOCKS = 2 ** 22;

/** MAXIMUM UNMAP BLOCK DESCRIPTOR COUNT. */
export const MAX_UNMAP_DESCRIPTORS = 64;

/** cmd_per_lun. Commands wait in the queue: they are done one by one. */
export const COMMANDS_PER_UNIT = 128;
