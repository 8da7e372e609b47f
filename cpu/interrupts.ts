/**
 * Interrupts of a thread: which there are, when an asynchronous one is due,
 * and how one is taken (Book III chapter 7).
 *
 * Everywhere an interrupt is its *number*: its place in
 * {@linkcode INTERRUPTS}, from 1, so that 0 can say "none". EXCEPTION in the
 * register block holds such a number.
 *
 * @module
 */
export { deliver } from "./interrupts/delivery.ts";
export { checkFacility, FACILITY } from "./interrupts/facilities.ts";
export { PENDING, pendingInterrupt } from "./interrupts/pending.ts";
export {
  type AsynchronousInterrupt,
  type Interrupt,
  type InterruptName,
  interruptNumber,
  interruptOf,
  INTERRUPTS,
  PROGRAM_SRR1,
} from "./interrupts/table.ts";
