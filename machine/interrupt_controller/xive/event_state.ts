/**
 * The two bits of an event state buffer. P: an event was sent on and its end
 * of interrupt is due. Q: another came since; without P, the source is off.
 *
 * @module
 */

/** States by their bits, P left. */
export const PQ = { RESET: 0, OFF: 1, PENDING: 2, QUEUED: 3 } as const;

/** Set in a result where an event is to be sent on. */
export const NOTIFY = 4;

const AFTER_TRIGGER = [PQ.PENDING | NOTIFY, PQ.OFF, PQ.QUEUED, PQ.QUEUED];
const AFTER_EOI = [PQ.RESET, PQ.OFF, PQ.RESET, PQ.PENDING | NOTIFY];

/** P and Q after a trigger, and NOTIFY. */
export function afterTrigger(pq: number): number {
  return AFTER_TRIGGER[pq & 3] ?? 0;
}

/** P and Q after an end of interrupt, and NOTIFY. */
export function afterEoi(pq: number): number {
  return AFTER_EOI[pq & 3] ?? 0;
}

/** What an offset in a management page stands for. */
export type EsbOperation = "trigger" | "eoi" | "get" | "set" | "none";

/** Operation of a load: `set` takes P and Q from bits 8 and 9. */
export function loadOperation(offset: number): EsbOperation {
  const at = offset & 0xfff;
  if (at < 0x800) return "eoi";
  return at < 0xc00 ? "get" : "set";
}

/** Operation of a store. */
export function storeOperation(offset: number): EsbOperation {
  const at = offset & 0xfff;
  if (at < 0x400) return "trigger";
  if (at < 0x800) return "eoi";
  return at < 0xc00 ? "none" : "set";
}
