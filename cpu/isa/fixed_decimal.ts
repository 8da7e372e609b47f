/**
 * Densely packed decimal (Book I appendix B): ten bits `pqr stu v wxy` hold
 * three digits.
 *
 * @module
 */
import type { Condition, Ops, Value } from "./ops.ts";
import { subroutine } from "./subroutine.ts";

/** Bits first:last of x, counted from the right. */
function bits(m: Ops, x: Value, first: number, last: number): Value {
  const width = first - last + 1;
  const shifted = last ? m.shr(x, last) : x;
  return m.and(shifted, m.const(2 ** width - 1));
}

function has(m: Ops, x: Value, bit: number): Condition {
  return m.nonZero(m.and(x, m.const(1 << bit)));
}

/** Values placed side by side: each with the number of bits behind it. */
function join(m: Ops, ...parts: readonly (readonly [Value, number])[]): Value {
  return parts
    .map(([value, shift]) => shift ? m.shl(value, shift) : value)
    .reduce((all, part) => m.or(all, part));
}

/** Three BCD digits of a declet; bits beyond the declet are ignored. */
export const decletToBcd = subroutine("decletToBcd", 1, (m, declet) => {
  const v = has(m, declet, 3);
  const wx = bits(m, declet, 2, 1);
  const st = bits(m, declet, 6, 5);
  const pq = bits(m, declet, 9, 8);
  function wxIs(value: number): Condition {
    return m.both(v, m.eq(wx, m.const(value)));
  }
  function stIs(value: number): Condition {
    return m.eq(st, m.const(value));
  }
  const all = wxIs(3);
  const eight = m.const(4);
  // The upper three bits of each digit; its lowest is r, u or y.
  const first = m.select(
    m.either(wxIs(2), m.both(all, m.negate(stIs(2)))),
    eight,
    pq,
  );
  const second = m.select(
    m.either(wxIs(1), m.both(all, m.negate(stIs(1)))),
    eight,
    m.select(all, pq, st),
  );
  const third = m.select(
    m.either(wxIs(0), m.both(all, m.nonZero(st))),
    eight,
    m.select(v, m.select(wxIs(1), st, pq), wx),
  );
  return join(
    m,
    [first, 9],
    [bits(m, declet, 7, 7), 8],
    [second, 5],
    [bits(m, declet, 4, 4), 4],
    [third, 1],
    [bits(m, declet, 0, 0), 0],
  );
});

/** The declet of three BCD digits; bits beyond them are ignored. */
export const bcdToDeclet = subroutine("bcdToDeclet", 1, (m, digits) => {
  // Digits abcd efgh ijkm.
  const a = has(m, digits, 11);
  const e = has(m, digits, 7);
  const i = has(m, digits, 3);
  const bc = bits(m, digits, 10, 9);
  const fg = bits(m, digits, 6, 5);
  const jk = bits(m, digits, 2, 1);
  function constant(value: number): Value {
    return m.const(value);
  }
  const pq = m.select(
    a,
    m.select(i, m.select(e, constant(0), fg), jk),
    bc,
  );
  const st = m.select(
    a,
    m.select(
      e,
      m.select(i, constant(3), constant(0)),
      m.select(i, constant(1), fg),
    ),
    m.select(e, m.select(i, constant(2), jk), fg),
  );
  // vwx: 0jk with small digits; 1 and which one is large; 111 with several.
  const few = m.select(
    a,
    constant(6),
    m.select(e, constant(5), m.select(i, constant(4), jk)),
  );
  const several = m.either(m.both(a, m.either(e, i)), m.both(e, i));
  return join(
    m,
    [pq, 8],
    [bits(m, digits, 8, 8), 7],
    [st, 5],
    [bits(m, digits, 4, 4), 4],
    [m.select(several, constant(7), few), 1],
    [bits(m, digits, 0, 0), 0],
  );
});

/** The low 20 bits of a word, two declets, as six BCD digits. */
export const decletsToBcd = subroutine("decletsToBcd", 1, (m, word) => {
  const upper = m.call(decletToBcd, m.shr(word, 10));
  return m.or(m.shl(upper, 12), m.call(decletToBcd, word));
});

/** The low 24 bits of a word, six BCD digits, as two declets. */
export const bcdToDeclets = subroutine("bcdToDeclets", 1, (m, word) => {
  const upper = m.call(bcdToDeclet, m.shr(word, 12));
  return m.or(m.shl(upper, 10), m.call(bcdToDeclet, word));
});
