/**
 * Requests of a virtio entropy device (virtio 1.3, 5.4.6).
 *
 * @module
 */
import type { Chain } from "../chain.ts";
import { RingError } from "../ring_error.ts";
import type { WriteStream } from "../stream.ts";

/** A request for random bytes. */
export interface RngRequest {
  /** Where they go: at least one byte. */
  readonly room: WriteStream;
}

/**
 * Reads a request. Throws RingError where it has bytes to read: a chain is
 * never empty, so without them there is room.
 */
export function parseRequest(chain: Chain): RngRequest {
  if (chain.readableBytes > 0) {
    throw new RingError(
      "direction",
      `Cannot give random bytes: ${chain.readableBytes} bytes are to read`,
    );
  }
  return { room: chain.writable };
}
