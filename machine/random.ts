/**
 * The machine's source of random numbers: for darn, H_RANDOM and the device
 * tree's `rng-seed`.
 *
 * @module
 */

/** Plain data of a source: the state of a seeded one, nothing of the host's. */
export type RandomState = readonly number[];

/** Gives random bits. */
export interface RandomSource {
  /** 32 random bits as an unsigned number. */
  next(): number;
  save(): RandomState;
  /** Throws RangeError where the data is not of `save`'s form. */
  restore(state: RandomState): void;
}

/** The host's random numbers. */
export class HostRandom implements RandomSource {
  next(): number {
    return crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
  }

  save(): RandomState {
    return [];
  }

  restore(_state: RandomState): void {}
}

const WORDS = 4;

/**
 * xoshiro128** (Blackman and Vigna, 2018): numbers that a seed decides, so that
 * a run can be repeated. Not for keys that anyone relies on.
 */
export class SeededRandom implements RandomSource {
  readonly #state = new Uint32Array(WORDS);

  /** `seed` is a whole number, of which 32 bits count. */
  constructor(seed: number) {
    // SplitMix32 spreads the seed; a state of all zeros would stay there.
    let z = seed >>> 0;
    for (let i = 0; i < WORDS; i++) {
      z = (z + 0x9e3779b9) >>> 0;
      let x = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
      this.#state[i] = x ^ (x >>> 15);
    }
  }

  next(): number {
    const state = this.#state;
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const x = Math.imul(b, 5);
    const result = Math.imul((x << 7) | (x >>> 25), 9) >>> 0;
    state[0] = a ^ d ^ b;
    state[1] = b ^ c ^ a;
    state[2] = c ^ a ^ (b << 9);
    const e = d ^ b;
    state[3] = (e << 11) | (e >>> 21);
    return result;
  }

  save(): RandomState {
    return [...this.#state];
  }

  restore(state: RandomState): void {
    if (state.length !== WORDS || state.every((word) => word === 0)) {
      throw new RangeError(
        `Cannot restore random numbers: not a state: ${state}`,
      );
    }
    this.#state.set(state);
  }
}

/** Bytes from a source. */
export function randomBytes(source: RandomSource, count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => source.next() >>> 24);
}
