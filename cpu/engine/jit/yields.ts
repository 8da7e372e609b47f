/**
 * How much is done behind each way into regions, by the calls of which the time
 * is taken: where it is next to nothing, the interpreter is quicker by itself.
 *
 * @module
 */

/** Instructions that take the interpreter as long as a call of a region. */
const FEWEST = 4;

/** Calls before a way in is judged: fewer cost nothing worth it. */
const LEAST_CALLS = 1024;

interface Yield {
  calls: number;
  instructions: number;
}

/** What the ways in of one byte order have given for a while. */
export class Yields {
  readonly #slots = new Map<number, Yield>();

  /** A call by way of a slot has come back. */
  note(slot: number, instructions: number): void {
    const found = this.#slots.get(slot);
    if (!found) {
      this.#slots.set(slot, { calls: 1, instructions });
      return;
    }
    found.calls++;
    found.instructions += instructions;
  }

  /** Slots that are not worth their calls; begins anew. */
  takeUnproductive(): number[] {
    const slots = [...this.#slots]
      .filter(([, { calls, instructions }]) =>
        calls >= LEAST_CALLS && instructions < FEWEST * calls
      )
      .map(([slot]) => slot);
    this.#slots.clear();
    return slots;
  }
}
