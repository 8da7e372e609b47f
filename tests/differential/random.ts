/**
 * Pseudo-random numbers, the same for the same seed everywhere (sfc32).
 *
 * @module
 */

/** A stream of random numbers. */
export class Random {
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;

  constructor(...seeds: readonly number[]) {
    for (const seed of seeds) {
      this.#a = (this.#a ^ seed) | 0;
      this.#b = (this.#b + Math.imul(seed, 0x9e37_79b1)) | 0;
      this.#c = (this.#c ^ Math.floor(seed / 2 ** 32)) | 0;
      for (let i = 0; i < 12; i++) this.word();
    }
  }

  /** 32 bits, as an unsigned number. */
  word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum | 0;
    return sum >>> 0;
  }

  /** A number from 0 to one less than the limit, which is at most 2^15. */
  below(limit: number): number {
    return Math.imul(this.word() >>> 16, limit) >>> 16;
  }

  /** True once in so many times. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** One of the items. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }
}
