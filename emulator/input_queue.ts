/** Console input that has come in, until the terminal has room for it. */
export class InputQueue {
  #chunks: Uint8Array[] = [];

  /** Adds input. */
  push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
  }

  /**
   * Types as much as the terminal takes.
   *
   * @param type Takes a part of the bytes, and tells how many.
   * @returns How many bytes were taken.
   */
  feed(type: (bytes: Uint8Array) => number): number {
    let total = 0;
    let chunk = this.#chunks[0];
    while (chunk !== undefined) {
      const count = type(chunk);
      total += count;
      if (count < chunk.length) {
        this.#chunks[0] = chunk.subarray(count);
        break;
      }
      this.#chunks.shift();
      chunk = this.#chunks[0];
    }
    return total;
  }

  /** Forgets everything; tells how many bytes. */
  clear(): number {
    return this.#chunks.splice(0).reduce((sum, { length }) => sum + length, 0);
  }
}
