/**
 * Feature bits of a block device (virtio 1.3, 5.2.3).
 *
 * @module
 */
import { featureMask } from "../features.ts";

/** VIRTIO_BLK_F_*, those that are offered here. */
export const BLK_FEATURE = {
  sizeMax: 1,
  segMax: 2,
  readonly: 5,
  blockSize: 6,
  flush: 9,
  topology: 10,
  configWriteCache: 11,
  multiqueue: 12,
  discard: 13,
  writeZeroes: 14,
} as const;

/** What a disk offers. */
export function blkFeatures(
  { readonly, queues }: { readonly: boolean; queues: number },
): bigint {
  const bit = BLK_FEATURE;
  const always = featureMask(
    bit.sizeMax,
    bit.segMax,
    bit.blockSize,
    bit.flush,
    bit.topology,
    bit.configWriteCache,
  );
  const writing = readonly
    ? featureMask(bit.readonly)
    : featureMask(bit.discard, bit.writeZeroes);
  return always | writing | (queues > 1 ? featureMask(bit.multiqueue) : 0n);
}
