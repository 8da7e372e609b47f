/**
 * The Vector Facility's instructions, VMX or AltiVec (Book I chapter 6).
 *
 * @module
 */
import type { Chapter } from "./row.ts";
import { vectorAdd } from "./vector_add.ts";
import { vectorBits } from "./vector_bits.ts";
import { vectorCrypto } from "./vector_crypto.ts";
import { vectorDecimal } from "./vector_decimal.ts";
import { vectorDecimalConvert } from "./vector_decimal_convert.ts";
import { vectorDecimalShift } from "./vector_decimal_shift.ts";
import { vectorFloat } from "./vector_float.ts";
import { vectorFloatCompare } from "./vector_float_compare.ts";
import { vectorInteger } from "./vector_integer.ts";
import { vectorLoadStore } from "./vector_load_store.ts";
import { vectorMultiply } from "./vector_multiply.ts";
import { vectorPack } from "./vector_pack.ts";
import { vectorPermute } from "./vector_permute.ts";
import { vectorRotate } from "./vector_rotate.ts";
import { vectorStatus } from "./vector_status.ts";
import { vectorSum } from "./vector_sum.ts";

/** What chapter 6 has of decimal integers. */
export const vectorDecimals: readonly Chapter[] = [
  vectorDecimal,
  vectorDecimalShift,
  vectorDecimalConvert,
];

/** What chapter 6 has of floating point. */
export const vectorFloats: readonly Chapter[] = [
  vectorFloat,
  vectorFloatCompare,
];

/** Chapter 6 in the order of the book. */
export const vectorFacility: readonly Chapter[] = [
  vectorLoadStore,
  vectorPack,
  vectorPermute,
  vectorAdd,
  vectorMultiply,
  vectorSum,
  vectorInteger,
  vectorRotate,
  ...vectorFloats,
  vectorCrypto,
  ...vectorBits,
  ...vectorDecimals,
  vectorStatus,
];
