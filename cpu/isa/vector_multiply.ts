/**
 * Vector integer multiplication (Book I 6.9.1).
 *
 * @module
 */
import type { Ops, Value, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import { type Binary, binary, POWER9, ternary } from "./vector_families.ts";

type Sign = "s" | "u";
type Parity = "even" | "odd";
const LANES = { 2: "i16x8", 4: "i32x4", 8: "i64x2" } as const;

/** Even or odd elements, extended to twice their width, `wide` bytes. */
export function widened(
  m: Ops,
  x: Vector,
  { wide, parity, sign }: { wide: 2 | 4 | 8; parity: Parity; sign: Sign },
): Vector {
  const half = m.const(4 * wide);
  const raised = parity === "even" ? x : m.simdShift("shl", wide, x, half);
  return m.simdShift(`shr_${sign}`, wide, raised, half);
}

/** Products of the even or odd elements, `wide` bytes each. */
export function products(
  m: Ops,
  [a, b]: readonly [Vector, Vector],
  options: { wide: 2 | 4 | 8; parity: Parity; sign: Sign; signB?: Sign },
): Vector {
  const { wide, parity, sign, signB = sign } = options;
  return m.simd(
    `${LANES[wide]}.mul`,
    widened(m, a, { wide, parity, sign }),
    widened(m, b, { wide, parity, sign: signB }),
  );
}

function multiply(parity: Parity, wide: 2 | 4 | 8, sign: Sign): Binary {
  return (m, a, b) => products(m, [a, b], { wide, parity, sign });
}

// ---------------------------------------------------------- times ten

/**
 * Ten times VRA plus a digit: the low quadword or what is
 * carried out of it.
 */
function timesTen(
  m: Ops,
  a: Vector,
  { digit, part }: { digit?: Value; part: "product" | "carry" },
): Vector {
  const ten = m.const(10);
  const product = m.mul(m.lower(a), ten);
  const low = digit ? m.add(product, digit) : product;
  const carry = m.mulHighUnsigned(m.lower(a), ten);
  const into = digit ? m.add(carry, m.bit(m.ltUnsigned(low, product))) : carry;
  const upper = m.mul(m.upper(a), ten);
  const high = m.add(upper, into);
  if (part === "product") return m.vector(high, low);
  const out = m.bit(m.ltUnsigned(high, upper));
  return m.vector(
    m.const(0),
    m.add(m.mulHighUnsigned(m.upper(a), ten), out),
  );
}

function timesTenRow(
  name: string,
  xo: number,
  part: "product" | "carry",
): Instruction {
  return row(`${name} VRT,VRA`, "VX_VRA", [4, xo], (m, f) => {
    m.require("VEC");
    m.setVr(f.VRT, timesTen(m, m.vr(f.VRA), { part }));
  }, POWER9);
}

function timesTenExtended(part: "product" | "carry"): Binary {
  return (m, a, b) => {
    const digit = m.and(m.lower(b), m.const(15));
    return timesTen(m, a, { digit, part });
  };
}

/** Vector integer multiply: a row an instruction. */
export const vectorMultiply = chapter(
  "Book I 6.9.1",
  "Vector Integer Multiply Instructions",
  [
    binary("vmulesb", 776, multiply("even", 2, "s")),
    binary("vmuleub", 520, multiply("even", 2, "u")),
    binary("vmulosb", 264, multiply("odd", 2, "s")),
    binary("vmuloub", 8, multiply("odd", 2, "u")),
    binary("vmulesh", 840, multiply("even", 4, "s")),
    binary("vmuleuh", 584, multiply("even", 4, "u")),
    binary("vmulosh", 328, multiply("odd", 4, "s")),
    binary("vmulouh", 72, multiply("odd", 4, "u")),
    binary("vmulesw", 904, multiply("even", 8, "s")),
    binary("vmuleuw", 648, multiply("even", 8, "u")),
    binary("vmulosw", 392, multiply("odd", 8, "s")),
    binary("vmulouw", 136, multiply("odd", 8, "u")),
    binary("vmuluwm", 137, (m, a, b) => m.simd("i32x4.mul", a, b)),
    ternary(
      "vmladduhm",
      34,
      (m, a, b, c) => m.simd("i16x8.add", m.simd("i16x8.mul", a, b), c),
    ),
    timesTenRow("vmul10cuq", 1, "carry"),
    binary("vmul10ecuq", 65, timesTenExtended("carry"), POWER9),
    binary("vmul10euq", 577, timesTenExtended("product"), POWER9),
    timesTenRow("vmul10uq", 513, "product"),
  ],
);
