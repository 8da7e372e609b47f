/**
 * What a region does with registers, all of its instructions together.
 *
 * @module
 */
import type { Block } from "./blocks.ts";
import {
  FIELDS,
  NO_USES,
  only,
  type RegionUses,
  REGISTER,
  type RegisterSet,
} from "./registers.ts";

/** SO of comparisons is XER's when it is asked for. */
const SUMMARY_OVERFLOW = only(REGISTER.cached("SO"));

/** What a region's registers are used for, and those that are written. */
export function usesOf(
  blocks: readonly Block[],
): { uses: RegionUses; written: RegisterSet } {
  const uses = { ...NO_USES };
  let written = 0n;
  for (const { body } of blocks) {
    for (const { effects } of body) {
      written |= effects.writes;
      uses.values |= effects.values;
      if ((effects.writes & SUMMARY_OVERFLOW) !== 0n) uses.values |= FIELDS;
      uses.numbers |= effects.numbers;
      uses.vectors |= effects.vectors;
      uses.computed ||= effects.computed;
    }
  }
  return { uses, written };
}
