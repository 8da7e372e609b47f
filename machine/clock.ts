/**
 * Virtual time. The timebase runs at 512 MHz (as every POWER server's does)
 * and stands still while the machine is stopped.
 *
 * @module
 */

/** Timebase ticks a second. */
export const TIMEBASE_FREQUENCY = 512_000_000;

const TICKS_PER_MILLISECOND = TIMEBASE_FREQUENCY / 1000;

/** What virtual time follows. */
export type ClockKind = "host" | "instructions";

/** Plain data of a clock. */
export interface ClockState {
  /** Timebase when it was saved. */
  readonly timebase: number;
  /** Seconds since 1970 that the timebase's zero stands for. */
  readonly epoch: number;
}

/** Gives the timebase; made to follow the host or the instruction count. */
export interface Clock {
  readonly kind: ClockKind;
  /** Timebase ticks since the machine was made; below 2^53. */
  now(): number;
  /** Lets time run, or stops it. */
  start(): void;
  stop(): void;
  /**
   * An idle guest waits until the timebase reaches `deadline`: how many
   * milliseconds the host has to sleep. A clock that follows instructions
   * skips there and answers 0.
   */
  idle(deadline: number): number;
  /** Date of the timebase's zero, in seconds since 1970. */
  epoch: number;
  save(): ClockState;
  restore(state: ClockState): void;
}

/** Follows the host's monotonic clock. */
export class HostClock implements Clock {
  readonly kind = "host";
  epoch: number;
  #base = 0;
  #startedAt: number | undefined;

  constructor(epoch: number) {
    this.epoch = epoch;
  }

  now(): number {
    if (this.#startedAt === undefined) return this.#base;
    return this.#base + Math.floor(
      (performance.now() - this.#startedAt) * TICKS_PER_MILLISECOND,
    );
  }

  start(): void {
    this.#startedAt ??= performance.now();
  }

  stop(): void {
    this.#base = this.now();
    this.#startedAt = undefined;
  }

  idle(deadline: number): number {
    return Math.max(0, (deadline - this.now()) / TICKS_PER_MILLISECOND);
  }

  save(): ClockState {
    return { timebase: this.now(), epoch: this.epoch };
  }

  restore({ timebase, epoch }: ClockState): void {
    const running = this.#startedAt !== undefined;
    this.#startedAt = undefined;
    this.#base = timebase;
    this.epoch = epoch;
    if (running) this.start();
  }
}

/** One tick an instruction; idle time is skipped. Deterministic. */
export class InstructionClock implements Clock {
  readonly kind = "instructions";
  epoch: number;
  /** Ticks beyond one for each instruction. */
  #skipped = 0;
  readonly #instructions: () => number;

  /** `instructions` gives the count of completed instructions right now. */
  constructor(epoch: number, instructions: () => number) {
    this.epoch = epoch;
    this.#instructions = instructions;
  }

  now(): number {
    return this.#instructions() + this.#skipped;
  }

  start(): void {}

  stop(): void {}

  idle(deadline: number): number {
    this.#skipped += Math.max(0, Math.ceil(deadline) - this.now());
    return 0;
  }

  save(): ClockState {
    return { timebase: this.now(), epoch: this.epoch };
  }

  restore({ timebase, epoch }: ClockState): void {
    this.#skipped = timebase - this.#instructions();
    this.epoch = epoch;
  }
}
