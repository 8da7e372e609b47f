/**
 * The real-time clock that get-time-of-day reads (LoPAPR 7.3.2).
 *
 * @module
 */
import { type Clock, TIMEBASE_FREQUENCY } from "./clock.ts";

/** A date and time as RTAS has it: eight cells less the status. */
export interface TimeOfDay {
  readonly year: number;
  /** 1-12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
}

/** Date and time, which follow the machine's clock. */
export class RealTimeClock {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get(): TimeOfDay {
    const ticks = this.#clock.now();
    const seconds = this.#clock.epoch + Math.floor(ticks / TIMEBASE_FREQUENCY);
    const date = new Date(seconds * 1000);
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
      second: date.getUTCSeconds(),
      nanosecond: Math.floor(
        (ticks % TIMEBASE_FREQUENCY) / (TIMEBASE_FREQUENCY / 1e9),
      ),
    };
  }

  /** False where the fields name no date. */
  set({ year, month, day, hour, minute, second }: TimeOfDay): boolean {
    const time = Date.UTC(year, month - 1, day, hour, minute, second);
    const date = new Date(time);
    if (
      year < 1970 || year > 9999 || date.getUTCMonth() !== month - 1 ||
      date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59
    ) return false;
    this.#clock.epoch = time / 1000 -
      Math.floor(this.#clock.now() / TIMEBASE_FREQUENCY);
    return true;
  }
}
