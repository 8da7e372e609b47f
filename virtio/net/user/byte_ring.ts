/**
 * Bytes on their way to the guest: kept until they are acknowledged.
 *
 * @module
 */

const FIRST_CAPACITY = 16 * 1024;

/** A queue of bytes of which any part can be read again. */
export class ByteRing {
  readonly #limit: number;
  #bytes = new Uint8Array(0);
  #start = 0;
  #length = 0;

  /** The limit is 16 KiB or more. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  /** Adds bytes; gives false, and adds none, where they are too many. */
  append(data: Uint8Array): boolean {
    const length = this.#length + data.length;
    if (length > this.#limit) return false;
    if (length > this.#bytes.length) this.#grow(length);
    const capacity = this.#bytes.length;
    const at = (this.#start + this.#length) % capacity;
    const head = Math.min(data.length, capacity - at);
    this.#bytes.set(data.subarray(0, head), at);
    this.#bytes.set(data.subarray(head), 0);
    this.#length = length;
    return true;
  }

  /** Fills the target with the bytes from an offset on, which must be there. */
  read(offset: number, target: Uint8Array): void {
    if (target.length === 0) return;
    const at = (this.#start + offset) % this.#bytes.length;
    const head = Math.min(target.length, this.#bytes.length - at);
    target.set(this.#bytes.subarray(at, at + head), 0);
    target.set(this.#bytes.subarray(0, target.length - head), head);
  }

  /** The first bytes are no longer needed. */
  drop(bytes: number): void {
    this.#length -= bytes;
    this.#start = this.#length === 0
      ? 0
      : (this.#start + bytes) % this.#bytes.length;
  }

  #grow(length: number): void {
    let capacity = Math.max(FIRST_CAPACITY, this.#bytes.length);
    while (capacity < length) capacity *= 2;
    const bytes = new Uint8Array(Math.min(capacity, this.#limit));
    this.read(0, bytes.subarray(0, this.#length));
    this.#bytes = bytes;
    this.#start = 0;
  }
}
