/**
 * Configuration of a block device (virtio 1.3, 5.2.4).
 *
 * @module
 */
import type { OrderedWriter } from "../accessor.ts";
import { SECTOR_BYTES } from "./backend.ts";
import {
  MAX_DATA_SEGMENTS,
  MAX_DISCARD_SECTORS,
  MAX_DISCARD_SEGMENTS,
  MAX_SEGMENT_BYTES,
  MAX_ZEROED_SECTORS,
  MAX_ZEROED_SEGMENTS,
} from "./limits.ts";

/** Offset of `writeback`, the one field that a driver may write. */
export const WRITEBACK_OFFSET = 32;

/** log2 of the blocks in what the host's page cache reads and writes. */
const PHYSICAL_BLOCK_EXPONENT = 3;

const PHYSICAL_BLOCKS = 2 ** PHYSICAL_BLOCK_EXPONENT;

/** What of the configuration is not the same for all disks. */
export interface BlkConfig {
  readonly sectors: number;
  readonly queues: number;
  readonly writeback: boolean;
}

/** Writes struct virtio_blk_config, as far as max_write_zeroes_seg and on. */
export function writeBlkConfig(
  fields: OrderedWriter,
  { sectors, queues, writeback }: BlkConfig,
): void {
  fields.u64(sectors);
  fields.u32(MAX_SEGMENT_BYTES);
  fields.u32(MAX_DATA_SEGMENTS);
  fields.zeros(4); // geometry, which no modern disk has
  fields.u32(SECTOR_BYTES);
  fields.u8(PHYSICAL_BLOCK_EXPONENT);
  fields.u8(0); // alignment_offset
  fields.u16(PHYSICAL_BLOCKS); // min_io_size
  fields.u32(0); // opt_io_size: no suggestion
  fields.u8(writeback ? 1 : 0);
  fields.u8(0);
  fields.u16(queues);
  fields.u32(MAX_DISCARD_SECTORS);
  fields.u32(MAX_DISCARD_SEGMENTS);
  fields.u32(PHYSICAL_BLOCKS); // discard_sector_alignment
  fields.u32(MAX_ZEROED_SECTORS);
  fields.u32(MAX_ZEROED_SEGMENTS);
  fields.u8(0); // write_zeroes_may_unmap: zeros are always written
  fields.zeros(3);
}
