/**
 * Pages that a driver gives to the balloon or takes back (virtio 1.3, 5.5.6).
 *
 * @module
 */
import type { Chain } from "../chain.ts";
import { RingError } from "../ring_error.ts";
import type { GuestMemory } from "../world.ts";

/** What page numbers count, whatever the guest's page size. */
export const PAGE_BYTES = 4096;

/**
 * Most page numbers in one request. Linux gives 256, others up to 1024;
 * overlapping buffers could make it 2^30.
 */
export const MAX_PAGES = 4096;

const NUMBER_BYTES = 4;

/** Reads the page numbers of a request. Throws RingError. */
export function parsePages(
  { readable, readableBytes, writableBytes }: Chain,
): number[] {
  if (writableBytes > 0) {
    throw new RingError(
      "direction",
      `Cannot take page numbers: ${writableBytes} bytes of them are to write`,
    );
  }
  const count = readableBytes / NUMBER_BYTES;
  if (!Number.isInteger(count) || count > MAX_PAGES) {
    throw new RingError(
      "request",
      `Cannot take page numbers: ${readableBytes} bytes in one request`,
    );
  }
  return Array.from({ length: count }, () => readable.u32());
}

/**
 * Empties a page. One that holds nothing is left alone: it may never have been
 * touched, and then writing would cost the host a page. Throws RingError where
 * it is no page of memory.
 */
export function releasePage(memory: GuestMemory, page: number): void {
  const address = page * PAGE_BYTES;
  const bytes = viewPage(memory, address);
  if (isEmpty(bytes)) return;
  bytes.fill(0);
  memory.written(address, PAGE_BYTES);
}

/** Throws RingError where it is no page of memory. */
export function checkPage(memory: GuestMemory, page: number): void {
  viewPage(memory, page * PAGE_BYTES);
}

function viewPage(memory: GuestMemory, address: number): Uint8Array {
  try {
    return memory.view(address, PAGE_BYTES, "device-writes");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RingError(
      "address",
      `Cannot take a page: there is no memory at 0x${address.toString(16)}`,
    );
  }
}

function isEmpty(bytes: Uint8Array): boolean {
  if (bytes.byteOffset % 4 !== 0) return bytes.every((byte) => byte === 0);
  const words = new Uint32Array(
    bytes.buffer,
    bytes.byteOffset,
    bytes.length / 4,
  );
  for (let at = 0; at < words.length; at++) {
    if (words[at] !== 0) return false;
  }
  return true;
}
