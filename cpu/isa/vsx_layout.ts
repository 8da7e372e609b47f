/**
 * Binary floating-point numbers as their bits lie in elements (Book I 7.3.1).
 *
 * @module
 */
import type { Ops, Value } from "./ops.ts";

/** A format as its bits lie in an element. */
export interface Layout {
  readonly bytes: 4 | 8;
  /** Width of the fraction, below the exponent. */
  readonly fraction: number;
  readonly bias: number;
}

/** Doublewords. */
export const DOUBLE: Layout = { bytes: 8, fraction: 52, bias: 1023 };
/** Words. */
export const SINGLE: Layout = { bytes: 4, fraction: 23, bias: 127 };

/** The sign as a mask. */
export function signBit({ bytes }: Layout): bigint {
  return 1n << BigInt(8 * bytes - 1);
}

/** The fraction as a mask. */
export function fractionMask({ fraction }: Layout): bigint {
  return (1n << BigInt(fraction)) - 1n;
}

/** The greatest exponent, of infinities and NaNs. */
export function specialExponent({ bias }: Layout): number {
  return 2 * bias + 1;
}

/** The biased exponent of an element. */
export function exponentOf(m: Ops, layout: Layout, x: Value): Value {
  return m.and(m.shr(x, layout.fraction), m.const(specialExponent(layout)));
}

/** The fraction of an element, without an implicit bit. */
export function fractionOf(m: Ops, layout: Layout, x: Value): Value {
  return m.and(x, m.const(fractionMask(layout)));
}
