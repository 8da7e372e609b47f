/**
 * AES rounds on vectors (Book I 6.11.1; FIPS 197).
 *
 * @module
 */
import type { Ops, Vector } from "./ops.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";
import {
  applyShuffle,
  constant,
  type Immediate,
  immediate,
  type Shuffle,
  shuffle,
  sixteen,
  splatConstant,
  zero,
} from "./vector_lanes.ts";

/** Times x in GF(2⁸) modulo x⁸ + x⁴ + x³ + x + 1 (FIPS 197, 4.2.1). */
function timesX(n: number): number {
  return (n << 1) ^ (n & 0x80 ? 0x11b : 0);
}

/** SubBytes as a table: the inverse in GF(2⁸), then the affine map (5.1.1). */
function substitutionBox(): number[] {
  const box = new Array<number>(256).fill(0x63);
  // p runs through all powers of x + 1, q through their inverses.
  let p = 1;
  let q = 1;
  do {
    p ^= timesX(p);
    q ^= q << 1;
    q ^= q << 2;
    q ^= q << 4;
    q = (q ^ (q & 0x80 ? 0x09 : 0)) & 0xff;
    const twice = q | q << 8;
    const turned = q ^ twice >> 7 ^ twice >> 6 ^ twice >> 5 ^ twice >> 4;
    box[p] = (turned ^ 0x63) & 0xff;
  } while (p !== 1);
  return box;
}

function inverseOf(box: readonly number[]): number[] {
  const out = new Array<number>(256);
  box.forEach((value, i) => out[value] = i);
  return out;
}

/** A table of 256 bytes as sixteen that swizzle looks up by low nibble. */
function byLowNibble(table: readonly number[]): Immediate[] {
  return sixteen((high) => high).map((high) =>
    immediate(sixteen((i) => table[16 * high + 15 - i] ?? 0))
  );
}

const SUB_BYTES = byLowNibble(substitutionBox());
const INV_SUB_BYTES = byLowNibble(inverseOf(substitutionBox()));

/**
 * Every byte looked up in a table of 256. Exclusive-or with 16n leaves an
 * index below 16 only in the bytes whose high nibble is n, and swizzle gives
 * 0 for the others.
 */
function lookUp(m: Ops, table: readonly Immediate[], x: Vector): Vector {
  return table.map((part, n) => {
    const index = m.simd("v128.xor", x, splatConstant(m, 1, 16 * n));
    return m.simd("i8x16.swizzle", constant(m, part), index);
  }).reduce((all, some) => m.simd("v128.or", all, some));
}

/** Byte 4c + r of the state is row r, column c (FIPS 197, 3.4). */
function rowShift(columns: number): Shuffle {
  return shuffle(sixteen((i) => (i + 4 * columns * (i % 4) + 16) % 16));
}

const SHIFT_ROWS = rowShift(1);
const INV_SHIFT_ROWS = rowShift(3);
const NEXT_ROW = shuffle(sixteen((i) => (i & ~3) | (i + 1) & 3));
const OPPOSITE_ROW = shuffle(sixteen((i) => i ^ 2));

function timesXBytes(m: Ops, x: Vector): Vector {
  const top = m.simd("i8x16.gt_s", zero(m), x);
  const reduce = m.simd("v128.and", top, splatConstant(m, 1, 0x1b));
  const doubled = m.simdShift("shl", 1, x, m.const(1));
  return m.simd("v128.xor", doubled, reduce);
}

/**
 * Row r becomes 2a[r] + 3a[r+1] + a[r+2] + a[r+3], which is
 * 2(a[r] + a[r+1]) + a[r+1] + (a[r+2] + a[r+3]).
 */
function mixColumns(m: Ops, a: Vector): Vector {
  const next = applyShuffle(m, NEXT_ROW, a);
  const pair = m.simd("v128.xor", a, next);
  const opposite = applyShuffle(m, OPPOSITE_ROW, pair);
  const rest = m.simd("v128.xor", next, opposite);
  return m.simd("v128.xor", timesXBytes(m, pair), rest);
}

/** The inverse is MixColumns after adding 4(a[r] + a[r+2]) to every row. */
function invMixColumns(m: Ops, a: Vector): Vector {
  const pair = m.simd("v128.xor", a, applyShuffle(m, OPPOSITE_ROW, a));
  const four = timesXBytes(m, timesXBytes(m, pair));
  return mixColumns(m, m.simd("v128.xor", a, four));
}

/** SubBytes, ShiftRows, then the key: the last round. */
export function cipherLast(m: Ops, state: Vector, key: Vector): Vector {
  const substituted = lookUp(m, SUB_BYTES, state);
  return m.simd("v128.xor", applyShuffle(m, SHIFT_ROWS, substituted), key);
}

/** A round of the cipher (FIPS 197, 5.1). */
export function cipher(m: Ops, state: Vector, key: Vector): Vector {
  const substituted = lookUp(m, SUB_BYTES, state);
  const shifted = applyShuffle(m, SHIFT_ROWS, substituted);
  return m.simd("v128.xor", mixColumns(m, shifted), key);
}

/** InvShiftRows, InvSubBytes, then the key: the last round backwards. */
export function inverseCipherLast(m: Ops, state: Vector, key: Vector): Vector {
  const substituted = lookUp(m, INV_SUB_BYTES, state);
  return m.simd("v128.xor", applyShuffle(m, INV_SHIFT_ROWS, substituted), key);
}

/** A round of the inverse cipher (FIPS 197, 5.3). */
export function inverseCipher(m: Ops, state: Vector, key: Vector): Vector {
  return invMixColumns(m, inverseCipherLast(m, state, key));
}

/** Puts SubBytes of a VSR into another, by their numbers. */
export const substitute: Subroutine = subroutine("vsbox", 2, (m, t, a) => {
  m.setVsrNumber(t, lookUp(m, SUB_BYTES, m.vsrNumber(a)));
  return m.const(0);
});
