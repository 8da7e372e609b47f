/**
 * Decimal floating point (Book I chapter 5), by section.
 *
 * @module
 */
import {
  decimalArithmetic,
  decimalComparison,
  decimalTests,
} from "./decimal_arithmetic.ts";
import { decimalConversion, decimalFormat } from "./decimal_convert.ts";
import { decimalQuantum } from "./decimal_quantum.ts";
import type { Chapter } from "./row.ts";

/** Book I chapter 5 in the order of the book. */
export const decimalFacility: readonly Chapter[] = [
  decimalArithmetic,
  decimalComparison,
  decimalTests,
  decimalQuantum,
  decimalConversion,
  decimalFormat,
];
