/**
 * Moving the bytes of vectors, with elements numbered as the book does:
 * 0 is the most significant.
 *
 * WebAssembly's swizzle numbers bytes from the other end and gives 0 for an
 * index above 15. Exclusive-or with 15 turns one numbering into the other and
 * leaves 16-31 out of range; with 31 it does so for the second of two
 * concatenated vectors. A two-vector permute is therefore two swizzles.
 *
 * @module
 */
import type { Bytes, Ops, Value, Vector } from "./ops.ts";

/** A vector known when the rows are made, as two doublewords. */
export interface Immediate {
  readonly upper: bigint;
  readonly lower: bigint;
}

/** An immediate from its sixteen bytes, element 0 first; each is cut to 8 bits. */
export function immediate(bytes: readonly number[]): Immediate {
  let upper = 0n;
  let lower = 0n;
  for (let i = 0; i < 8; i++) {
    upper = upper << 8n | BigInt((bytes[i] ?? 0) & 0xff);
    lower = lower << 8n | BigInt((bytes[i + 8] ?? 0) & 0xff);
  }
  return { upper, lower };
}

/** The sixteen numbers `make(0)` to `make(15)`. */
export function sixteen(make: (index: number) => number): number[] {
  return Array.from({ length: 16 }, (_, index) => make(index));
}

/** The immediate as a value of the abstract machine. */
export function constant(m: Ops, { upper, lower }: Immediate): Vector {
  return m.vector(m.const(upper), m.const(lower));
}

/** Byte n holds n. */
export const ORDINALS: Immediate = immediate(sixteen((i) => i));

const LANES = immediate(sixteen((i) => 15 - i));

/** Every element the low bits of a number. */
export function splatConstant(m: Ops, bytes: Bytes, value: number): Vector {
  return m.splat(bytes, m.const(value));
}

/** All bits 0. */
export function zero(m: Ops): Vector {
  return m.vector(m.const(0), m.const(0));
}

/**
 * Byte i of the result is byte `index[i]` of `a`; 0 where the index is 16 to
 * 31. Indices above 31 are not allowed.
 */
export function pickBytes(m: Ops, a: Vector, index: Vector): Vector {
  const lanes = m.simd("v128.xor", index, splatConstant(m, 1, 15));
  return m.simd("i8x16.swizzle", a, lanes);
}

/** Byte i of the result is byte `index[i]` (0 to 31) of `a` followed by `b`. */
export function permute(m: Ops, a: Vector, b: Vector, index: Vector): Vector {
  const lanes = m.simd("v128.xor", index, splatConstant(m, 1, 31));
  return m.simd(
    "v128.or",
    pickBytes(m, a, index),
    m.simd("i8x16.swizzle", b, lanes),
  );
}

/** Sixteen bytes from byte `start` (0 to 16) of `a` followed by `b`. */
export function window(m: Ops, a: Vector, b: Vector, start: Value): Vector {
  const index = m.simd("i8x16.add", constant(m, ORDINALS), m.splat(1, start));
  return permute(m, a, b, index);
}

/** A permute whose indices are known when the rows are made. */
export interface Shuffle {
  readonly a: Immediate | undefined;
  readonly b: Immediate | undefined;
}

/**
 * A shuffle from sixteen byte numbers: 0-15 of `a`, 16-31 of `b`, -1 for a
 * byte that becomes 0.
 */
export function shuffle(index: readonly number[]): Shuffle {
  function part(first: number): Immediate | undefined {
    const inside = index.map((n) => n >= first && n < first + 16);
    if (!inside.includes(true)) return undefined;
    return immediate(index.map((n, i) => inside[i] ? first + 15 - n : 0xff));
  }
  return { a: part(0), b: part(16) };
}

/** A shuffle of whole elements, from their numbers in `a` followed by `b`. */
export function elementShuffle(
  bytes: Bytes,
  elements: readonly number[],
): Shuffle {
  return shuffle(
    elements.flatMap((n) =>
      sixteen((i) => n < 0 ? -1 : n * bytes + i).slice(0, bytes)
    ),
  );
}

/** Carries out a shuffle; `b` may be left out where only `a` is used. */
export function applyShuffle(
  m: Ops,
  { a: fromA, b: fromB }: Shuffle,
  a: Vector,
  b: Vector = a,
): Vector {
  const parts: Vector[] = [];
  if (fromA) parts.push(m.simd("i8x16.swizzle", a, constant(m, fromA)));
  if (fromB) parts.push(m.simd("i8x16.swizzle", b, constant(m, fromB)));
  return parts.reduce((all, some) => m.simd("v128.or", all, some));
}

/** `a` shifted left by `count` bytes (0 to 15). */
export function shiftLeftBytes(m: Ops, a: Vector, count: Value): Vector {
  const lanes = constant(m, LANES);
  const from = m.simd("i8x16.sub", lanes, m.splat(1, count));
  return m.simd("i8x16.swizzle", a, from);
}

/** `a` shifted right by `count` bytes (0 to 15). */
export function shiftRightBytes(m: Ops, a: Vector, count: Value): Vector {
  const lanes = constant(m, LANES);
  const from = m.simd("i8x16.add", lanes, m.splat(1, count));
  return m.simd("i8x16.swizzle", a, from);
}

const LAST_LANES = { 1: 0x0f, 2: 0x0f0e, 4: 0x0f0e0d0c } as const;
const ONE_EACH = { 1: 0x01, 2: 0x0202, 4: 0x04040404 } as const;

/** Every element of the result is element `index` of `x`. */
export function splatElement(
  m: Ops,
  bytes: 1 | 2 | 4,
  x: Vector,
  index: Value,
): Vector {
  const down = m.mul(index, m.const(ONE_EACH[bytes]));
  const lanes = m.splat(bytes, m.sub(m.const(LAST_LANES[bytes]), down));
  return m.simd("i8x16.swizzle", x, lanes);
}

const ELEMENT_ORDINALS = {
  1: ORDINALS,
  2: immediate(sixteen((i) => i % 2 === 1 ? i >> 1 : 0)),
  4: immediate(sixteen((i) => i % 4 === 3 ? i >> 2 : 0)),
} as const;
const EQUAL = { 1: "i8x16.eq", 2: "i16x8.eq", 4: "i32x4.eq" } as const;

/** `x` with element `index` replaced by the low bits of `value`. */
export function replaceElement(
  m: Ops,
  bytes: 1 | 2 | 4,
  x: Vector,
  { index, value }: { index: Value; value: Value },
): Vector {
  const ordinals = constant(m, ELEMENT_ORDINALS[bytes]);
  const there = m.simd(EQUAL[bytes], ordinals, m.splat(bytes, index));
  return m.simdSelect(there, m.splat(bytes, value), x);
}
