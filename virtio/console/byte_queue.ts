/**
 * Bytes that wait, up to a bound, first in first out.
 *
 * @module
 */

/** A queue of bytes that never grows beyond its limit. */
export class ByteQueue {
  readonly #limit: number;
  #bytes = new Uint8Array(0);
  #start = 0;
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get length(): number {
    return this.#length;
  }

  get room(): number {
    return this.#limit - this.#length;
  }

  /** Adds what finds room; gives how many bytes that was. */
  add(bytes: Uint8Array): number {
    const taken = Math.min(bytes.length, this.room);
    this.#makeRoom(taken);
    this.#bytes.set(bytes.subarray(0, taken), this.#start + this.#length);
    this.#length += taken;
    return taken;
  }

  /** Takes the first bytes: fewer where there are fewer. Valid until `add()`. */
  take(most: number): Uint8Array {
    const taken = Math.min(most, this.#length);
    const bytes = this.#bytes.subarray(this.#start, this.#start + taken);
    this.#start += taken;
    this.#length -= taken;
    return bytes;
  }

  clear(): void {
    this.#length = 0;
    this.#start = 0;
  }

  /** A copy of all that waits. */
  save(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(this.#start, this.#start + this.#length);
  }

  /** Throws RangeError for more than there is room for. */
  restore(bytes: Uint8Array): void {
    if (bytes.length > this.#limit) {
      throw new RangeError(
        `Cannot restore bytes that wait: ${bytes.length}, of ${this.#limit}`,
      );
    }
    this.clear();
    this.add(bytes);
  }

  #makeRoom(more: number): void {
    const needed = this.#length + more;
    if (this.#start + needed <= this.#bytes.length) return;
    const size = Math.min(this.#limit, Math.max(2 * needed, 256));
    const larger = needed > this.#bytes.length
      ? new Uint8Array(size)
      : this.#bytes;
    larger.set(
      this.#bytes.subarray(this.#start, this.#start + this.#length),
    );
    this.#bytes = larger;
    this.#start = 0;
  }
}
