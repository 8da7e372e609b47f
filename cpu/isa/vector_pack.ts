/**
 * Vector pack and unpack (Book I 6.8.1).
 *
 * @module
 */
import type { Ops, Vector } from "./ops.ts";
import { chapter } from "./row.ts";
import {
  type Binary,
  binary,
  differ,
  saturated,
  type Unary,
  unary,
} from "./vector_families.ts";
import { applyShuffle, elementShuffle } from "./vector_lanes.ts";
import { numbers, shuffled } from "./vector_permute.ts";

// ------------------------------------------------------------------- pack

/** The low half of every element of two vectors; `bytes` is a half's width. */
function packModulo(bytes: 1 | 2 | 4): Binary {
  return shuffled(bytes, numbers(bytes).map((i) => 2 * i + 1));
}

interface Bounds {
  readonly bytes: 2 | 4 | 8;
  readonly from: "s" | "u";
  readonly low: bigint;
  readonly high: bigint;
}

const SIGN = 1n << 63n;

/** Compares doublewords as `greater` says and takes b where a is beyond it. */
function bound64(
  m: Ops,
  a: Vector,
  b: Vector,
  { from, greater }: { from: "s" | "u"; greater: boolean },
): Vector {
  const sign = m.splat(8, m.const(from === "u" ? SIGN : 0n));
  const [x, y] = [m.simd("v128.xor", a, sign), m.simd("v128.xor", b, sign)];
  const beyond = greater
    ? m.simd("i64x2.gt_s", x, y)
    : m.simd("i64x2.gt_s", y, x);
  return m.simdSelect(beyond, b, a);
}

/** Every element, brought into [low, high]. */
function clampElements(
  m: Ops,
  x: Vector,
  { bytes, from, low, high }: Bounds,
): Vector {
  const least = m.splat(bytes, m.const(low));
  const most = m.splat(bytes, m.const(high));
  if (bytes === 8) {
    const raised = from === "u"
      ? x
      : bound64(m, x, least, { from, greater: false });
    return bound64(m, raised, most, { from, greater: true });
  }
  const lanes = bytes === 2 ? "i16x8" : "i32x4";
  const raised = from === "u" ? x : m.simd(`${lanes}.max_s`, x, least);
  return m.simd(`${lanes}.min_${from}`, raised, most);
}

/** Packs with saturation from elements of `bytes` into halves. */
function packSaturated(
  bytes: 2 | 4 | 8,
  from: "s" | "u",
  to: "s" | "u",
): Binary {
  const half = bytes * 4;
  const bounds: Bounds = {
    bytes,
    from,
    low: to === "s" ? -(1n << BigInt(half - 1)) : 0n,
    high: (1n << BigInt(to === "s" ? half - 1 : half)) - 1n,
  };
  const pack = packModulo(bytes / 2 as 1 | 2 | 4);
  return (m, a, b) => {
    const [x, y] = [clampElements(m, a, bounds), clampElements(m, b, bounds)];
    saturated(m, m.either(differ(m, a, x), differ(m, b, y)));
    return pack(m, x, y);
  };
}

/** A 1:5:5:5 pixel from the 8:8:8:8 one in each word. */
function packPixel(m: Ops, a: Vector, b: Vector): Vector {
  return m.elements(2, (i) => {
    const word = m.element(4, i < 4 ? a : b, i % 4);
    const top = m.and(m.shr(word, 9), m.const(0xfc00));
    const middle = m.and(m.shr(word, 6), m.const(0x03e0));
    return m.or(m.or(top, middle), m.and(m.shr(word, 3), m.const(0x1f)));
  });
}

// ----------------------------------------------------------------- unpack

/** One half of a vector, each element sign-extended to twice its width. */
function unpack(bytes: 1 | 2 | 4, half: "high" | "low"): Unary {
  const count = 8 / bytes;
  const first = half === "high" ? 0 : count;
  const order = elementShuffle(
    bytes,
    numbers(bytes).map((i) => i % 2 === 0 ? first + i / 2 : -1),
  );
  const wide = 2 * bytes as 2 | 4 | 8;
  return (m, b) =>
    m.simdShift("shr_s", wide, applyShuffle(m, order, b), m.const(8 * bytes));
}

function unpackPixel(first: number): Unary {
  return (m, b) =>
    m.elements(4, (i) => {
      const pixel = m.element(2, b, first + i);
      const alpha = m.and(
        m.sar(m.signExtend(2, pixel), 15),
        m.const(0xff000000),
      );
      const red = m.and(m.shl(pixel, 6), m.const(0x1f0000));
      const green = m.and(m.shl(pixel, 3), m.const(0x1f00));
      const blue = m.and(pixel, m.const(0x1f));
      return m.or(m.or(alpha, red), m.or(green, blue));
    });
}

/** Vector pack and unpack: a row an instruction. */
export const vectorPack = chapter(
  "Book I 6.8.1",
  "Vector Pack and Unpack Instructions",
  [
    binary("vpkpx", 782, packPixel),
    binary("vpkshss", 398, packSaturated(2, "s", "s")),
    binary("vpkswss", 462, packSaturated(4, "s", "s")),
    binary("vpksdss", 1486, packSaturated(8, "s", "s")),
    binary("vpkshus", 270, packSaturated(2, "s", "u")),
    binary("vpkswus", 334, packSaturated(4, "s", "u")),
    binary("vpksdus", 1358, packSaturated(8, "s", "u")),
    binary("vpkuhum", 14, packModulo(1)),
    binary("vpkuwum", 78, packModulo(2)),
    binary("vpkudum", 1102, packModulo(4)),
    binary("vpkuhus", 142, packSaturated(2, "u", "u")),
    binary("vpkuwus", 206, packSaturated(4, "u", "u")),
    binary("vpkudus", 1230, packSaturated(8, "u", "u")),
    unary("vupkhpx", 846, unpackPixel(0)),
    unary("vupkhsb", 526, unpack(1, "high")),
    unary("vupkhsh", 590, unpack(2, "high")),
    unary("vupkhsw", 1614, unpack(4, "high")),
    unary("vupklpx", 974, unpackPixel(4)),
    unary("vupklsb", 654, unpack(1, "low")),
    unary("vupklsh", 718, unpack(2, "low")),
    unary("vupklsw", 1742, unpack(4, "low")),
  ],
);
