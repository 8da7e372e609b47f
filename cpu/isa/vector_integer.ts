/**
 * Vector integer average, difference, maximum, minimum, sign, compare and
 * logical instructions (Book I 6.9).
 *
 * @module
 */
import type { Bytes, Ops, Vector } from "./ops.ts";
import { chapter } from "./row.ts";
import {
  type Binary,
  binary,
  comparison,
  extended,
  POWER9,
  type Unary,
} from "./vector_families.ts";
import { negate } from "./vector_add.ts";
import { splatConstant, zero } from "./vector_lanes.ts";

type Sign = "s" | "u";
const LANES = { 1: "i8x16", 2: "i16x8", 4: "i32x4", 8: "i64x2" } as const;

// ---------------------------------------------------------------- compare

/** All ones in the elements where a > b. */
export function greater(bytes: Bytes, sign: Sign): Binary {
  return (m, a, b) => {
    if (bytes !== 8) return m.simd(`${LANES[bytes]}.gt_${sign}`, a, b);
    if (sign === "s") return m.simd("i64x2.gt_s", a, b);
    const top = m.splat(8, m.const(1n << 63n));
    return m.simd(
      "i64x2.gt_s",
      m.simd("v128.xor", a, top),
      m.simd("v128.xor", b, top),
    );
  };
}

function equal(bytes: Bytes): Binary {
  return (m, a, b) => m.simd(`${LANES[bytes]}.eq`, a, b);
}

function notEqual(bytes: 1 | 2 | 4): Binary {
  return (m, a, b) => m.simdNot(m.simd(`${LANES[bytes]}.eq`, a, b));
}

function notEqualOrZero(bytes: 1 | 2 | 4): Binary {
  return (m, a, b) => {
    const lanes = LANES[bytes];
    const zeros = m.simd(
      "v128.or",
      m.simd(`${lanes}.eq`, a, zero(m)),
      m.simd(`${lanes}.eq`, b, zero(m)),
    );
    const different = m.simdNot(m.simd(`${lanes}.eq`, a, b));
    return m.simd("v128.or", different, zeros);
  };
}

// ------------------------------------------------ average, maximum, minimum

/** (a + b + 1) >> 1 without the bit above: (a | b) - ((a ^ b) >> 1). */
function average(bytes: 1 | 2 | 4, sign: Sign): Binary {
  const lanes = LANES[bytes];
  return (m, a, b) => {
    if (sign === "u" && bytes !== 4) {
      return m.simd(bytes === 1 ? "i8x16.avgr_u" : "i16x8.avgr_u", a, b);
    }
    const differing = m.simd("v128.xor", a, b);
    const half = m.simdShift(`shr_${sign}`, bytes, differing, m.const(1));
    return m.simd(`${lanes}.sub`, m.simd("v128.or", a, b), half);
  };
}

function extreme(which: "max" | "min", bytes: Bytes, sign: Sign): Binary {
  const above = greater(bytes, sign);
  return (m, a, b) => {
    if (bytes !== 8) return m.simd(`${LANES[bytes]}.${which}_${sign}`, a, b);
    const [x, y] = which === "max" ? [a, b] : [b, a];
    return m.simdSelect(above(m, a, b), x, y);
  };
}

function absoluteDifference(bytes: 1 | 2 | 4): Binary {
  const lanes = LANES[bytes];
  return (m, a, b) =>
    m.simd(
      `${lanes}.sub`,
      m.simd(`${lanes}.max_u`, a, b),
      m.simd(`${lanes}.min_u`, a, b),
    );
}

// ----------------------------------------------------------- sign, parity

/** The low `from` bytes of every element, sign-extended to `to`. */
function extendSign(from: 1 | 2 | 4, to: 4 | 8): Unary {
  const count = 8 * (to - from);
  return (m, b) => {
    const raised = m.simdShift("shl", to, b, m.const(count));
    return m.simdShift("shr_s", to, raised, m.const(count));
  };
}

/** Exclusive-or of the last bits of every byte of an element. */
function parity(bytes: 4 | 8): Unary {
  return (m, b) => {
    let x = b;
    for (let count = 4 * bytes; count >= 8; count /= 2) {
      const shifted = m.simdShift("shr_u", bytes, x, m.const(count));
      x = m.simd("v128.xor", x, shifted);
    }
    return m.simd("v128.and", x, splatConstant(m, bytes, 1));
  };
}

function quadwordParity(m: Ops, b: Vector): Vector {
  const halves = parity(8)(m, b);
  return m.vector(m.const(0), m.xor(m.upper(halves), m.lower(halves)));
}

// ---------------------------------------------------------------- logical

/** One of the four logical operations of the host. */
export function logical(operation: "and" | "or" | "xor" | "andnot"): Binary {
  return (m, a, b) => m.simd(`v128.${operation}`, a, b);
}

/** The complement of a logical operation. */
export function inverted(operation: "and" | "or" | "xor"): Binary {
  return (m, a, b) => m.simdNot(m.simd(`v128.${operation}`, a, b));
}

/** a or the complement of b. */
export function orComplement(m: Ops, a: Vector, b: Vector): Vector {
  return m.simd("v128.or", a, m.simdNot(b));
}

/** Vector integer instructions within elements: a row an instruction. */
export const vectorInteger = chapter(
  "Book I 6.9",
  "Vector Integer Average, Maximum, Sign, Compare and Logical Instructions",
  [
    binary("vavgsb", 1282, average(1, "s")),
    binary("vavgsh", 1346, average(2, "s")),
    binary("vavgsw", 1410, average(4, "s")),
    binary("vavgub", 1026, average(1, "u")),
    binary("vavguh", 1090, average(2, "u")),
    binary("vavguw", 1154, average(4, "u")),
    binary("vabsdub", 1027, absoluteDifference(1), POWER9),
    binary("vabsduh", 1091, absoluteDifference(2), POWER9),
    binary("vabsduw", 1155, absoluteDifference(4), POWER9),
    binary("vmaxsb", 258, extreme("max", 1, "s")),
    binary("vmaxsh", 322, extreme("max", 2, "s")),
    binary("vmaxsw", 386, extreme("max", 4, "s")),
    binary("vmaxsd", 450, extreme("max", 8, "s")),
    binary("vmaxub", 2, extreme("max", 1, "u")),
    binary("vmaxuh", 66, extreme("max", 2, "u")),
    binary("vmaxuw", 130, extreme("max", 4, "u")),
    binary("vmaxud", 194, extreme("max", 8, "u")),
    binary("vminsb", 770, extreme("min", 1, "s")),
    binary("vminsh", 834, extreme("min", 2, "s")),
    binary("vminsw", 898, extreme("min", 4, "s")),
    binary("vminsd", 962, extreme("min", 8, "s")),
    binary("vminub", 514, extreme("min", 1, "u")),
    binary("vminuh", 578, extreme("min", 2, "u")),
    binary("vminuw", 642, extreme("min", 4, "u")),
    binary("vminud", 706, extreme("min", 8, "u")),
    extended("vextsb2w", [1538, 16], extendSign(1, 4)),
    extended("vextsb2d", [1538, 24], extendSign(1, 8)),
    extended("vextsh2w", [1538, 17], extendSign(2, 4)),
    extended("vextsh2d", [1538, 25], extendSign(2, 8)),
    extended("vextsw2d", [1538, 26], extendSign(4, 8)),
    extended("vnegw", [1538, 6], negate(4)),
    extended("vnegd", [1538, 7], negate(8)),
    extended("vprtybw", [1538, 8], parity(4)),
    extended("vprtybd", [1538, 9], parity(8)),
    extended("vprtybq", [1538, 10], quadwordParity),
    comparison("vcmpequb", 6, equal(1)),
    comparison("vcmpequh", 70, equal(2)),
    comparison("vcmpequw", 134, equal(4)),
    comparison("vcmpequd", 199, equal(8)),
    comparison("vcmpneb", 7, notEqual(1), POWER9),
    comparison("vcmpneh", 71, notEqual(2), POWER9),
    comparison("vcmpnew", 135, notEqual(4), POWER9),
    comparison("vcmpnezb", 263, notEqualOrZero(1), POWER9),
    comparison("vcmpnezh", 327, notEqualOrZero(2), POWER9),
    comparison("vcmpnezw", 391, notEqualOrZero(4), POWER9),
    comparison("vcmpgtsb", 774, greater(1, "s")),
    comparison("vcmpgtsh", 838, greater(2, "s")),
    comparison("vcmpgtsw", 902, greater(4, "s")),
    comparison("vcmpgtsd", 967, greater(8, "s")),
    comparison("vcmpgtub", 518, greater(1, "u")),
    comparison("vcmpgtuh", 582, greater(2, "u")),
    comparison("vcmpgtuw", 646, greater(4, "u")),
    comparison("vcmpgtud", 711, greater(8, "u")),
    binary("vand", 1028, logical("and")),
    binary("vandc", 1092, logical("andnot")),
    binary("veqv", 1668, inverted("xor")),
    binary("vnand", 1412, inverted("and")),
    binary("vnor", 1284, inverted("or")),
    binary("vor", 1156, logical("or")),
    binary("vorc", 1348, orComplement),
    binary("vxor", 1220, logical("xor")),
  ],
);
