/**
 * Work that devices put off: until the access that they are in is over, or
 * until virtual time has come so far.
 *
 * @module
 */

interface Timer {
  /** Timebase at which it is due. */
  readonly deadline: number;
  readonly work: () => void;
}

/** Runs work in the order in which it is due. */
export class WorkQueue {
  #deferred: (() => void)[] = [];
  /** Sorted, the next one first. */
  readonly #timers: Timer[] = [];

  /** Timebase at which there is something to do: Infinity for nothing. */
  get next(): number {
    if (this.#deferred.length > 0) return 0;
    return this.#timers[0]?.deadline ?? Infinity;
  }

  /** Runs the work the next time. */
  defer(work: () => void): void {
    this.#deferred.push(work);
  }

  /** Runs the work once the timebase has reached the deadline. */
  at(deadline: number, work: () => void): void {
    let index = this.#timers.length;
    while (index > 0 && (this.#timers[index - 1]?.deadline ?? 0) > deadline) {
      index--;
    }
    this.#timers.splice(index, 0, { deadline, work });
  }

  /** Runs what is due; what that puts off in turn waits for the next time. */
  run(now: number): void {
    if (this.next > now) return;
    const due = this.#deferred.splice(0);
    while ((this.#timers[0]?.deadline ?? Infinity) <= now) {
      const timer = this.#timers.shift();
      if (timer) due.push(timer.work);
    }
    for (const work of due) work();
  }
}
