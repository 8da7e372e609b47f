/**
 * How long something takes where other programs may have the host's processors.
 *
 * @module
 */
import process from "node:process";

/**
 * Milliseconds that the processors have worked for this process so far, in all
 * of its threads: what other programs take is not in it.
 */
export function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What each of several equal things has taken, in milliseconds, ascending. */
export interface Times {
  /** By the host's clock. */
  readonly elapsed: readonly number[];
  /** By {@linkcode processorTime}. */
  readonly processor: readonly number[];
}

/** Does something several times. */
export async function timesOf(
  count: number,
  work: () => Promise<unknown>,
): Promise<Times> {
  const elapsed: number[] = [];
  const processor: number[] = [];
  for (let i = 0; i < count; i++) {
    const [start, begun] = [performance.now(), processorTime()];
    await work();
    elapsed.push(performance.now() - start);
    processor.push(processorTime() - begun);
  }
  return {
    elapsed: elapsed.toSorted((a, b) => a - b),
    processor: processor.toSorted((a, b) => a - b),
  };
}
