/**
 * Why an engine left the guest.
 *
 * @module
 */

/** Reasons, in the order of their numbers in the register block (`EXIT`). */
export const EXITS = [
  /** The instruction budget is used up. */
  "budget",
  /** `sc 1`: a hypercall waits for the machine. */
  "hypercall",
  /** EXIT_VALUE: real address, answer, bytes; MMIO_DONE once answered. */
  "mmioLoad",
  /** EXIT_VALUE: real address, value, bytes. */
  "mmioStore",
  /** wait or stop: nothing to do until an interrupt. */
  "wait",
  "stop",
  /** Support processor attention (0x00000200). */
  "attn",
  /** A doorbell: EXIT_VALUE[0] is the low word of RB, 1 above it: msgsndp. */
  "message",
  /** DEC was written: the next timer interrupt may be due earlier. */
  "timer",
  /** MSR[LE] or MSR[SF] changed: another interpreter takes over. */
  "mode",
  /** The thread kicked itself out. */
  "kick",
  /** The thread cannot go on: EXIT_VALUE[0] says why. */
  "checkstop",
] as const;

/** Name of a reason. */
export type ExitReason = (typeof EXITS)[number];

/** The number of a reason. */
export function exitNumber(reason: ExitReason): number {
  return EXITS.indexOf(reason);
}
