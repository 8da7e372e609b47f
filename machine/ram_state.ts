/**
 * Guest RAM as plain data: only pages that are not all zero.
 *
 * @module
 */
import type { GuestRam } from "./ram.ts";

const PAGE = 64 * 1024;

/** Pages of 64 KiB with their numbers, one after the other in `bytes`. */
export interface SavedRam {
  readonly size: number;
  readonly pages: Uint32Array;
  readonly bytes: Uint8Array;
}

function isZero(page: Uint8Array<ArrayBufferLike>): boolean {
  const words = new Int32Array(page.buffer, page.byteOffset, PAGE / 4);
  // A loop, since every() would call a function for each word of all RAM.
  for (let i = 0; i < words.length; i++) {
    if (words[i] !== 0) return false;
  }
  return true;
}

/** Copies what is not zero. */
export function saveRam(ram: GuestRam): SavedRam {
  const pages: number[] = [];
  for (let at = 0; at < ram.size; at += PAGE) {
    if (!isZero(ram.view(at, PAGE))) pages.push(at / PAGE);
  }
  const bytes = new Uint8Array(pages.length * PAGE);
  pages.forEach((page, i) => {
    bytes.set(ram.view(page * PAGE, PAGE), i * PAGE);
  });
  return { size: ram.size, pages: Uint32Array.from(pages), bytes };
}

/** Throws RangeError, with RAM untouched, where the data does not fit it. */
export function restoreRam(ram: GuestRam, saved: SavedRam): void {
  if (saved.size !== ram.size) {
    throw new RangeError(
      `Cannot restore RAM: expected ${ram.size} bytes, got ${saved.size}`,
    );
  }
  if (saved.bytes.length !== saved.pages.length * PAGE) {
    throw new RangeError(
      `Cannot restore RAM: expected ${saved.pages.length} pages, got ${saved.bytes.length} bytes`,
    );
  }
  const beyond = saved.pages.find((page) => page >= ram.size / PAGE);
  if (beyond !== undefined) {
    throw new RangeError(
      `Cannot restore RAM: no page has the number: ${beyond}`,
    );
  }
  const kept = new Map([...saved.pages].map((page, i) => [page, i]));
  for (let page = 0; page < ram.size / PAGE; page++) {
    const i = kept.get(page);
    if (i !== undefined) {
      ram.write(page * PAGE, saved.bytes.subarray(i * PAGE, (i + 1) * PAGE));
    } else if (!isZero(ram.view(page * PAGE, PAGE))) {
      ram.fill(page * PAGE, PAGE);
    }
  }
}
