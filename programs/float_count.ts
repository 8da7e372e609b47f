/**
 * How many floating-point instructions of a program went the long way. To count
 * them is slow, so that it is done for a part of the time.
 *
 * @module
 */
import { setTimeout } from "node:timers/promises";
import { connect, type MonitorClient } from "../monitor/client.ts";

/** Floating-point instructions, and those of them that went the long way. */
export interface FloatCount {
  readonly instructions: number;
  readonly long: number;
}

/** Milliseconds for which counting is on and off, in turn: a fifth of the time. */
const TURN = { on: 1000, off: 4000 } as const;

/** Counts, one program after the other. */
export class FloatCounter {
  readonly #monitor: string;
  readonly #counts = new Map<string, FloatCount>();
  #before: FloatCount = { instructions: 0, long: 0 };
  #turns: { stop: AbortController; done: Promise<unknown> } | undefined;

  /** @param monitor Where the guest's monitor listens. */
  constructor(monitor: string) {
    this.#monitor = monitor;
  }

  /** What was counted, by the program's name. */
  get counts(): ReadonlyMap<string, FloatCount> {
    return this.#counts;
  }

  /** A program begins. */
  begin(): void {
    const stop = new AbortController();
    const done = this.#takeTurns(stop.signal).catch((error) => error);
    this.#turns = { stop, done };
  }

  /** It has ended. */
  async end(name: string): Promise<void> {
    this.#turns?.stop.abort();
    const error = await this.#turns?.done;
    this.#turns = undefined;
    if (error !== undefined) throw error;
    await using client = await connect(this.#monitor);
    const { instructions, long } = await client.call("query-float");
    this.#counts.set(name, {
      instructions: instructions - this.#before.instructions,
      long: long - this.#before.long,
    });
    this.#before = { instructions, long };
  }

  async #takeTurns(stop: AbortSignal): Promise<void> {
    await using client: MonitorClient = await connect(this.#monitor);
    while (!stop.aborted) {
      await client.call("count-float", { on: true });
      await wait(TURN.on, stop);
      await client.call("count-float", { on: false });
      await wait(TURN.off, stop);
    }
  }
}

async function wait(milliseconds: number, stop: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal: stop }).catch(() => {});
}
