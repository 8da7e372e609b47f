/**
 * Mutual exclusion of the threads that share a controller's state. A change
 * there spans several vCPUs and sources, so single atomic operations do not
 * do; held for less than a microsecond.
 *
 * @module
 */

const FREE = 0;
const HELD = 1;
/** Held, and somebody sleeps. */
const AWAITED = 2;

/** A lock in one word of shared memory. Not reentrant. */
export class SharedLock {
  readonly #words: Int32Array;
  readonly #index: number;

  constructor(buffer: ArrayBufferLike, offset: number) {
    this.#words = new Int32Array(buffer, offset, 1);
    this.#index = 0;
  }

  acquire(): void {
    const words = this.#words;
    const index = this.#index;
    if (Atomics.compareExchange(words, index, FREE, HELD) === FREE) return;
    while (Atomics.exchange(words, index, AWAITED) !== FREE) {
      // Memory that is not shared has one user, who would wait for itself.
      Atomics.wait(words, index, AWAITED);
    }
  }

  release(): void {
    const words = this.#words;
    if (Atomics.exchange(words, this.#index, FREE) === AWAITED) {
      Atomics.notify(words, this.#index, 1);
    }
  }

  /** The function, carried out with the lock held. */
  guard<A extends unknown[], R>(action: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      this.acquire();
      try {
        return action(...args);
      } finally {
        this.release();
      }
    };
  }
}
