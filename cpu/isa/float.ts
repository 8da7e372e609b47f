/**
 * The floating-point facility (Book I chapter 4), by section.
 *
 * @module
 */
import { floatArithmetic, floatMultiplyAdd } from "./float_arithmetic.ts";
import { floatComparison } from "./float_compare.ts";
import { floatConversion } from "./float_convert.ts";
import { floatLoads, floatPairs, floatStores } from "./float_load_store.ts";
import { floatMoves, floatSelect } from "./float_move.ts";
import { floatStatus } from "./float_status.ts";
import type { Chapter } from "./row.ts";

/** Book I chapter 4 in the order of the book. */
export const floatFacility: readonly Chapter[] = [
  floatLoads,
  floatStores,
  floatPairs,
  floatMoves,
  floatArithmetic,
  floatMultiplyAdd,
  floatConversion,
  floatComparison,
  floatSelect,
  floatStatus,
];
