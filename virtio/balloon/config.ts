/**
 * Configuration of a balloon (virtio 1.3, 5.5.4): the one that is little-endian
 * for legacy drivers too (5.5.4.0.1).
 *
 * @module
 */
import {
  BytesReader,
  BytesWriter,
  type OrderedReader,
  type OrderedWriter,
} from "../accessor.ts";
import { BOOK_ORDER } from "../byte_order.ts";

/** Offset and size of `actual`, which the driver writes. */
const ACTUAL_OFFSET = 4;
const ACTUAL_BYTES = 4;

/** Both fields, in pages of 4096 bytes. */
export interface BalloonConfig {
  /** `num_pages`: how many pages the host wants. */
  readonly target: number;
  /** How many the driver says that it gave. */
  readonly actual: number;
}

/** Writes struct virtio_balloon_config, as far as it is always there. */
export function writeBalloonConfig(
  fields: OrderedWriter,
  { target, actual }: BalloonConfig,
): void {
  const writer = new BytesWriter(BOOK_ORDER);
  writer.u32(target);
  writer.u32(actual);
  fields.bytes(writer.written);
}

/**
 * `actual` while a driver writes it. Legacy drivers write its bytes one by one,
 * the highest last, and only then it holds (virtio 1.3, 5.5.6.0.1).
 */
export class ActualField {
  readonly #bytes = new Uint8Array(ACTUAL_BYTES);

  /** Takes a write; gives the new value where it is complete. */
  write(offset: number, value: OrderedReader): number | undefined {
    const from = offset - ACTUAL_OFFSET;
    const length = value.remaining;
    if (from < 0 || from + length > ACTUAL_BYTES) return undefined;
    this.#bytes.set(value.bytes(length), from);
    if (from + length < ACTUAL_BYTES) return undefined;
    return new BytesReader(this.#bytes, BOOK_ORDER).u32();
  }

  /** Bytes as they were written last. */
  save(): readonly number[] {
    return [...this.#bytes];
  }

  restore(bytes: readonly number[]): void {
    this.#bytes.set(bytes.slice(0, ACTUAL_BYTES));
  }
}
