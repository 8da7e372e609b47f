/**
 * How often vCPUs' threads have answered calls themselves, in shared memory;
 * and whether they may, because somebody listens to all calls.
 *
 * @module
 */

/** Calls have numbers up to here that are multiples of 4. */
const CALLS = 256;

/** Words before the counts: whether calls are traced. */
const HEADER = 1;

/** Words of one call: count, then the last return code. */
const WORDS = 2;

/** Counts of calls by vCPU. */
export class ServiceCounts {
  readonly shared: SharedArrayBuffer;
  readonly #words: Int32Array;

  /** Shared memory of another thread's counts, or a number of vCPUs. */
  constructor(of: SharedArrayBuffer | number) {
    this.shared = typeof of === "number"
      ? new SharedArrayBuffer(4 * (HEADER + of * CALLS * WORDS))
      : of;
    this.#words = new Int32Array(this.shared);
  }

  get isTraced(): boolean {
    return Atomics.load(this.#words, 0) !== 0;
  }

  set isTraced(traced: boolean) {
    Atomics.store(this.#words, 0, traced ? 1 : 0);
  }

  /** Counts a call of a vCPU, in its own thread. */
  add(vcpu: number, number: number, code: number): void {
    const at = HEADER + (vcpu * CALLS + number / 4) * WORDS;
    Atomics.add(this.#words, at, 1);
    Atomics.store(this.#words, at + 1, code);
  }

  /** Count of a call over all vCPUs, and a return code that was among the last. */
  of(number: number): { count: number; last: number } {
    let count = 0;
    let last = 0;
    const stride = CALLS * WORDS;
    for (
      let at = HEADER + number / 4 * WORDS;
      number / 4 < CALLS && at < this.#words.length;
      at += stride
    ) {
      const one = Atomics.load(this.#words, at);
      if (one > 0) last = Atomics.load(this.#words, at + 1);
      count += one;
    }
    return { count, last };
  }
}
