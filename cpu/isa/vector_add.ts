/**
 * Vector integer addition and subtraction (Book I 6.9.1.1, 6.9.1.2).
 *
 * @module
 */
import type { Bytes, Ops, Value, Vector } from "./ops.ts";
import { chapter } from "./row.ts";
import {
  type Binary,
  binary,
  differ,
  saturated,
  type Ternary,
  ternary,
} from "./vector_families.ts";
import { splatConstant, zero } from "./vector_lanes.ts";

type Operation = "add" | "sub";
const LANES = { 1: "i8x16", 2: "i16x8", 4: "i32x4", 8: "i64x2" } as const;

/** Sum or difference of every element, modulo its width. */
function modulo(operation: Operation, bytes: Bytes): Binary {
  return (m, a, b) => m.simd(`${LANES[bytes]}.${operation}`, a, b);
}

/** The same, brought into range; VSCR[SAT] where any element was out of it. */
function saturating(
  operation: Operation,
  bytes: 1 | 2,
  sign: "s" | "u",
): Binary {
  return (m, a, b) => {
    const result = m.simd(`${LANES[bytes]}.${operation}_sat_${sign}`, a, b);
    const exact = m.simd(`${LANES[bytes]}.${operation}`, a, b);
    saturated(m, differ(m, result, exact));
    return result;
  };
}

/** Words in which a + b carries out, or a - b borrows, all ones. */
function carries(m: Ops, operation: Operation, a: Vector, b: Vector): Vector {
  return operation === "add"
    ? m.simd("i32x4.gt_u", a, m.simd("i32x4.add", a, b))
    : m.simd("i32x4.gt_u", b, a);
}

function saturatingUnsignedWords(operation: Operation): Binary {
  return (m, a, b) => {
    const result = m.simd(`i32x4.${operation}`, a, b);
    const over = carries(m, operation, a, b);
    saturated(m, m.negate(m.isZeroVector(over)));
    return m.simd(
      operation === "add" ? "v128.or" : "v128.andnot",
      result,
      over,
    );
  };
}

function saturatingSignedWords(operation: Operation): Binary {
  return (m, a, b) => {
    const result = m.simd(`i32x4.${operation}`, a, b);
    const changed = m.simd("v128.xor", a, result);
    const other = m.simd("v128.xor", b, operation === "add" ? result : a);
    const signs = m.simd("v128.and", changed, other);
    const over = m.simdShift("shr_s", 4, signs, m.const(31));
    const limit = m.simd(
      "v128.xor",
      m.simdShift("shr_s", 4, a, m.const(31)),
      splatConstant(m, 4, 0x7fffffff),
    );
    saturated(m, m.negate(m.isZeroVector(over)));
    return m.simdSelect(over, limit, result);
  };
}

function carryOutWords(m: Ops, a: Vector, b: Vector): Vector {
  return m.simdShift("shr_u", 4, carries(m, "add", a, b), m.const(31));
}

function noBorrowWords(m: Ops, a: Vector, b: Vector): Vector {
  return m.simd("i32x4.add", carries(m, "sub", a, b), splatConstant(m, 4, 1));
}

// --------------------------------------------------------------- quadwords

/** a + b + carry with its carry out; subtraction adds the complement of b. */
function addQuadwords(
  m: Ops,
  a: Vector,
  b: Vector,
  carry?: Value,
): { sum: Vector; carry: Value } {
  function step(x: Value, y: Value, into: Value | undefined) {
    const partial = m.add(x, y);
    const first = m.bit(m.ltUnsigned(partial, x));
    if (!into) return { sum: partial, carry: first };
    const sum = m.add(partial, into);
    return { sum, carry: m.or(first, m.bit(m.ltUnsigned(sum, partial))) };
  }
  const low = step(m.lower(a), m.lower(b), carry);
  const high = step(m.upper(a), m.upper(b), low.carry);
  return { sum: m.vector(high.sum, low.sum), carry: high.carry };
}

type Part = "sum" | "carry";

function quadword(operation: Operation, part: Part): Binary {
  return (m, a, b) => {
    const added = operation === "add" ? b : m.simdNot(b);
    const into = operation === "add" ? undefined : m.const(1);
    const result = addQuadwords(m, a, added, into);
    return part === "sum" ? result.sum : m.vector(m.const(0), result.carry);
  };
}

function extendedQuadword(operation: Operation, part: Part): Ternary {
  return (m, a, b, c) => {
    const added = operation === "add" ? b : m.simdNot(b);
    const into = m.and(m.lower(c), m.const(1));
    const result = addQuadwords(m, a, added, into);
    return part === "sum" ? result.sum : m.vector(m.const(0), result.carry);
  };
}

/** 0 - b for every element. */
export function negate(bytes: 4 | 8): (m: Ops, b: Vector) => Vector {
  return (m, b) => m.simd(`${LANES[bytes]}.sub`, zero(m), b);
}

/** Vector integer add and subtract: a row an instruction. */
export const vectorAdd = chapter(
  "Book I 6.9.1",
  "Vector Integer Add and Subtract Instructions",
  [
    binary("vaddcuw", 384, carryOutWords),
    binary("vaddsbs", 768, saturating("add", 1, "s")),
    binary("vaddshs", 832, saturating("add", 2, "s")),
    binary("vaddsws", 896, saturatingSignedWords("add")),
    binary("vaddubm", 0, modulo("add", 1)),
    binary("vadduhm", 64, modulo("add", 2)),
    binary("vadduwm", 128, modulo("add", 4)),
    binary("vaddudm", 192, modulo("add", 8)),
    binary("vaddubs", 512, saturating("add", 1, "u")),
    binary("vadduhs", 576, saturating("add", 2, "u")),
    binary("vadduws", 640, saturatingUnsignedWords("add")),
    binary("vadduqm", 256, quadword("add", "sum")),
    ternary("vaddeuqm", 60, extendedQuadword("add", "sum")),
    binary("vaddcuq", 320, quadword("add", "carry")),
    ternary("vaddecuq", 61, extendedQuadword("add", "carry")),
    binary("vsubcuw", 1408, noBorrowWords),
    binary("vsubsbs", 1792, saturating("sub", 1, "s")),
    binary("vsubshs", 1856, saturating("sub", 2, "s")),
    binary("vsubsws", 1920, saturatingSignedWords("sub")),
    binary("vsububm", 1024, modulo("sub", 1)),
    binary("vsubuhm", 1088, modulo("sub", 2)),
    binary("vsubuwm", 1152, modulo("sub", 4)),
    binary("vsubudm", 1216, modulo("sub", 8)),
    binary("vsububs", 1536, saturating("sub", 1, "u")),
    binary("vsubuhs", 1600, saturating("sub", 2, "u")),
    binary("vsubuws", 1664, saturatingUnsignedWords("sub")),
    binary("vsubuqm", 1280, quadword("sub", "sum")),
    ternary("vsubeuqm", 62, extendedQuadword("sub", "sum")),
    binary("vsubcuq", 1344, quadword("sub", "carry")),
    ternary("vsubecuq", 63, extendedQuadword("sub", "carry")),
  ],
);
