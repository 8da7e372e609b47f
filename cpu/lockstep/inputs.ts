/**
 * What an engine asks of the world while it runs: the second engine is told
 * what the first was.
 *
 * @module
 */

/** Answers in the order in which the first engine was given them. */
export class Inputs {
  readonly #ask: () => number;
  readonly #answers: number[] = [];
  #taken = 0;
  #last = 0;

  constructor(ask: () => number) {
    this.#ask = ask;
  }

  /** For the first engine: asks the world. */
  first(): number {
    const answer = this.#ask();
    this.#answers.push(answer);
    return answer;
  }

  /** For the second: what the first was told; the last, if it asks more. */
  second(): number {
    this.#last = this.#answers[this.#taken] ?? this.#last;
    this.#taken++;
    return this.#last;
  }

  /** How often each has asked, and forgets the answers. */
  finish(): readonly [first: number, second: number] {
    const counts = [this.#answers.length, this.#taken] as const;
    this.#answers.length = 0;
    this.#taken = 0;
    return counts;
  }
}
