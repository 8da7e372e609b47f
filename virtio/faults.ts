/**
 * Faults that a person injects into a queue, so that a driver's author sees
 * what the driver does with a device that errs.
 *
 * @module
 */

/** A fault, as the monitor's `virtio-inject` takes it. */
export type Fault =
  /**
   * The next completions are held back for that much virtual time, or until
   * `release` where none is given.
   */
  | {
    readonly kind: "delay-completions";
    readonly count?: number;
    readonly nanoseconds?: number;
  }
  /** What is held back goes out now, and nothing more is held back. */
  | { readonly kind: "release" }
  /**
   * Once, the other byte order: the next completion is written in it, or the
   * next request is read in it.
   */
  | { readonly kind: "swap-order"; readonly at?: "used" | "available" }
  /** The next interrupts of the queue are not sent. */
  | { readonly kind: "lose-interrupt"; readonly count?: number }
  /** The next completion has that used length; by default 0xffffffff. */
  | { readonly kind: "corrupt-used-length"; readonly length?: number }
  /** The device is broken, as if the ring were malformed. */
  | { readonly kind: "break" };

/** Faults that wait for their occasion. Counts are of completions. */
export interface PendingFaults {
  readonly delay: number;
  readonly delayNanoseconds: number | undefined;
  readonly swapUsed: boolean;
  readonly swapAvailable: boolean;
  readonly lostInterrupts: number;
  readonly usedLength: number | undefined;
}

const NONE: PendingFaults = {
  delay: 0,
  delayNanoseconds: undefined,
  swapUsed: false,
  swapAvailable: false,
  lostInterrupts: 0,
  usedLength: undefined,
};

/** A queue's injected faults, each taken once by what it is meant for. */
export class QueueFaults {
  #pending = NONE;
  /** Whether any waits: the one question on the fast path. */
  any = false;

  /** Throws RangeError for a count or a length that cannot be. */
  add(fault: Fault): void {
    const pending = this.#pending;
    switch (fault.kind) {
      case "delay-completions":
        this.#set({
          ...pending,
          delay: checkCount(fault.count ?? 1),
          delayNanoseconds: fault.nanoseconds,
        });
        break;
      case "swap-order":
        this.#set(
          fault.at === "available"
            ? { ...pending, swapAvailable: true }
            : { ...pending, swapUsed: true },
        );
        break;
      case "lose-interrupt":
        this.#set({ ...pending, lostInterrupts: checkCount(fault.count ?? 1) });
        break;
      case "corrupt-used-length":
        this.#set({
          ...pending,
          usedLength: checkLength(fault.length ?? 0xffff_ffff),
        });
        break;
      case "release":
        this.#set({ ...pending, delay: 0, delayNanoseconds: undefined });
        break;
      case "break":
        break;
    }
  }

  /** Whether this completion is to be held back, and for how long. */
  takeDelay(): { readonly nanoseconds: number | undefined } | undefined {
    const { delay, delayNanoseconds } = this.#pending;
    if (delay === 0) return undefined;
    this.#set({ ...this.#pending, delay: delay - 1 });
    return { nanoseconds: delayNanoseconds };
  }

  takeSwapUsed(): boolean {
    const swap = this.#pending.swapUsed;
    this.#set({ ...this.#pending, swapUsed: false });
    return swap;
  }

  takeSwapAvailable(): boolean {
    const swap = this.#pending.swapAvailable;
    this.#set({ ...this.#pending, swapAvailable: false });
    return swap;
  }

  takeLostInterrupt(): boolean {
    const { lostInterrupts } = this.#pending;
    if (lostInterrupts === 0) return false;
    this.#set({ ...this.#pending, lostInterrupts: lostInterrupts - 1 });
    return true;
  }

  takeUsedLength(): number | undefined {
    const length = this.#pending.usedLength;
    this.#set({ ...this.#pending, usedLength: undefined });
    return length;
  }

  /** The driver's reset ends faults too. */
  clear(): void {
    this.#set(NONE);
  }

  save(): PendingFaults {
    return this.#pending;
  }

  restore(pending: PendingFaults): void {
    this.#set({ ...pending });
  }

  #set(pending: PendingFaults): void {
    this.#pending = pending;
    this.any = pending.delay > 0 || pending.lostInterrupts > 0 ||
      pending.swapUsed || pending.swapAvailable ||
      pending.usedLength !== undefined;
  }
}

function checkCount(count: number): number {
  if (!Number.isInteger(count) || count < 1 || count > 65536) {
    throw new RangeError(
      `Cannot inject a fault: count is not 1 to 65536: ${count}`,
    );
  }
  return count;
}

function checkLength(length: number): number {
  if (length >>> 0 !== length) {
    throw new RangeError(
      `Cannot inject a fault: length does not fit 32 bits: ${length}`,
    );
  }
  return length;
}
