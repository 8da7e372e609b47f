/**
 * Products of binary polynomials (Book I 6.11.3).
 *
 * @module
 */
import type { Ops, Value, Vector } from "./ops.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";
import { zero } from "./vector_lanes.ts";

/**
 * Carry-less product of two 32-bit numbers. With only every fourth bit of
 * each factor, an integer product's carries stay out of the bits that count:
 * at most eight ones meet in a place (T. Pornin, BearSSL's ctmul).
 */
const multiplyPolynomials: Subroutine = subroutine(
  "multiplyPolynomials",
  2,
  (m, a, b) => {
    const every = [0, 1, 2, 3];
    const parts = (x: Value) =>
      every.map((n) => m.and(x, m.const(0x11111111 * 2 ** n)));
    const [x, y] = [parts(a), parts(b)];
    return every.map((n) => {
      const place = m.const(0x1111111111111111n << BigInt(n));
      const sum = every
        .map((i) => m.mul(x[i] ?? a, y[(n - i) & 3] ?? b))
        .reduce((all, some) => m.xor(all, some));
      return m.and(sum, place);
    }).reduce((all, some) => m.or(all, some));
  },
);

/** Products of bytes or halfwords, those of a pair added. */
export function polynomialSums(
  bytes: 1 | 2,
): (m: Ops, a: Vector, b: Vector) => Vector {
  const wide = 2 * bytes as 2 | 4;
  const bits = 8 * bytes;
  function products(m: Ops, a: Vector, b: Vector): Vector {
    let sum = zero(m);
    for (let i = 0; i < bits; i++) {
      const raised = m.simdShift("shl", wide, b, m.const(8 * wide - 1 - i));
      const mask = m.simdShift("shr_s", wide, raised, m.const(8 * wide - 1));
      const term = m.simdShift("shl", wide, a, m.const(i));
      sum = m.simd("v128.xor", sum, m.simd("v128.and", mask, term));
    }
    return sum;
  }
  return (m, a, b) => {
    const half = m.const(bits);
    const low = m.splat(wide, m.const(2 ** bits - 1));
    const odd = products(m, m.simd("v128.and", a, low), b);
    const even = products(
      m,
      m.simdShift("shr_u", wide, a, half),
      m.simdShift("shr_u", wide, b, half),
    );
    return m.simd("v128.xor", even, odd);
  };
}

/** The same of words. */
export function polynomialSumWords(m: Ops, a: Vector, b: Vector): Vector {
  const product = (i: number) =>
    m.call(multiplyPolynomials, m.element(4, a, i), m.element(4, b, i));
  return m.vector(
    m.xor(product(0), product(1)),
    m.xor(product(2), product(3)),
  );
}

/** Karatsuba: three products of words make one of doublewords. */
export function polynomialSumDoublewords(m: Ops, a: Vector, b: Vector): Vector {
  const xor = (x: Value, y: Value) => m.xor(x, y);
  const times = (x: Value, y: Value) => m.call(multiplyPolynomials, x, y);
  const low = xor(
    times(m.element(4, a, 1), m.element(4, b, 1)),
    times(m.element(4, a, 3), m.element(4, b, 3)),
  );
  const high = xor(
    times(m.element(4, a, 0), m.element(4, b, 0)),
    times(m.element(4, a, 2), m.element(4, b, 2)),
  );
  const crossed = [0, 2].map((i) =>
    times(
      xor(m.element(4, a, i), m.element(4, a, i + 1)),
      xor(m.element(4, b, i), m.element(4, b, i + 1)),
    )
  ).reduce(xor);
  const middle = xor(crossed, xor(low, high));
  return m.vector(
    xor(high, m.shr(middle, 32)),
    xor(low, m.shl(middle, 32)),
  );
}
