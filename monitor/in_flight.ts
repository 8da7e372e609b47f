/** Counts what is under way and makes callers wait above a bound. */
export class InFlight {
  readonly #limit: number;
  #count = 0;
  readonly #waiting: { weight: number; resolve: () => void }[] = [];

  /** Makes a counter at zero. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits until there is room, in order of the calls, and takes it. */
  async enter(weight: number): Promise<void> {
    if (this.#waiting.length === 0 && this.#count + weight <= this.#limit) {
      this.#count += weight;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ weight, resolve });
    await promise;
  }

  /** Gives room back. */
  leave(weight: number): void {
    this.#count -= weight;
    let first = this.#waiting[0];
    while (first !== undefined && this.#count + first.weight <= this.#limit) {
      this.#count += first.weight;
      this.#waiting.shift();
      first.resolve();
      first = this.#waiting[0];
    }
  }

  /** Waits until nothing is under way. */
  async settle(): Promise<void> {
    await this.enter(this.#limit);
    this.leave(this.#limit);
  }
}
