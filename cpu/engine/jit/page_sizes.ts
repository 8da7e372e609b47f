/**
 * What size of pages a guest uses for its data just now.
 *
 * @module
 */
import { DATA_ENTRY } from "../emitter/memory.ts";
import { DATA_TLB } from "../layout.ts";

/** Log2 of the size of pages from which they count as wide: 64 KB. */
export const WIDE_SHIFT = 16;

/** Every which entry is looked at. */
const STRIDE = 8;

/** Whether most of what a data TLB can be read from lies in wide pages. */
export function usesWidePages(view: DataView, dataTlb: number): boolean {
  if (dataTlb === 0) return false;
  let wide = 0;
  for (let n = 0; n < DATA_TLB.entries; n += STRIDE) {
    const entry = dataTlb + n * DATA_TLB.entryBytes;
    if (view.getInt32(entry + DATA_ENTRY.read, true) === -1) continue;
    const shift = view.getInt32(entry + DATA_ENTRY.shift, true);
    wide += shift >= WIDE_SHIFT ? 1 : -1;
  }
  return wide > 0;
}
