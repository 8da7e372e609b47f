/**
 * Statistics of a guest's memory (virtio 1.3, 5.5.6.3 and 5.5.6.4).
 *
 * @module
 */
import type { ReadStream } from "../stream.ts";

/** Names of the statistics by their tags, VIRTIO_BALLOON_S_*. */
export const STATISTIC_NAMES = [
  "swap-in",
  "swap-out",
  "major-faults",
  "minor-faults",
  "free-memory",
  "total-memory",
  "available-memory",
  "disk-caches",
  "hugetlb-allocations",
  "hugetlb-failures",
  "oom-kills",
  "allocation-stalls",
  "asynchronous-scans",
  "direct-scans",
  "asynchronous-reclaims",
  "direct-reclaims",
] as const;

/** A statistic that has a name here. */
export type StatisticName = typeof STATISTIC_NAMES[number];

/** What the guest reported: amounts of memory in bytes, and counts. */
export type Statistics = Readonly<Partial<Record<StatisticName, bigint>>>;

/** tag and val, packed. */
const ENTRY_BYTES = 10;

/** Entries that are looked at; a driver has one for each tag. */
const MAX_ENTRIES = 64;

/** Reads the driver's entries; tags without a name are passed over. */
export function readStatistics(entries: ReadStream): Statistics {
  const statistics: Partial<Record<StatisticName, bigint>> = {};
  for (let count = 0; count < MAX_ENTRIES; count++) {
    if (entries.remaining < ENTRY_BYTES) break;
    const name = STATISTIC_NAMES[entries.u16()];
    const value = entries.u64();
    if (name !== undefined) statistics[name] = value;
  }
  return statistics;
}
