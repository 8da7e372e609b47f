/**
 * Why a virtual processor stopped being dispatched, and why it is again: the
 * reasons of dispatch trace log entries, and of yield counts (LoPAPR 14.11.1).
 *
 * @module
 */

/** Preempt reasons, as the log has them. */
export const PREEMPTED = { cede: 2, confer: 3, timeSlice: 4 } as const;

/** Why a virtual processor was taken off. */
export type PreemptReason = keyof typeof PREEMPTED;

/** Dispatch reasons, as the log has them. */
export const DISPATCHED = {
  external: 0,
  prod: 2,
  decrementer: 3,
  systemReset: 4,
  conferred: 6,
  timeSlice: 7,
} as const;

/** Why a virtual processor goes on. */
export type DispatchReason = keyof typeof DISPATCHED;

/** That a virtual processor is not dispatched, as plain data. */
export interface Away {
  readonly reason: PreemptReason;
  /** Timebase when it was taken off. */
  readonly since: number;
}

/** That it is again. */
export interface Dispatch {
  readonly away: Away;
  readonly reason: DispatchReason;
  /** Timebase as the processor reads it. */
  readonly now: number;
  /** Where it goes on, and in which state; asked for where it is logged. */
  place(): { readonly nia: bigint; readonly msr: bigint };
}
