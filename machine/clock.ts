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
   * skips there and answers 0; where something of the host's is `awaited`, it
   * skips no faster than the host's time goes by, for nothing could come in
   * time otherwise.
   */
  idle(deadline: number, options?: { awaited?: boolean }): number;
  /** Date of the timebase's zero, in seconds since 1970. */
  epoch: number;
  save(): ClockState;
  restore(state: ClockState): void;
}

/** Places in a host clock's shared state. */
const BASE = 0;
const STARTED_AT = 1;
const RUNS = 2;

/**
 * Follows the host's monotonic clock. Its state is in shared memory, so that
 * the threads of vCPUs can read it; it changes while none of them runs.
 */
export class HostClock implements Clock {
  readonly kind = "host";
  epoch: number;
  /** For {@linkcode HostClock.attach}. */
  readonly shared: SharedArrayBuffer;
  readonly #state: Float64Array;
  readonly #host: () => number;

  constructor(epoch: number) {
    this.epoch = epoch;
    this.shared = new SharedArrayBuffer(3 * Float64Array.BYTES_PER_ELEMENT);
    this.#state = new Float64Array(this.shared);
    this.#host = () => performance.now();
  }

  /**
   * The same clock in another thread, to be read only.
   *
   * @param shared State of the clock.
   * @param now The clock of the thread that has made it, in milliseconds.
   */
  static attach(
    shared: SharedArrayBuffer,
    now: () => number,
  ): Pick<Clock, "now"> {
    const state = new Float64Array(shared);
    return { now: () => timebaseOf(state, now) };
  }

  now(): number {
    return timebaseOf(this.#state, this.#host);
  }

  start(): void {
    if (this.#state[RUNS] === 1) return;
    this.#state[STARTED_AT] = this.#host();
    this.#state[RUNS] = 1;
  }

  stop(): void {
    this.#state[BASE] = this.now();
    this.#state[RUNS] = 0;
  }

  idle(deadline: number): number {
    return Math.max(0, (deadline - this.now()) / TICKS_PER_MILLISECOND);
  }

  save(): ClockState {
    return { timebase: this.now(), epoch: this.epoch };
  }

  restore({ timebase, epoch }: ClockState): void {
    const running = this.#state[RUNS] === 1;
    this.#state[RUNS] = 0;
    this.#state[BASE] = timebase;
    this.epoch = epoch;
    if (running) this.start();
  }
}

function timebaseOf(state: Float64Array, host: () => number): number {
  const [base = 0, startedAt = 0, runs] = state;
  if (runs !== 1) return base;
  return base + Math.floor((host() - startedAt) * TICKS_PER_MILLISECOND);
}

/** One tick an instruction; idle time is skipped. Deterministic. */
export class InstructionClock implements Clock {
  readonly kind = "instructions";
  epoch: number;
  /** Ticks beyond one for each instruction. */
  #skipped = 0;
  /** The host's time up to which time was skipped while something is awaited. */
  #waitedFrom: number | undefined;
  readonly #instructions: () => number;
  readonly #host: () => number;

  /**
   * @param epoch Date of the timebase's zero.
   * @param instructions Gives the count of completed instructions right now.
   * @param host The host's time in milliseconds.
   */
  constructor(
    epoch: number,
    instructions: () => number,
    host: () => number = () => performance.now(),
  ) {
    this.epoch = epoch;
    this.#instructions = instructions;
    this.#host = host;
  }

  now(): number {
    return this.#instructions() + this.#skipped;
  }

  start(): void {}

  stop(): void {}

  idle(deadline: number, { awaited = false } = {}): number {
    const left = Math.max(0, Math.ceil(deadline) - this.now());
    if (awaited) {
      const now = this.#host();
      this.#waitedFrom ??= now;
      // Differences only, as a sum with the host's time would be rounded.
      const wait = left / TICKS_PER_MILLISECOND - (now - this.#waitedFrom);
      if (wait > 0) return wait;
    }
    this.#waitedFrom = undefined;
    this.#skipped += left;
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
