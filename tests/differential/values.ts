/**
 * Start values of registers: edges, and random numbers of the kinds that
 * instructions expect.
 *
 * @module
 */
import type { Random } from "./random.ts";

/** Both words of an edge, the upper one first. */
type Pair = readonly [upper: number, lower: number];

const EDGES: readonly Pair[] = [
  [0, 0],
  [0, 1],
  [0, 2],
  [0, 31],
  [0, 32],
  [0, 63],
  [0, 64],
  [0, 127],
  [0, 0x7fff],
  [0, 0x8000],
  [0, 0x7fff_ffff],
  [0, 0x8000_0000],
  [0, 0xffff_ffff],
  [1, 0],
  [0x7fff_ffff, 0xffff_ffff],
  [0x8000_0000, 0],
  [0xffff_ffff, 0x7fff_ffff],
  [0xffff_ffff, 0x8000_0000],
  [0xffff_ffff, 0xffff_fffe],
  [0xffff_ffff, 0xffff_ffff],
];

/** Puts a doubleword, at an offset in bytes that is a multiple of 4. */
type Put = (lower: number, upper: number) => void;

/** An edge, a small number, a word, or any doubleword. */
export function fixedPoint(random: Random, put: Put): void {
  switch (random.below(8)) {
    case 0:
    case 1:
    case 2: {
      const [upper, lower] = random.pick(EDGES);
      return put(lower, upper);
    }
    case 3: {
      const small = random.below(32) - 16;
      return put(small, small >> 31);
    }
    case 4:
      return put(random.word(), 0);
    case 5: {
      const word = random.word() | 0;
      return put(word, word >> 31);
    }
    default:
      return put(random.word(), random.word());
  }
}

const SINGLE_EDGES: readonly number[] = [
  0,
  1,
  0x007f_ffff,
  0x0080_0000,
  0x3f7f_ffff,
  0x3f80_0000,
  0x3f80_0001,
  0x4f00_0000,
  0x4f80_0000,
  0x5f00_0000,
  0x5f80_0000,
  0x7f7f_ffff,
  0x7f80_0000,
  0x7f80_0001,
  0x7fa0_0000,
  0x7fc0_0000,
  0x7fc1_2345,
];

function single(random: Random): number {
  const word = random.word();
  const sign = word & 0x8000_0000;
  switch (random.below(8)) {
    case 0:
    case 1:
      return sign | random.pick(SINGLE_EDGES);
    case 2:
      return word;
    case 3:
      return sign | (word & 0x7f_ffff);
    case 4:
      return sign | (124 + random.below(7)) << 23 | (word & 0x78_0007);
    default:
      return sign | (112 + random.below(48)) << 23 | (word & 0x7f_ffff);
  }
}

const DOUBLE_EDGES: readonly Pair[] = [
  [0, 0],
  [0, 1],
  [0x000f_ffff, 0xffff_ffff],
  [0x0010_0000, 0],
  [0x3690_0000, 0], // 2^-150
  [0x36a0_0000, 0],
  [0x380f_ffff, 0xe000_0000],
  [0x3810_0000, 0], // 2^-126
  [0x3fef_ffff, 0xffff_ffff],
  [0x3ff0_0000, 0],
  [0x3ff0_0000, 1],
  [0x3ff0_0000, 0x1000_0000],
  [0x3ff8_0000, 0],
  [0x4004_0000, 0], // 2.5
  [0x41df_ffff, 0xffe0_0000], // 2^31 - 0.5
  [0x41e0_0000, 0],
  [0x41ef_ffff, 0xfff0_0000],
  [0x41f0_0000, 0],
  [0x433f_ffff, 0xffff_ffff],
  [0x43df_ffff, 0xffff_ffff],
  [0x43e0_0000, 0],
  [0x43f0_0000, 0],
  [0x47ef_ffff, 0xe000_0000], // greatest single
  [0x47ef_ffff, 0xf000_0000],
  [0x47f0_0000, 0],
  [0x7fef_ffff, 0xffff_ffff],
  [0x7ff0_0000, 0],
  [0x7ff0_0000, 1],
  [0x7ff4_5678, 0x9000_0000],
  [0x7ff8_0000, 0],
  [0x7ff8_1234, 0x5678_9abc],
];

/** A double: an edge, near another, or random; also such as a single holds. */
function double(random: Random, put: Put): void {
  const sign = random.word() & 0x8000_0000;
  const kind = random.below(16);
  if (kind < 5) {
    const [upper, lower] = random.pick(DOUBLE_EDGES);
    return put(lower, sign | upper);
  }
  if (kind === 5) return put(random.word(), random.word());
  if (kind === 6) return put(random.word(), sign | (random.word() & 0xf_ffff));
  const spread = kind < 12 ? 8 : kind < 15 ? 40 : 400;
  const exponent = 1023 + random.below(spread) - (spread >> 1);
  let upper = random.word() & 0xf_ffff;
  let lower = random.word();
  // A single, few bits at the top, few at both ends, or any.
  if (kind % 4 === 0) lower &= 0xe000_0000;
  if (kind % 4 === 1) {
    upper &= 0xf_0000;
    lower = 0;
  }
  if (kind % 4 === 2) {
    upper &= 0xf_0000;
    lower &= 7;
  }
  put(lower, sign | exponent << 20 | upper);
}

/** A double whose value a single has, as instructions on singles expect. */
function rounded(random: Random, put: Put): void {
  const word = single(random);
  SCRATCH.setUint32(0, word);
  const value = SCRATCH.getFloat32(0);
  if (Number.isNaN(value)) {
    const upper = word & 0x8000_0000 | 0x7ff0_0000 | (word & 0x7f_ffff) >>> 3;
    return put(word << 29, upper);
  }
  SCRATCH.setFloat64(0, value);
  put(SCRATCH.getInt32(4), SCRATCH.getInt32(0));
}

function nonzero(
  random: Random,
  put: Put,
  make: (random: Random, put: Put) => void,
): void {
  make(random, (lower, upper) => {
    const zero = lower === 0 && (upper & 0x7fff_ffff) === 0;
    put(lower, zero ? 0x3ff0_0000 : upper);
  });
}

const SCRATCH = new DataView(new ArrayBuffer(8));

const BYTE_EDGES = [0, 1, 0x7f, 0x80, 0x81, 0xff, 0x10, 0x0f];
const HALF_EDGES = [0, 1, 0x7fff, 0x8000, 0x8001, 0xffff, 0x7c00, 0x7e00];

function bytes(random: Random): number {
  let word = 0;
  for (let i = 0; i < 4; i++) {
    const byte = random.once(3) ? random.below(256) : random.pick(BYTE_EDGES);
    word = word << 8 | byte;
  }
  return word;
}

function halfwords(random: Random): number {
  let word = 0;
  for (let i = 0; i < 2; i++) {
    const half = random.once(3)
      ? random.word() & 0xffff
      : random.pick(HALF_EDGES);
    word = word << 16 | half;
  }
  return word;
}

function digits(random: Random, nines: boolean): number {
  let word = 0;
  for (let i = 0; i < 8; i++) word = word << 4 | (nines ? 9 : random.below(10));
  return word;
}

/** Four words of a quadword, the lowest first. */
type Quadword = [number, number, number, number];

/** Up to 31 digits, not all of them 0, and a sign. */
function packed(random: Random): Quadword {
  const words = unsigned(random);
  if (!words.some((word) => word !== 0)) words[random.below(4)] = 0x10;
  if (words[0] === 0) words[0] = 0x70;
  words[0] = words[0] & ~15 | 10 + random.below(6);
  return words;
}

/** Up to 32 digits. */
function unsigned(random: Random): Quadword {
  const nines = random.once(4);
  const few = random.below(5);
  return [0, 1, 2, 3].map((i) =>
    i < few ? digits(random, nines) : 0
  ) as Quadword;
}

function quadwordOf(byte: (index: number) => number): Quadword {
  return [0, 4, 8, 12].map((i) =>
    byte(i) | byte(i + 1) << 8 | byte(i + 2) << 16 | byte(i + 3) << 24
  ) as Quadword;
}

/** Up to seven digits and a sign, in halfwords. */
function national(random: Random): Quadword {
  const few = random.once(3) ? random.below(8) : 8;
  return quadwordOf((i) => {
    if (i % 2 === 1) return 0;
    if (i === 0) return random.pick([0x2b, 0x2d]);
    return 0x30 | (i >> 1 > few ? 0 : random.below(10));
  });
}

/** Up to sixteen digits in bytes, with the sign in the last one's zone. */
function zoned(random: Random): Quadword {
  const few = random.once(3) ? random.below(17) : 17;
  return quadwordOf((i) => {
    const zone = i === 0 ? random.pick([0x30, 0x70]) : 0x30;
    return zone | (i >= few ? 0 : random.below(10));
  });
}

/** Numbers in decimal of any form, a nibble of which may be wrong. */
function decimal(random: Random): Quadword {
  const words = random.pick([packed, unsigned, national, zoned])(random);
  const at = random.below(4);
  if (random.once(8)) words[at] = (words[at] ?? 0) ^ 1 << random.below(32);
  return words;
}

/** Edges of quad precision: small fractions around the exponents that matter. */
function quadPrecision(random: Random): Quadword {
  const sign = random.word() & 0x8000_0000;
  const exponent = random.pick([
    0,
    1,
    0x3fff,
    0x3ffe,
    0x4000,
    0x403e,
    0x4070,
    0x3c01,
    0x43ff,
    0x7ffe,
    0x7fff,
    16383 + random.below(128) - 64,
    random.below(0x7fff),
  ]);
  const kind = random.below(6);
  const rest = (): number =>
    kind === 0 ? 0 : kind === 1 ? 0xffff_ffff : random.word();
  return [
    kind === 2 ? random.below(4) : rest(),
    kind === 2 || kind === 3 ? 0 : rest(),
    kind === 2 || kind === 3 ? 0 : rest(),
    sign | exponent << 16 |
    (kind === 3 ? random.below(4) << 14 : rest() & 0xffff),
  ];
}

/** Kinds of vectors. */
export const KINDS = [
  "any",
  "bytes",
  "halfwords",
  "words",
  "doublewords",
  "single",
  "double",
  "rounded",
  "decimal",
  "quad",
] as const;

/** A kind of vectors; beside the usual ones those that pools want. */
export type Kind =
  | typeof KINDS[number]
  | "nonzero single"
  | "nonzero double"
  | "packed"
  | "unsigned"
  | "national"
  | "zoned"
  | "ebcdic"
  | "length"
  | "finite";

/** Fills a vector-scalar register: four words, the lowest first. */
export function vector(
  random: Random,
  kind: Kind,
  words: Int32Array,
  at: number,
): void {
  const doubleword = (half: number): Put => (lower, upper) => {
    words[at + 2 * half] = lower;
    words[at + 2 * half + 1] = upper;
  };
  const each = (make: (random: Random) => number) => {
    for (let i = 0; i < 4; i++) words[at + i] = make(random);
  };
  const both = (make: (random: Random, put: Put) => void) => {
    make(random, doubleword(0));
    make(random, doubleword(1));
  };
  switch (kind) {
    case "any":
      return each((r) => r.word());
    case "bytes":
      return each(bytes);
    case "halfwords":
      return each(halfwords);
    case "words":
      return each((r) => random.once(3) ? r.word() : r.pick(EDGES)[1]);
    case "doublewords":
      return both(fixedPoint);
    case "single":
      return each(single);
    case "double":
      return both(double);
    case "rounded":
      return both(rounded);
    case "decimal":
      return words.set(decimal(random), at);
    case "packed":
      return words.set(packed(random), at);
    case "unsigned":
      return words.set(unsigned(random), at);
    case "national":
      return words.set(national(random), at);
    case "zoned":
      return words.set(zoned(random), at);
    case "ebcdic":
      return words.set(
        zoned(random).map((word, i) =>
          word | (i === 0 ? 0xc0c0_c000 : 0xc0c0_c0c0)
        ),
        at,
      );
    case "finite":
      // A decimal number whose combination field is not that of an infinity.
      each((r) => r.word());
      words[at + 3] = (words[at + 3] ?? 0) & ~0x1000_0000;
      return;
    case "length":
      each((r) => r.word());
      words[at + 2] = (random.word() & 0xffff_0000) | random.below(40);
      return;
    case "nonzero single":
      return both((r, put) => nonzero(r, put, rounded));
    case "nonzero double":
      return both((r, put) => nonzero(r, put, double));
    case "quad":
      return words.set(quadPrecision(random), at);
  }
}

/** FPSCR: any modes; enables or exceptions of before, never a pending one. */
export function floatStatus(random: Random): Pair {
  const choice = random.word();
  const decimalMode = choice >>> 29;
  const mode = choice & 3;
  if (choice & 4) return [decimalMode, mode];
  const enables = choice >>> 8 & 0xf8;
  if (choice & 8) return [decimalMode, mode | enables];
  const sticky = random.word() & 0x1ff8_0700;
  if (!sticky) return [decimalMode, mode];
  const invalid = sticky & 0x01f8_0700 ? 0x2000_0000 : 0;
  // FR is not compared.
  const flags = choice & 0x3_f000;
  return [
    decimalMode,
    (mode | sticky | invalid | 0x8000_0000 | flags) >>> 0,
  ];
}
