/**
 * Decimal integer arithmetic (Book I 6.18).
 *
 * @module
 */
import { chapter, type Instruction, row } from "./row.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";
import {
  addMagnitudes,
  isInvalid,
  isMinus,
  joined,
  magnitudeOf,
  MINUS_CODE,
  order,
  plusCode,
  signOf,
  subtractMagnitudes,
} from "./vector_digits.ts";
import { vrNumber } from "./vector_families.ts";
import { isLess } from "./wide.ts";

/**
 * Adds the vectors of that number; `turn` turns the second's sign. Gives CR6:
 * the order of the unbounded sum to 0, and 1 for overflow. Where an operand is
 * no decimal number, all ones and 1 alone.
 */
const ADD: Subroutine = subroutine(
  "vector_decimal_add",
  5,
  (m, t, a, b, turn, ps) => {
    const [x, y] = [m.vsrNumber(a), m.vsrNumber(b)];
    const [p, q] = [magnitudeOf(m, x), magnitudeOf(m, y)];
    const invalid = m.either(isInvalid(m, x), isInvalid(m, y));
    const minusA = m.bit(isMinus(m, signOf(m, x)));
    const minusB = m.xor(m.bit(isMinus(m, signOf(m, y))), turn);
    const alike = m.eq(minusA, minusB);
    const sum = addMagnitudes(m, p, q);
    const less = isLess(m, p, q);
    const greater = {
      high: m.select(less, q.high, p.high),
      low: m.select(less, q.low, p.low),
    };
    const smaller = {
      high: m.select(less, p.high, q.high),
      low: m.select(less, p.low, q.low),
    };
    const difference = subtractMagnitudes(m, greater, smaller);
    const result = {
      high: m.select(alike, sum.high, difference.high),
      low: m.select(alike, sum.low, difference.low),
    };
    const overflow = m.select(alike, sum.overflow, m.const(0));
    const rest = m.or(m.or(result.high, result.low), overflow);
    const nothing = m.eq(rest, m.const(0));
    const minus = m.select(less, minusB, minusA);
    const cancelled = m.both(nothing, m.negate(alike));
    const negative = m.both(m.nonZero(minus), m.negate(cancelled));
    const sign = m.select(negative, m.const(MINUS_CODE), plusCode(m, ps));
    const ones = m.const(-1);
    m.setVsrNumber(
      t,
      m.selectVector(invalid, m.vector(ones, ones), joined(m, result, sign)),
    );
    return m.select(
      invalid,
      m.const(1),
      m.or(order(m, nothing, negative), overflow),
    );
  },
);

function addition(name: string, xo: number, turn: 0 | 1): Instruction {
  return row(`${name} VRT,VRA,VRB,PS`, "VX_PS", [4, xo], (m, f) => {
    m.require("VEC");
    const t = vrNumber(m, f.VRT);
    const a = vrNumber(m, f.VRA);
    const b = vrNumber(m, f.VRB);
    const cr = m.call(ADD, t, a, b, m.const(turn), m.field(f.PS));
    m.setCrField(6, cr);
  });
}

/** Decimal integers: a row an instruction. */
export const vectorDecimal = chapter(
  "Book I 6.18",
  "Vector Decimal Integer Instructions",
  [
    addition("bcdadd.", 1, 0),
    addition("bcdsub.", 65, 1),
  ],
);
