/**
 * Vector integer rotate and shift (Book I 6.9.4).
 *
 * @module
 */
import type { Bytes, Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  type Binary,
  binary,
  POWER9,
  signedElement,
  zipElements,
} from "./vector_families.ts";

/** An element rotated left; only the count's bits below its width count. */
function rotated(m: Ops, bytes: Bytes, value: Value, count: Value): Value {
  if (bytes === 8) return m.rotl(value, count);
  if (bytes === 4) return m.zeroExtend(4, m.rotl32(value, count));
  const bits = 8 * bytes;
  const n = m.and(count, m.const(bits - 1));
  return m.shr(m.shl(m.or(m.shl(value, bits), value), n), bits);
}

function rotate(bytes: Bytes): Binary {
  return zipElements(bytes, (m, a, b) => rotated(m, bytes, a, b));
}

function shift(direction: "shl" | "shr", bytes: Bytes): Binary {
  const most = 8 * bytes - 1;
  return zipElements(
    bytes,
    (m, a, b) => m[direction](a, m.and(b, m.const(most))),
  );
}

function shiftAlgebraic(bytes: Bytes): Binary {
  const most = 8 * bytes - 1;
  return (m, a, b) =>
    m.elements(bytes, (i) => {
      const count = m.and(m.element(bytes, b, i), m.const(most));
      return m.sar(signedElement(m, bytes, a, i), count);
    });
}

/** MASK(begin, end) of the book in an element of 4 or 8 bytes. */
function maskOf(m: Ops, bytes: 4 | 8, begin: Value, end: Value): Value {
  const ones = m.const(bytes === 8 ? -1 : 0xffffffff);
  const from = m.shr(ones, begin);
  const last = m.const(8 * bytes - 1);
  const to = m.shl(ones, m.sub(last, end));
  return m.select(
    m.leUnsigned(begin, end),
    m.and(from, to),
    m.or(from, to),
  );
}

/** a's element rotated, and the mask under which it counts: both by b's. */
function rotatedAndMask(
  m: Ops,
  bytes: 4 | 8,
  a: Value,
  b: Value,
): [value: Value, mask: Value] {
  const most = m.const(8 * bytes - 1);
  const begin = m.and(m.shr(b, 16), most);
  const end = m.and(m.shr(b, 8), most);
  return [rotated(m, bytes, a, b), maskOf(m, bytes, begin, end)];
}

function rotateThenAndMask(bytes: 4 | 8): Binary {
  return zipElements(bytes, (m, a, b) => {
    const [value, mask] = rotatedAndMask(m, bytes, a, b);
    return m.and(value, mask);
  });
}

function rotateThenMaskInsert(
  name: string,
  xo: number,
  bytes: 4 | 8,
): Instruction {
  return row(`${name} VRT,VRA,VRB`, "VX", [4, xo], (m, f) => {
    m.require("VEC");
    const [t, a, b] = [m.vr(f.VRT), m.vr(f.VRA), m.vr(f.VRB)];
    const result = m.elements(bytes, (i) => {
      const [value, mask] = rotatedAndMask(
        m,
        bytes,
        m.element(bytes, a, i),
        m.element(bytes, b, i),
      );
      const kept = m.and(m.element(bytes, t, i), m.not(mask));
      return m.or(m.and(value, mask), kept);
    });
    m.setVr(f.VRT, result);
  }, POWER9);
}

/** Vector rotate and shift: a row an instruction. */
export const vectorRotate = chapter(
  "Book I 6.9.4",
  "Vector Integer Rotate and Shift Instructions",
  [
    binary("vrlb", 4, rotate(1)),
    binary("vrlh", 68, rotate(2)),
    binary("vrlw", 132, rotate(4)),
    binary("vrld", 196, rotate(8)),
    binary("vslb", 260, shift("shl", 1)),
    binary("vslh", 324, shift("shl", 2)),
    binary("vslw", 388, shift("shl", 4)),
    binary("vsld", 1476, shift("shl", 8)),
    binary("vsrb", 516, shift("shr", 1)),
    binary("vsrh", 580, shift("shr", 2)),
    binary("vsrw", 644, shift("shr", 4)),
    binary("vsrd", 1732, shift("shr", 8)),
    binary("vsrab", 772, shiftAlgebraic(1)),
    binary("vsrah", 836, shiftAlgebraic(2)),
    binary("vsraw", 900, shiftAlgebraic(4)),
    binary("vsrad", 964, shiftAlgebraic(8)),
    binary("vrlwnm", 389, rotateThenAndMask(4), POWER9),
    rotateThenMaskInsert("vrlwmi", 133, 4),
    binary("vrldnm", 453, rotateThenAndMask(8), POWER9),
    rotateThenMaskInsert("vrldmi", 197, 8),
  ],
);
