/**
 * Vector permute and formatting (Book I 6.8.2 to 6.8.8).
 *
 * @module
 */
import type { Bytes, Ops, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import { type Binary, binary, POWER9, ternary } from "./vector_families.ts";
import {
  applyShuffle,
  constant,
  elementShuffle,
  immediate,
  permute,
  shiftLeftBytes,
  shiftRightBytes,
  sixteen,
  splatConstant,
  splatElement,
  window,
} from "./vector_lanes.ts";

/** Numbers from 0 of as many elements as a vector has. */
export function numbers(bytes: Bytes): number[] {
  return Array.from({ length: 16 / bytes }, (_, i) => i);
}

/** Whole elements of a vector followed by another. */
export function shuffled(bytes: Bytes, elements: readonly number[]): Binary {
  const order = elementShuffle(bytes, elements);
  return (m, a, b) => applyShuffle(m, order, a, b);
}

// ------------------------------------------------------------------ merge

function merge(bytes: 1 | 2 | 4, half: "high" | "low"): Binary {
  const count = 16 / bytes;
  const first = half === "high" ? 0 : count / 2;
  return shuffled(
    bytes,
    numbers(bytes).map((i) => first + (i >> 1) + (i % 2) * count),
  );
}

// ------------------------------------------------------------------ splat

function splat(
  name: string,
  xo: number,
  form: "VX_UIM4" | "VX_UIM3" | "VX_UIM2",
  bytes: 1 | 2 | 4,
): Instruction {
  return row(`${name} VRT,VRB,UIM`, form, [4, xo], (m, f) => {
    m.require("VEC");
    m.setVr(f.VRT, splatElement(m, bytes, m.vr(f.VRB), m.field(f.UIM)));
  });
}

function splatImmediate(name: string, xo: number, bytes: 1 | 2 | 4) {
  return row(`${name} VRT,SIM`, "VX_SIM", [4, xo], (m, f) => {
    m.require("VEC");
    m.setVr(f.VRT, m.splat(bytes, m.field(f.SIM)));
  });
}

// ------------------------------------------------------------------ shift

/** The whole vector by the last three bits of VRB. */
function shiftLeftBits(m: Ops, a: Vector, b: Vector): Vector {
  const n = m.and(m.lower(b), m.const(7));
  const carried = m.shr(m.shr(m.lower(a), 1), m.xor(n, m.const(63)));
  return m.vector(
    m.or(m.shl(m.upper(a), n), carried),
    m.shl(m.lower(a), n),
  );
}

function shiftRightBits(m: Ops, a: Vector, b: Vector): Vector {
  const n = m.and(m.lower(b), m.const(7));
  const carried = m.shl(m.shl(m.upper(a), 1), m.xor(n, m.const(63)));
  return m.vector(
    m.shr(m.upper(a), n),
    m.or(m.shr(m.lower(a), n), carried),
  );
}

/** Every byte by its own count, filled from its neighbour. */
function shiftVariable(direction: "left" | "right"): Binary {
  return (m, a, b) =>
    m.elements(1, (i) => {
      const n = m.and(m.element(1, b, i), m.const(7));
      const here = m.element(1, a, i);
      const neighbour = direction === "left" ? i + 1 : i - 1;
      const other = neighbour < 0 || neighbour > 15
        ? m.const(0)
        : m.element(1, a, neighbour);
      return direction === "left"
        ? m.shr(m.shl(m.or(m.shl(here, 8), other), n), 8)
        : m.shr(m.or(m.shl(other, 8), here), n);
    });
}

// --------------------------------------------------- extract and insert

const EXTRACTED = {
  1: immediate(sixteen((i) => i === 7 ? 0 : 0xe0)),
  2: immediate(sixteen((i) => i === 6 || i === 7 ? i - 6 : 0xe0)),
  4: immediate(sixteen((i) => i >= 4 && i < 8 ? i - 4 : 0xe0)),
  8: immediate(sixteen((i) => i < 8 ? i : 0xe0)),
} as const;

const ORDINAL_LANES = immediate(sixteen((i) => 15 - i));

/**
 * Bytes UIM and up of VRB, right-justified in doubleword 0. Where they would
 * go beyond the vector the book leaves the result undefined: as from byte 0.
 */
function extract(name: string, xo: number, bytes: Bytes): Instruction {
  return row(
    `${name} VRT,VRB,UIM`,
    "VX_UIM4",
    [4, xo],
    (m, f) => {
      m.require("VEC");
      const inside = m.leUnsigned(m.field(f.UIM), m.const(16 - bytes));
      const first = m.select(inside, m.field(f.UIM), m.const(0));
      const start = m.splat(1, first);
      const index = m.simd("i8x16.add", constant(m, EXTRACTED[bytes]), start);
      const lanes = m.simd("i8x16.sub", splatConstant(m, 1, 15), index);
      m.setVr(f.VRT, m.simd("i8x16.swizzle", m.vr(f.VRB), lanes));
    },
    POWER9,
  );
}

/** Lane numbers raised by this lie beyond every element. */
const NOWHERE = 32;

/**
 * The right-justified element of VRB's doubleword 0 into bytes UIM and up.
 * Where it would go beyond the vector, which is undefined, nothing changes.
 */
function insert(name: string, xo: number, bytes: Bytes): Instruction {
  return row(
    `${name} VRT,VRB,UIM`,
    "VX_UIM4",
    [4, xo],
    (m, f) => {
      m.require("VEC");
      const fits = m.leUnsigned(m.field(f.UIM), m.const(16 - bytes));
      const up = m.select(
        fits,
        m.add(m.field(f.UIM), m.const(bytes - 8)),
        m.const(NOWHERE),
      );
      const from = m.simd(
        "i8x16.add",
        constant(m, ORDINAL_LANES),
        m.splat(1, up),
      );
      const inside = m.simd(
        "i8x16.gt_u",
        splatConstant(m, 1, bytes),
        m.simd("i8x16.sub", from, splatConstant(m, 1, 8)),
      );
      const moved = m.simd("i8x16.swizzle", m.vr(f.VRB), from);
      m.setVr(f.VRT, m.simdSelect(inside, moved, m.vr(f.VRT)));
    },
    POWER9,
  );
}

/** Vector merge to insert: a row an instruction. */
export const vectorPermute = chapter(
  "Book I 6.8",
  "Vector Merge, Splat, Permute, Shift, Extract and Insert Instructions",
  [
    binary("vmrghb", 12, merge(1, "high")),
    binary("vmrghh", 76, merge(2, "high")),
    binary("vmrghw", 140, merge(4, "high")),
    binary("vmrglb", 268, merge(1, "low")),
    binary("vmrglh", 332, merge(2, "low")),
    binary("vmrglw", 396, merge(4, "low")),
    binary("vmrgew", 1932, shuffled(4, [0, 4, 2, 6])),
    binary("vmrgow", 1676, shuffled(4, [1, 5, 3, 7])),
    splat("vspltb", 524, "VX_UIM4", 1),
    splat("vsplth", 588, "VX_UIM3", 2),
    splat("vspltw", 652, "VX_UIM2", 4),
    splatImmediate("vspltisb", 780, 1),
    splatImmediate("vspltish", 844, 2),
    splatImmediate("vspltisw", 908, 4),
    ternary("vperm", 43, (m, a, b, c) => {
      const index = m.simd("v128.and", c, splatConstant(m, 1, 31));
      return permute(m, a, b, index);
    }),
    ternary("vpermr", 59, (m, a, b, c) => {
      const five = splatConstant(m, 1, 31);
      return permute(m, a, b, m.simd("v128.andnot", five, c));
    }, POWER9),
    ternary("vsel", 42, (m, a, b, c) => m.simdSelect(c, b, a)),
    binary("vsl", 452, shiftLeftBits),
    row("vsldoi VRT,VRA,VRB,SHB", "VA_SHB", [4, 44], (m, f) => {
      m.require("VEC");
      m.setVr(f.VRT, window(m, m.vr(f.VRA), m.vr(f.VRB), m.field(f.SHB)));
    }),
    binary("vslo", 1036, (m, a, b) => {
      const count = m.and(m.shr(m.lower(b), 3), m.const(15));
      return shiftLeftBytes(m, a, count);
    }),
    binary("vslv", 1860, shiftVariable("left"), POWER9),
    binary("vsr", 708, shiftRightBits),
    binary("vsro", 1100, (m, a, b) => {
      const count = m.and(m.shr(m.lower(b), 3), m.const(15));
      return shiftRightBytes(m, a, count);
    }),
    binary("vsrv", 1796, shiftVariable("right"), POWER9),
    extract("vextractub", 525, 1),
    extract("vextractuh", 589, 2),
    extract("vextractuw", 653, 4),
    extract("vextractd", 717, 8),
    insert("vinsertb", 781, 1),
    insert("vinserth", 845, 2),
    insert("vinsertw", 909, 4),
    insert("vinsertd", 973, 8),
  ],
);
