/**
 * Vector exclusive-or-based instructions: AES, SHA, binary polynomials,
 * permute and exclusive-or (Book I 6.11).
 *
 * @module
 */
import type { Ops, Value, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";
import { longBinary, ternary } from "./vector_families.ts";
import {
  applyShuffle,
  constant,
  type Immediate,
  immediate,
  pickBytes,
  type Shuffle,
  shuffle,
  sixteen,
  splatConstant,
  zero,
} from "./vector_lanes.ts";

// -------------------------------------------------------------------- AES

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

function cipherLast(m: Ops, state: Vector, key: Vector): Vector {
  const substituted = lookUp(m, SUB_BYTES, state);
  return m.simd("v128.xor", applyShuffle(m, SHIFT_ROWS, substituted), key);
}

function cipher(m: Ops, state: Vector, key: Vector): Vector {
  const substituted = lookUp(m, SUB_BYTES, state);
  const shifted = applyShuffle(m, SHIFT_ROWS, substituted);
  return m.simd("v128.xor", mixColumns(m, shifted), key);
}

function inverseCipherLast(m: Ops, state: Vector, key: Vector): Vector {
  const substituted = lookUp(m, INV_SUB_BYTES, state);
  return m.simd("v128.xor", applyShuffle(m, INV_SHIFT_ROWS, substituted), key);
}

function inverseCipher(m: Ops, state: Vector, key: Vector): Vector {
  return invMixColumns(m, inverseCipherLast(m, state, key));
}

const substitute: Subroutine = subroutine("vsbox", 2, (m, t, a) => {
  m.setVsrNumber(t, lookUp(m, SUB_BYTES, m.vsrNumber(a)));
  return m.const(0);
});

// -------------------------------------------------------------------- SHA

type Turn = readonly [kind: "rotate" | "shift", count: number];

/** The four functions of FIPS 180-4, 4.1.2 and 4.1.3: σ0, σ1, Σ0, Σ1. */
const SIGMA = {
  4: [
    [["rotate", 7], ["rotate", 18], ["shift", 3]],
    [["rotate", 17], ["rotate", 19], ["shift", 10]],
    [["rotate", 2], ["rotate", 13], ["rotate", 22]],
    [["rotate", 6], ["rotate", 11], ["rotate", 25]],
  ],
  8: [
    [["rotate", 1], ["rotate", 8], ["shift", 7]],
    [["rotate", 19], ["rotate", 61], ["shift", 6]],
    [["rotate", 28], ["rotate", 34], ["rotate", 39]],
    [["rotate", 14], ["rotate", 18], ["rotate", 41]],
  ],
} as const;

function turned(
  m: Ops,
  bytes: 4 | 8,
  x: Vector,
  [kind, count]: Turn,
): Vector {
  const right = m.simdShift("shr_u", bytes, x, m.const(count));
  if (kind === "shift") return right;
  const left = m.simdShift("shl", bytes, x, m.const(8 * bytes - count));
  return m.simd("v128.or", left, right);
}

function sigma(
  m: Ops,
  bytes: 4 | 8,
  x: Vector,
  turns: readonly Turn[] | undefined,
): Vector {
  return (turns ?? [])
    .map((turn) => turned(m, bytes, x, turn))
    .reduce((all, some) => m.simd("v128.xor", all, some));
}

/** Bit i of SIX chooses for word i; doubleword i looks at bit 2i. */
const SIX_BITS = {
  4: immediate(sixteen((i) => i % 4 === 3 ? 8 >> (i >> 2) : 0)),
  8: immediate(sixteen((i) => i % 8 === 7 ? 8 >> 2 * (i >> 3) : 0)),
} as const;
const EQUAL = { 4: "i32x4.eq", 8: "i64x2.eq" } as const;

function shaSigma(name: string, xo: number, bytes: 4 | 8): Instruction {
  return row(`${name} VRT,VRA,ST,SIX`, "VX_ST", [4, xo], (m, f) => {
    m.require("VEC");
    const x = m.vr(f.VRA);
    const first = 2 * m.fixed(f.ST);
    const bits = constant(m, SIX_BITS[bytes]);
    const six = m.simd("v128.and", bits, m.splat(bytes, m.field(f.SIX)));
    const second = m.simd(EQUAL[bytes], six, bits);
    const one = sigma(m, bytes, x, SIGMA[bytes][first]);
    const two = sigma(m, bytes, x, SIGMA[bytes][first + 1]);
    m.setVr(f.VRT, m.simdSelect(second, two, one));
  });
}

// ----------------------------------------------------- binary polynomials

/**
 * Carry-less product of two 32-bit numbers. With only every fourth bit of
 * each factor, an integer product's carries stay out of the bits that count:
 * at most eight ones meet in a place (T. Pornin, BearSSL's ctmul).
 */
const multiplyPolynomials: Subroutine = subroutine(
  "multiplyPolynomials",
  2,
  (m, a, b) => {
    const every = [0, 1, 2, 3];
    const parts = (x: Value) =>
      every.map((n) => m.and(x, m.const(0x11111111 * 2 ** n)));
    const [x, y] = [parts(a), parts(b)];
    return every.map((n) => {
      const place = m.const(0x1111111111111111n << BigInt(n));
      const sum = every
        .map((i) => m.mul(x[i] ?? a, y[(n - i) & 3] ?? b))
        .reduce((all, some) => m.xor(all, some));
      return m.and(sum, place);
    }).reduce((all, some) => m.or(all, some));
  },
);

/** Products of elements up to words, those of a pair added. */
function polynomialSums(
  bytes: 1 | 2,
): (m: Ops, a: Vector, b: Vector) => Vector {
  const wide = 2 * bytes as 2 | 4;
  const bits = 8 * bytes;
  function products(m: Ops, a: Vector, b: Vector): Vector {
    let sum = zero(m);
    for (let i = 0; i < bits; i++) {
      const raised = m.simdShift("shl", wide, b, m.const(8 * wide - 1 - i));
      const mask = m.simdShift("shr_s", wide, raised, m.const(8 * wide - 1));
      const term = m.simdShift("shl", wide, a, m.const(i));
      sum = m.simd("v128.xor", sum, m.simd("v128.and", mask, term));
    }
    return sum;
  }
  return (m, a, b) => {
    const half = m.const(bits);
    const low = m.splat(wide, m.const(2 ** bits - 1));
    const odd = products(m, m.simd("v128.and", a, low), b);
    const even = products(
      m,
      m.simdShift("shr_u", wide, a, half),
      m.simdShift("shr_u", wide, b, half),
    );
    return m.simd("v128.xor", even, odd);
  };
}

function polynomialSumWords(m: Ops, a: Vector, b: Vector): Vector {
  const product = (i: number) =>
    m.call(multiplyPolynomials, m.element(4, a, i), m.element(4, b, i));
  return m.vector(
    m.xor(product(0), product(1)),
    m.xor(product(2), product(3)),
  );
}

/** Karatsuba: three products of words make one of doublewords. */
function polynomialSumDoublewords(m: Ops, a: Vector, b: Vector): Vector {
  const xor = (x: Value, y: Value) => m.xor(x, y);
  const times = (x: Value, y: Value) => m.call(multiplyPolynomials, x, y);
  const low = xor(
    times(m.element(4, a, 1), m.element(4, b, 1)),
    times(m.element(4, a, 3), m.element(4, b, 3)),
  );
  const high = xor(
    times(m.element(4, a, 0), m.element(4, b, 0)),
    times(m.element(4, a, 2), m.element(4, b, 2)),
  );
  const crossed = [0, 2].map((i) =>
    times(
      xor(m.element(4, a, i), m.element(4, a, i + 1)),
      xor(m.element(4, b, i), m.element(4, b, i + 1)),
    )
  ).reduce(xor);
  const middle = xor(crossed, xor(low, high));
  return m.vector(
    xor(high, m.shr(middle, 32)),
    xor(low, m.shl(middle, 32)),
  );
}

/** Vector exclusive-or-based instructions: a row an instruction. */
export const vectorCrypto = chapter(
  "Book I 6.11",
  "Vector Exclusive-OR-based Instructions",
  [
    longBinary("vcipher", 1288, cipher),
    longBinary("vcipherlast", 1289, cipherLast),
    longBinary("vncipher", 1352, inverseCipher),
    longBinary("vncipherlast", 1353, inverseCipherLast),
    row("vsbox VRT,VRA", "VX_VRA", [4, 1480], (m, f) => {
      m.require("VEC");
      const vr = m.const(32);
      m.call(substitute, m.or(m.field(f.VRT), vr), m.or(m.field(f.VRA), vr));
    }),
    shaSigma("vshasigmad", 1730, 8),
    shaSigma("vshasigmaw", 1666, 4),
    longBinary("vpmsumb", 1032, polynomialSums(1)),
    longBinary("vpmsumd", 1224, polynomialSumDoublewords),
    longBinary("vpmsumh", 1096, polynomialSums(2)),
    longBinary("vpmsumw", 1160, polynomialSumWords),
    ternary("vpermxor", 45, (m, a, b, c) => {
      const low = m.simd("v128.and", c, splatConstant(m, 1, 15));
      return m.simd(
        "v128.xor",
        pickBytes(m, a, m.simdShift("shr_u", 1, c, m.const(4))),
        pickBytes(m, b, low),
      );
    }),
  ],
);
