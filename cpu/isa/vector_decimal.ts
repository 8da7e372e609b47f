/**
 * Decimal integer arithmetic (Book I 6.18): 31 digits and a sign in a vector.
 *
 * Sixteen digits are added at once in a doubleword: six more in every digit
 * makes decimal carries binary ones, and where none came the six goes again.
 *
 * @module
 */
import type { Condition, Ops, Value, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";

const SIXES = 0x6666666666666666n;
const BOUNDARIES = 0x1111111111111110n;
const TOP_DIGIT = 1n << 60n;

/** 31 digits, the last at the bottom, without a sign. */
interface Magnitude {
  readonly high: Value;
  readonly low: Value;
}

function magnitudeOf(m: Ops, x: Vector): Magnitude {
  const [upper, lower] = [m.upper(x), m.lower(x)];
  return {
    high: m.shr(upper, 4),
    low: m.or(m.shl(upper, 60), m.shr(lower, 4)),
  };
}

function signOf(m: Ops, x: Vector): Value {
  return m.and(m.lower(x), m.const(15));
}

/** Codes 11 and 13 are minus; 10, 12, 14 and 15 plus. */
function isMinus(m: Ops, sign: Value): Condition {
  return m.either(m.eq(sign, m.const(11)), m.eq(sign, m.const(13)));
}

/** True where a digit is above 9: its first bit and one of the next two. */
function hasBadDigit(m: Ops, x: Value): Condition {
  const next = m.or(m.shl(x, 1), m.shl(x, 2));
  const bad = m.and(m.and(x, next), m.const(0x8888888888888888n));
  return m.nonZero(bad);
}

function isInvalid(m: Ops, x: Vector): Condition {
  const { high, low } = magnitudeOf(m, x);
  const digits = m.either(hasBadDigit(m, high), hasBadDigit(m, low));
  return m.either(digits, m.ltUnsigned(signOf(m, x), m.const(10)));
}

interface Sum {
  readonly digits: Value;
  readonly carry: Value;
}

function addDigits(m: Ops, x: Value, y: Value, carry: Value): Sum {
  const raised = m.add(x, m.const(SIXES));
  const first = m.add(raised, y);
  const sum = m.add(first, carry);
  const out = m.or(
    m.bit(m.ltUnsigned(first, raised)),
    m.bit(m.ltUnsigned(sum, first)),
  );
  const carries = m.xor(sum, m.xor(raised, y));
  const none = m.and(m.not(carries), m.const(BOUNDARIES));
  const top = m.select(m.nonZero(out), m.const(0), m.const(TOP_DIGIT));
  const without = m.or(m.shr(none, 4), top);
  return {
    digits: m.sub(sum, m.mul(without, m.const(6))),
    carry: out,
  };
}

/** Digits that borrow have 16 where they should have 10. */
function subtractDigits(m: Ops, x: Value, y: Value, borrow: Value): Sum {
  const first = m.sub(x, y);
  const difference = m.sub(first, borrow);
  const out = m.or(
    m.bit(m.ltUnsigned(x, y)),
    m.bit(m.ltUnsigned(first, borrow)),
  );
  const borrows = m.and(
    m.xor(difference, m.xor(x, y)),
    m.const(BOUNDARIES),
  );
  const with16 = m.or(m.shr(borrows, 4), m.shl(out, 60));
  return {
    digits: m.sub(difference, m.mul(with16, m.const(6))),
    carry: out,
  };
}

/** The 31 digits, and whether there was a 32nd. */
function addMagnitudes(m: Ops, a: Magnitude, b: Magnitude) {
  const low = addDigits(m, a.low, b.low, m.const(0));
  const high = addDigits(m, a.high, b.high, low.carry);
  return {
    high: m.and(high.digits, m.const(TOP_DIGIT - 1n)),
    low: low.digits,
    overflow: m.shr(high.digits, 60),
  };
}

function subtractMagnitudes(m: Ops, a: Magnitude, b: Magnitude): Magnitude {
  const low = subtractDigits(m, a.low, b.low, m.const(0));
  const high = subtractDigits(m, a.high, b.high, low.carry);
  return { high: high.digits, low: low.digits };
}

function isLess(m: Ops, a: Magnitude, b: Magnitude): Condition {
  return m.either(
    m.ltUnsigned(a.high, b.high),
    m.both(m.eq(a.high, b.high), m.ltUnsigned(a.low, b.low)),
  );
}

const MINUS_CODE = 13;

/** Plus is 12 or, with PS, 15. */
function plusCode(m: Ops, ps: Value): Value {
  return m.add(m.const(12), m.mul(ps, m.const(3)));
}

function joined(m: Ops, { high, low }: Magnitude, sign: Value): Vector {
  return m.vector(
    m.or(m.shl(high, 4), m.shr(low, 60)),
    m.or(m.shl(low, 4), sign),
  );
}

/** LT, GT or EQ of a number as bits 8, 4, 2. */
function order(m: Ops, nothing: Condition, minus: Condition): Value {
  return m.select(
    nothing,
    m.const(2),
    m.select(minus, m.const(8), m.const(4)),
  );
}

/**
 * Adds the vectors of that number; `turn` turns the second's sign. Gives CR6:
 * the order of the unbounded sum to 0, and 1 for overflow. Where an operand is
 * no decimal number, all ones and 1 alone.
 */
const ADD: Subroutine = subroutine(
  "decimal_add",
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
    const vr = m.const(32);
    const t = m.or(m.field(f.VRT), vr);
    const a = m.or(m.field(f.VRA), vr);
    const b = m.or(m.field(f.VRB), vr);
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
