/**
 * All special purpose registers (Book III 5.4.4, figure of SPR encodings).
 *
 * @module
 */
import type { IsaVersion } from "./row.ts";
import { EVENT_SPRS, TRANSACTION_SPRS } from "./spr_event.ts";
import { FIXED_POINT_SPRS } from "./spr_fixed_point.ts";
import { IMPLEMENTATION_SPRS } from "./spr_implementation.ts";
import { INTERRUPT_SPRS } from "./spr_interrupt.ts";
import { PERFORMANCE_SPRS } from "./spr_performance.ts";
import type { Spr } from "./spr_row.ts";
import { STORAGE_CONTROL_SPRS } from "./spr_storage_control.ts";
import { TIMER_SPRS } from "./spr_timer.ts";

/** Every register under each of its numbers, by number. */
export const SPRS: readonly Spr[] = [
  ...FIXED_POINT_SPRS,
  ...INTERRUPT_SPRS,
  ...TIMER_SPRS,
  ...STORAGE_CONTROL_SPRS,
  ...EVENT_SPRS,
  ...TRANSACTION_SPRS,
  ...PERFORMANCE_SPRS,
  ...IMPLEMENTATION_SPRS,
].sort((a, b) => a.number - b.number);

/** The registers that a version of the ISA has, by number. */
export function sprsByNumber(version: IsaVersion): ReadonlyMap<number, Spr> {
  const found = new Map<number, Spr>();
  for (const row of SPRS) {
    const { since = "2.07", until = "3.0", number, name } = row;
    if (version < since || until < version) continue;
    const other = found.get(number);
    if (other) {
      throw new RangeError(
        `Cannot number registers: ${other.name} and ${name} are both ${number}`,
      );
    }
    found.set(number, row);
  }
  return found;
}
