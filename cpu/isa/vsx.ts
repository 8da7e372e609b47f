/**
 * The Vector-Scalar Extension's instructions (Book I chapter 7).
 *
 * @module
 */
import type { Chapter } from "./row.ts";
import { vsxScalarArithmetic, vsxVectorArithmetic } from "./vsx_arithmetic.ts";
import { vsxCompare, vsxExtremes } from "./vsx_compare.ts";
import { vsxConvert, vsxRounding } from "./vsx_convert.ts";
import { vsxLength } from "./vsx_length.ts";
import { vsxLoads, vsxStores } from "./vsx_load_store.ts";
import { vsxLogical, vsxMoves, vsxPermute } from "./vsx_permute.ts";
import {
  quadArithmetic,
  quadCompare,
  quadConvert,
  quadParts,
} from "./vsx_quad.ts";
import { vsxExponents, vsxSigns } from "./vsx_sign.ts";
import { vsxTests } from "./vsx_test_data_class.ts";

/** What chapter 7 has of quad precision. */
export const quadPrecision: readonly Chapter[] = [
  quadArithmetic,
  quadCompare,
  quadConvert,
  quadParts,
];

/** Chapter 7 by kinds of instruction. */
export const vectorScalarExtension: readonly Chapter[] = [
  vsxLoads,
  vsxStores,
  vsxLength,
  vsxMoves,
  vsxLogical,
  vsxPermute,
  vsxScalarArithmetic,
  vsxVectorArithmetic,
  vsxExtremes,
  vsxCompare,
  vsxConvert,
  vsxRounding,
  vsxSigns,
  vsxExponents,
  vsxTests,
  ...quadPrecision,
];
