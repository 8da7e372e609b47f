/**
 * Vector integer multiply-add with saturation, multiply-sum and sums across
 * elements (Book I 6.9.1).
 *
 * @module
 */
import type { Bytes, Ops, Value, Variable, Vector } from "./ops.ts";
import { chapter } from "./row.ts";
import {
  type Binary,
  binary,
  POWER9,
  saturated,
  signedElement,
  type Ternary,
  ternary,
} from "./vector_families.ts";
import { products, widened } from "./vector_multiply.ts";

type Sign = "s" | "u";

/** Notes in a variable whether any value had to be brought into range. */
class Limits {
  readonly #m: Ops;
  readonly #outside: Variable;

  constructor(m: Ops) {
    this.#m = m;
    this.#outside = m.variable(m.const(0));
  }

  signed(bits: 16 | 32, value: Value): Value {
    const m = this.#m;
    const bytes = bits / 8 as 2 | 4;
    const high = 2 ** (bits - 1) - 1;
    const limit = m.xor(m.sar(value, 63), m.const(high));
    const fits = m.eq(m.signExtend(bytes, value), value);
    return this.#note(value, m.select(fits, value, limit));
  }

  unsigned32(value: Value): Value {
    const m = this.#m;
    const most = m.const(0xffffffff);
    return this.#note(value, m.select(m.leUnsigned(value, most), value, most));
  }

  #note(value: Value, limited: Value): Value {
    const m = this.#m;
    const change = m.xor(value, limited);
    m.set(this.#outside, m.or(m.get(this.#outside), change));
    return limited;
  }

  record(): void {
    saturated(this.#m, this.#m.nonZero(this.#m.get(this.#outside)));
  }
}

/** Signed fraction product of every halfword, added to c's and limited. */
function multiplyHighAdd(round: number): Ternary {
  return (m, a, b, c) => {
    const limits = new Limits(m);
    const result = m.elements(2, (i) => {
      const x = signedElement(m, 2, a, i);
      const product = m.mul(x, signedElement(m, 2, b, i));
      const high = m.sar(m.add(product, m.const(round)), 15);
      return limits.signed(16, m.add(high, signedElement(m, 2, c, i)));
    });
    limits.record();
    return result;
  };
}

// ----------------------------------------------------------- multiply-sum

/** Adds even and odd products to the words of c, modulo the word. */
function sumWords(m: Ops, c: Vector, even: Vector, odd: Vector): Vector {
  return m.simd("i32x4.add", c, m.simd("i32x4.add", even, odd));
}

/** Both halfwords of every word, extended and added. */
function pairSums(m: Ops, x: Vector, sign: Sign): Vector {
  return m.simd(
    "i32x4.add",
    widened(m, x, { wide: 4, parity: "even", sign }),
    widened(m, x, { wide: 4, parity: "odd", sign }),
  );
}

/** Products of bytes, a's by its sign and b's unsigned, added up by words. */
function multiplySumBytes(sign: Sign): Ternary {
  return (m, a, b, c) => {
    const both = { wide: 2, sign, signB: "u" } as const;
    const even = products(m, [a, b], { ...both, parity: "even" });
    const odd = products(m, [a, b], { ...both, parity: "odd" });
    return sumWords(m, c, pairSums(m, even, sign), pairSums(m, odd, sign));
  };
}

function multiplySumHalfwords(sign: Sign): Ternary {
  return (m, a, b, c) => {
    const even = products(m, [a, b], { wide: 4, parity: "even", sign });
    const odd = products(m, [a, b], { wide: 4, parity: "odd", sign });
    return sumWords(m, c, even, odd);
  };
}

function multiplySumSaturated(sign: Sign): Ternary {
  function element(m: Ops, bytes: Bytes, x: Vector, index: number): Value {
    return sign === "s"
      ? signedElement(m, bytes, x, index)
      : m.element(bytes, x, index);
  }
  return (m, a, b, c) => {
    const limits = new Limits(m);
    const result = m.elements(4, (i) => {
      const [x0, x1] = [element(m, 2, a, 2 * i), element(m, 2, a, 2 * i + 1)];
      const [y0, y1] = [element(m, 2, b, 2 * i), element(m, 2, b, 2 * i + 1)];
      const sum = m.add(m.mul(x0, y0), m.mul(x1, y1));
      const total = m.add(sum, element(m, 4, c, i));
      return sign === "s" ? limits.signed(32, total) : limits.unsigned32(total);
    });
    limits.record();
    return result;
  };
}

/** Both doubleword products and c, modulo the quadword. */
function multiplySumDoublewords(
  m: Ops,
  a: Vector,
  b: Vector,
  c: Vector,
): Vector {
  function accumulate(
    high: Value,
    low: Value,
    [x, y]: readonly [Value, Value],
  ): [Value, Value] {
    const sum = m.add(low, m.mul(x, y));
    const carry = m.bit(m.ltUnsigned(sum, low));
    return [m.add(m.add(high, m.mulHighUnsigned(x, y)), carry), sum];
  }
  const first = accumulate(m.upper(c), m.lower(c), [m.upper(a), m.upper(b)]);
  const [high, low] = accumulate(...first, [m.lower(a), m.lower(b)]);
  return m.vector(high, low);
}

// ------------------------------------------------------------ sums across

/** Sums of four bytes or two halfwords with b's words, limited. */
function sumAcrossWord(bytes: 1 | 2, sign: Sign): Binary {
  const count = 4 / bytes;
  return (m, a, b) => {
    const limits = new Limits(m);
    const result = m.elements(4, (i) => {
      let sum = sign === "s" ? signedElement(m, 4, b, i) : m.element(4, b, i);
      for (let j = 0; j < count; j++) {
        const element = sign === "s"
          ? signedElement(m, bytes, a, i * count + j)
          : m.element(bytes, a, i * count + j);
        sum = m.add(sum, element);
      }
      return sign === "s" ? limits.signed(32, sum) : limits.unsigned32(sum);
    });
    limits.record();
    return result;
  };
}

/** Sums of `count` words with the last of b's, limited, in the last word. */
function sumWordsAcross(count: 2 | 4): Binary {
  return (m, a, b) => {
    const limits = new Limits(m);
    function sum(last: number): Value {
      let total = signedElement(m, 4, b, last);
      for (let i = last - count + 1; i <= last; i++) {
        total = m.add(total, signedElement(m, 4, a, i));
      }
      return m.zeroExtend(4, limits.signed(32, total));
    }
    const upper = count === 2 ? sum(1) : m.const(0);
    const result = m.vector(upper, sum(3));
    limits.record();
    return result;
  };
}

/** Vector sums: a row an instruction. */
export const vectorSum = chapter(
  "Book I 6.9.1",
  "Vector Integer Multiply-Sum and Sum Across Instructions",
  [
    ternary("vmhaddshs", 32, multiplyHighAdd(0)),
    ternary("vmhraddshs", 33, multiplyHighAdd(0x4000)),
    ternary("vmsumubm", 36, multiplySumBytes("u")),
    ternary("vmsummbm", 37, multiplySumBytes("s")),
    ternary("vmsumshm", 40, multiplySumHalfwords("s")),
    ternary("vmsumshs", 41, multiplySumSaturated("s")),
    ternary("vmsumuhm", 38, multiplySumHalfwords("u")),
    ternary("vmsumuhs", 39, multiplySumSaturated("u")),
    ternary("vmsumudm", 35, multiplySumDoublewords, POWER9),
    binary("vsumsws", 1928, sumWordsAcross(4)),
    binary("vsum2sws", 1672, sumWordsAcross(2)),
    binary("vsum4sbs", 1800, sumAcrossWord(1, "s")),
    binary("vsum4shs", 1608, sumAcrossWord(2, "s")),
    binary("vsum4ubs", 1544, sumAcrossWord(1, "u")),
  ],
);
