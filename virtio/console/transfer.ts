/**
 * Chains of a port's queues: buffers for input, and output (virtio 1.3, 5.3.6).
 *
 * @module
 */
import type { Chain } from "../chain.ts";
import { RingError } from "../ring_error.ts";

/**
 * Most bytes of output in one chain. Linux's drivers give a page, or 32 KiB,
 * or 1 MiB where a pipe of 64 KiB pages is spliced; overlapping buffers could
 * make 4 GiB of it.
 */
export const MAX_OUTPUT_BYTES = 1024 * 1024;

/** Bytes handed to a backend at a time. */
const CHUNK_BYTES = 32 * 1024;

/** Room for input in a chain. Throws RingError where it has something to read. */
export function inputRoom({ readableBytes, writableBytes }: Chain): number {
  if (readableBytes > 0) {
    throw new RingError(
      "direction",
      `Cannot give input: ${readableBytes} bytes of the buffer are to read`,
    );
  }
  return writableBytes;
}

/** Hands output on in pieces. Throws RingError where it is too much. */
export function takeOutput(
  { readable, readableBytes, writableBytes }: Chain,
  write: (bytes: Uint8Array<ArrayBuffer>) => void,
): void {
  if (writableBytes > 0) {
    throw new RingError(
      "direction",
      `Cannot take output: ${writableBytes} bytes of it are to write`,
    );
  }
  if (readableBytes > MAX_OUTPUT_BYTES) {
    throw new RingError(
      "request",
      `Cannot take output: ${readableBytes} bytes in one chain`,
    );
  }
  while (readable.remaining > 0) {
    write(readable.bytes(Math.min(readable.remaining, CHUNK_BYTES)));
  }
}
