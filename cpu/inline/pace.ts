/**
 * How long a vCPU runs before somebody looks at the time and at what waits,
 * where time is the host's.
 *
 * @module
 */

/** Instructions: about half a millisecond of the interpreter's. */
const SHORTEST = 1 << 16;

/** What compiled code takes about 0.2 ms for. */
const LONGEST = 1 << 18;

/** Milliseconds: what comes in waits no longer for a turn's end. */
const [QUICK, SLOW] = [0.1, 0.2];

/** Makes turns longer where much is done in them. */
export class Pace {
  #budget = SHORTEST;

  /** Instructions of the next turn. */
  get budget(): number {
    return this.#budget;
  }

  /** A turn has come to its end, and has taken so many milliseconds. */
  note(took: number): void {
    if (took < QUICK) this.#budget = Math.min(LONGEST, 2 * this.#budget);
    else if (took > SLOW) this.#budget = Math.max(SHORTEST, this.#budget / 2);
  }
}
