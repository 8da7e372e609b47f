/**
 * Counting, gathering and permuting bits of vectors, and elements to and from
 * general purpose registers (Book I 6.12 to 6.17).
 *
 * @module
 */
import type { Ops, Value, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  binary,
  extended,
  mapElements,
  POWER9,
  type Unary,
  unary,
} from "./vector_families.ts";
import {
  constant,
  type Immediate,
  immediate,
  pickBytes,
  sixteen,
  splatConstant,
  zero,
} from "./vector_lanes.ts";

// ------------------------------------------------------- counting in bytes

/** A table of sixteen bytes, to be looked up by nibbles with a swizzle. */
function nibbleTable(count: (nibble: number) => number): Immediate {
  return immediate(sixteen((i) => count(15 - i)));
}

const ONES = nibbleTable((n) => n.toString(2).replaceAll("0", "").length);
const LEADING = nibbleTable((n) => Math.clz32(n) - 28);
const TRAILING = nibbleTable((n) => n === 0 ? 4 : 31 - Math.clz32(n & -n));

function nibbles(m: Ops, b: Vector): { high: Vector; low: Vector } {
  const high = m.simdShift("shr_u", 1, b, m.const(4));
  return { high, low: m.simd("v128.and", b, splatConstant(m, 1, 15)) };
}

function countOnes(m: Ops, b: Vector): Vector {
  const { high, low } = nibbles(m, b);
  const table = constant(m, ONES);
  return m.simd(
    "i8x16.add",
    m.simd("i8x16.swizzle", table, high),
    m.simd("i8x16.swizzle", table, low),
  );
}

/** Zeros of bytes from one end: of one nibble, and of the next if all are. */
function countZeroBits(end: "leading" | "trailing"): Unary {
  const counts = end === "leading" ? LEADING : TRAILING;
  return (m, b) => {
    const { high, low } = nibbles(m, b);
    const [first, next] = end === "leading" ? [high, low] : [low, high];
    const table = constant(m, counts);
    const whole = m.simd("i8x16.eq", first, zero(m));
    const further = m.simd("i8x16.swizzle", table, next);
    return m.simd(
      "i8x16.add",
      m.simd("i8x16.swizzle", table, first),
      m.simd("v128.and", whole, further),
    );
  };
}

// ---------------------------------------------------- counting in elements

function leadingZeros(bytes: 2 | 4 | 8): Unary {
  return mapElements(
    bytes,
    (m, b) => m.sub(m.clz(b), m.const(64 - 8 * bytes)),
  );
}

/** A bit just above the element stops the count where the element is 0. */
function trailingZeros(bytes: 2 | 4 | 8): Unary {
  return mapElements(bytes, (m, b) => {
    if (bytes === 8) return m.ctz(b);
    return m.ctz(m.or(b, m.const(2 ** (8 * bytes))));
  });
}

function population(bytes: 2 | 4 | 8): Unary {
  return mapElements(bytes, (m, b) => m.popcnt(b));
}

/** Bytes from one end whose last bit is 0, 0 to 16. */
function zeroLastBits(
  name: string,
  eo: number,
  end: "leading" | "trailing",
): Instruction {
  return row(`${name} RT,VRB`, "VX_EO_RT", [4, eo, 1538], (m, f) => {
    m.require("VEC");
    const last = m.simd("v128.and", m.vr(f.VRB), splatConstant(m, 1, 1));
    function count(x: Value): Value {
      return end === "leading" ? m.clz(x) : m.ctz(x);
    }
    const [near, far] = end === "leading"
      ? [m.upper(last), m.lower(last)]
      : [m.lower(last), m.upper(last)];
    const bits = m.select(
      m.nonZero(near),
      count(near),
      m.add(count(far), m.const(64)),
    );
    m.setGpr(f.RT, m.shr(bits, 3));
  }, POWER9);
}

// ---------------------------------------------------------------- gather

/** Transposes the 8 × 8 bits of every doubleword (Book I 6.12). */
function gatherBits(m: Ops, b: Vector): Vector {
  const steps = [
    [7, 0x00aa00aa00aa00aan],
    [14, 0x0000cccc0000ccccn],
    [28, 0x00000000f0f0f0f0n],
  ] as const;
  let x = b;
  for (const [count, mask] of steps) {
    const moved = m.simdShift("shr_u", 8, x, m.const(count));
    const differing = m.simd("v128.xor", x, moved);
    const swap = m.simd("v128.and", differing, m.splat(8, m.const(mask)));
    const back = m.simdShift("shl", 8, swap, m.const(count));
    x = m.simd("v128.xor", m.simd("v128.xor", x, swap), back);
  }
  return x;
}

// ----------------------------------------------------------- bit permute

const BIT_MASKS = immediate(sixteen((i) => 0x80 >> (i & 7)));
const SECOND_HALF = immediate(sixteen((i) => i < 8 ? 0 : 8));

/** Bit `index[i] & 7` of every byte, as all ones or zeros. */
function selectedBits(m: Ops, bytes: Vector, index: Vector): Vector {
  const low = m.simd("v128.and", index, splatConstant(m, 1, 7));
  const mask = pickBytes(m, constant(m, BIT_MASKS), low);
  return m.simd("i8x16.eq", m.simd("v128.and", bytes, mask), mask);
}

/**
 * The last bit of each of eight bytes, as one byte: the multiplier moves bit
 * 8i to bit 56 + i, and no two bits meet.
 */
function gatherLastBits(m: Ops, mask: Value): Value {
  const bits = m.and(mask, m.const(0x0101010101010101n));
  return m.shr(m.mul(bits, m.const(0x0102040810204080n)), 56);
}

function permuteBitsOfQuadword(m: Ops, a: Vector, b: Vector): Vector {
  const byte = m.simdShift("shr_u", 1, b, m.const(3));
  const chosen = selectedBits(m, pickBytes(m, a, byte), b);
  const high = gatherLastBits(m, m.upper(chosen));
  const low = gatherLastBits(m, m.lower(chosen));
  return m.vector(m.or(m.shl(high, 8), low), m.const(0));
}

/** An index above 63 selects a 0. */
function permuteBitsOfDoublewords(m: Ops, a: Vector, b: Vector): Vector {
  const number = m.simdShift("shr_u", 1, b, m.const(3));
  const inside = m.simd("i8x16.gt_u", splatConstant(m, 1, 8), number);
  const byte = m.simd("v128.or", number, constant(m, SECOND_HALF));
  const picked = m.simd("v128.and", pickBytes(m, a, byte), inside);
  const chosen = selectedBits(m, picked, b);
  return m.vector(
    gatherLastBits(m, m.upper(chosen)),
    gatherLastBits(m, m.lower(chosen)),
  );
}

// ------------------------------------------------------- extract element

/** An element to a GPR, at a byte counted from the left or from the right. */
function extractIndexed(
  name: string,
  xo: number,
  bytes: 1 | 2 | 4,
  from: "left" | "right",
): Instruction {
  return row(`${name} RT,RA,VRB`, "VX_RT", [4, xo], (m, f) => {
    m.require("VEC");
    const index = m.and(m.gpr(f.RA), m.const(15));
    const lane = from === "right" ? index : m.sub(m.const(16 - bytes), index);
    const first = { 1: 0, 2: 0x0100, 4: 0x03020100 }[bytes];
    const each = { 1: 1, 2: 0x0101, 4: 0x01010101 }[bytes];
    const lanes = m.add(m.const(first), m.mul(lane, m.const(each)));
    const moved = m.simd("i8x16.swizzle", m.vr(f.VRB), m.splat(4, lanes));
    m.setGpr(f.RT, m.zeroExtend(bytes, m.lower(moved)));
  }, POWER9);
}

/** Vector bit instructions: a row an instruction. */
export const vectorBits = [
  chapter("Book I 6.12", "Vector Gather Instruction", [
    unary("vgbbd", 1292, gatherBits),
  ]),
  chapter("Book I 6.13", "Vector Count Leading Zeros Instructions", [
    unary("vclzb", 1794, countZeroBits("leading")),
    unary("vclzh", 1858, leadingZeros(2)),
    unary("vclzw", 1922, leadingZeros(4)),
    unary("vclzd", 1986, leadingZeros(8)),
    zeroLastBits("vclzlsbb", 0, "leading"),
  ]),
  chapter("Book I 6.14", "Vector Count Trailing Zeros Instructions", [
    extended("vctzb", [1538, 28], countZeroBits("trailing")),
    extended("vctzh", [1538, 29], trailingZeros(2)),
    extended("vctzw", [1538, 30], trailingZeros(4)),
    extended("vctzd", [1538, 31], trailingZeros(8)),
    zeroLastBits("vctzlsbb", 1, "trailing"),
  ]),
  chapter("Book I 6.15", "Vector Extract Element Instructions", [
    extractIndexed("vextublx", 1549, 1, "left"),
    extractIndexed("vextuhlx", 1613, 2, "left"),
    extractIndexed("vextuwlx", 1677, 4, "left"),
    extractIndexed("vextubrx", 1805, 1, "right"),
    extractIndexed("vextuhrx", 1869, 2, "right"),
    extractIndexed("vextuwrx", 1933, 4, "right"),
  ]),
  chapter("Book I 6.16", "Vector Population Count Instructions", [
    unary("vpopcntb", 1795, countOnes),
    unary("vpopcnth", 1859, population(2)),
    unary("vpopcntw", 1923, population(4)),
    unary("vpopcntd", 1987, population(8)),
  ]),
  chapter("Book I 6.17", "Vector Bit Permute Instructions", [
    binary("vbpermq", 1356, permuteBitsOfQuadword),
    binary("vbpermd", 1484, permuteBitsOfDoublewords, POWER9),
  ]),
];
