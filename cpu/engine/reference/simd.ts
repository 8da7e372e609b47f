/**
 * WebAssembly's lane-wise SIMD operations in BigInt.
 *
 * @module
 */
import type { SimdBinary } from "../../isa/ops.ts";

type LaneOperation = (
  a: bigint,
  b: bigint,
  width: number,
) => bigint;

function clampSigned(x: bigint, width: number): bigint {
  const top = 1n << BigInt(width - 1);
  return x < -top ? -top : x >= top ? top - 1n : x;
}

function clampUnsigned(x: bigint, width: number): bigint {
  const top = (1n << BigInt(width)) - 1n;
  return x < 0n ? 0n : x > top ? top : x;
}

function s(x: bigint, width: number): bigint {
  return BigInt.asIntN(width, x);
}

/** By the name after the dot; operands come unsigned, results are cut. */
const LANES = new Map<string, LaneOperation>([
  ["add", (a, b) => a + b],
  ["sub", (a, b) => a - b],
  ["mul", (a, b) => a * b],
  ["add_sat_s", (a, b, w) => clampSigned(s(a, w) + s(b, w), w)],
  ["add_sat_u", (a, b, w) => clampUnsigned(a + b, w)],
  ["sub_sat_s", (a, b, w) => clampSigned(s(a, w) - s(b, w), w)],
  ["sub_sat_u", (a, b, w) => clampUnsigned(a - b, w)],
  ["min_s", (a, b, w) => s(a, w) < s(b, w) ? a : b],
  ["min_u", (a, b) => a < b ? a : b],
  ["max_s", (a, b, w) => s(a, w) > s(b, w) ? a : b],
  ["max_u", (a, b) => a > b ? a : b],
  ["avgr_u", (a, b) => (a + b + 1n) >> 1n],
  ["eq", (a, b) => a === b ? -1n : 0n],
  ["gt_s", (a, b, w) => s(a, w) > s(b, w) ? -1n : 0n],
  ["gt_u", (a, b) => a > b ? -1n : 0n],
]);

/** Lane `index` counted from the least significant end. */
function lane(x: bigint, index: number, width: number): bigint {
  return BigInt.asUintN(width, x >> BigInt(index * width));
}

/** A vector from `128 / width` lanes, the least significant first. */
function build(width: number, make: (index: number) => bigint): bigint {
  let all = 0n;
  for (let i = 0; i < 128 / width; i++) {
    all |= BigInt.asUintN(width, make(i)) << BigInt(i * width);
  }
  return all;
}

function swizzle(a: bigint, b: bigint): bigint {
  return build(8, (i) => {
    const from = Number(lane(b, i, 8));
    return from < 16 ? lane(a, from, 8) : 0n;
  });
}

function narrow(a: bigint, b: bigint, clamp: typeof clampSigned): bigint {
  return build(8, (i) => {
    const from = i < 8 ? lane(a, i, 16) : lane(b, i - 8, 16);
    return clamp(s(from, 16), 8);
  });
}

/** One operation of WebAssembly on two 128-bit numbers. */
export function simdLanes(name: SimdBinary, a: bigint, b: bigint): bigint {
  switch (name) {
    case "v128.and":
      return a & b;
    case "v128.or":
      return a | b;
    case "v128.xor":
      return a ^ b;
    case "v128.andnot":
      return a & ~b;
    case "i8x16.swizzle":
      return swizzle(a, b);
    case "i8x16.narrow_i16x8_s":
      return narrow(a, b, clampSigned);
    case "i8x16.narrow_i16x8_u":
      return narrow(a, b, clampUnsigned);
  }
  const [shape = "", operation = ""] = name.split(".");
  const width = Number(shape.slice(1).split("x")[0]);
  const compute = LANES.get(operation);
  if (!compute) throw new RangeError(`Cannot compute SIMD operation: ${name}`);
  return build(
    width,
    (i) => compute(lane(a, i, width), lane(b, i, width), width),
  );
}
