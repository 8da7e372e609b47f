/**
 * Conversions of decimal integers (Book I 6.18): national decimal (halfwords of
 * Unicode), zoned decimal (bytes of EBCDIC or ASCII), signed quadwords.
 *
 * @module
 */
import type { Condition, Ops, Value, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";
import {
  addMagnitudes,
  isInvalid,
  isMinus,
  joined,
  type Magnitude,
  magnitudeOf,
  order,
  preferredSign,
  signOf,
} from "./vector_digits.ts";
import { POWER9, vrNumber } from "./vector_families.ts";
import { isNothing } from "./wide.ts";

interface Outcome {
  readonly result: Vector;
  readonly cr: Value;
  /** VRT stays as it is and CR6 gets 1. */
  readonly invalid: Condition;
  /** VRT, undefined, stays as it is. */
  readonly overflow?: Condition;
}

type Compute = (m: Ops, b: Vector, ps: Value) => Outcome;

function shared(name: string, compute: Compute): Subroutine {
  return subroutine(`decimal_${name}`, 3, (m, t, b, ps) => {
    const { result, cr, invalid, overflow = invalid } = compute(
      m,
      m.vsrNumber(b),
      ps,
    );
    const kept = m.either(invalid, overflow);
    m.setVsrNumber(t, m.selectVector(kept, m.vsrNumber(t), result));
    return m.select(invalid, m.const(1), cr);
  });
}

function withSign(name: string, eo: number, compute: Compute): Instruction {
  const body = shared(name, compute);
  return row(`${name} VRT,VRB,PS`, "VX_EO_PS", [4, eo, 385], (m, f) => {
    m.require("VEC");
    const [t, b] = [vrNumber(m, f.VRT), vrNumber(m, f.VRB)];
    m.setCrField(6, m.call(body, t, b, m.field(f.PS)));
  }, POWER9);
}

function withoutSign(name: string, eo: number, compute: Compute): Instruction {
  const body = shared(name, compute);
  return row(`${name} VRT,VRB`, "VX_EO_BCD", [4, eo, 385], (m, f) => {
    m.require("VEC");
    const [t, b] = [vrNumber(m, f.VRT), vrNumber(m, f.VRB)];
    m.setCrField(6, m.call(body, t, b, m.const(0)));
  }, POWER9);
}

/** A decimal number from its parts. */
function decimal(
  m: Ops,
  digits: Magnitude,
  { minus, ps, invalid }: { minus: Condition; ps: Value; invalid: Condition },
): Outcome {
  return {
    result: joined(m, digits, preferredSign(m, minus, ps)),
    cr: order(m, isNothing(m, digits), minus),
    invalid,
  };
}

function any(m: Ops, conditions: readonly Condition[]): Condition {
  return conditions.reduce((all, some) => m.either(all, some));
}

/** Digit `n` of a vector, 0 being the last before the sign. */
function digitAt(m: Ops, b: Vector, n: number): Value {
  const byte = m.element(1, b, 15 - ((n + 1) >> 1));
  return m.and(n % 2 === 0 ? m.shr(byte, 4) : byte, m.const(15));
}

// --------------------------------------------------------------- national

const NATIONAL_DIGITS = 7;
const NATIONAL_ZERO = 0x30;
const NATIONAL_PLUS = 0x2b;
const NATIONAL_MINUS = 0x2d;

function fromNational(m: Ops, b: Vector, ps: Value): Outcome {
  const sign = m.element(2, b, NATIONAL_DIGITS);
  const minus = m.eq(sign, m.const(NATIONAL_MINUS));
  const plus = m.eq(sign, m.const(NATIONAL_PLUS));
  const wrong: Condition[] = [m.negate(m.either(minus, plus))];
  let low = m.const(0);
  for (let i = 0; i < NATIONAL_DIGITS; i++) {
    const digit = m.sub(m.element(2, b, i), m.const(NATIONAL_ZERO));
    wrong.push(m.ltUnsigned(m.const(9), digit));
    low = m.or(m.shl(low, 4), m.and(digit, m.const(15)));
  }
  const digits = { high: m.const(0), low };
  return decimal(m, digits, { minus, ps, invalid: any(m, wrong) });
}

/** The last seven digits; others are lost. */
function toNational(m: Ops, b: Vector): Outcome {
  const digits = magnitudeOf(m, b);
  const minus = isMinus(m, signOf(m, b));
  const lost = m.or(digits.high, m.shr(digits.low, 4 * NATIONAL_DIGITS));
  const sign = m.select(
    minus,
    m.const(NATIONAL_MINUS),
    m.const(NATIONAL_PLUS),
  );
  return {
    result: m.elements(
      2,
      (i) =>
        i === NATIONAL_DIGITS ? sign : m.or(
          digitAt(m, b, NATIONAL_DIGITS - 1 - i),
          m.const(NATIONAL_ZERO),
        ),
    ),
    cr: m.or(order(m, isNothing(m, digits), minus), m.bit(m.nonZero(lost))),
    invalid: isInvalid(m, b),
  };
}

// ------------------------------------------------------------------ zoned

/** The zone of every byte but the last: 3, or with PS 15. */
function zoneOf(m: Ops, ps: Value): Value {
  return m.select(m.nonZero(ps), m.const(15), m.const(3));
}

/** With PS 10 and up are signs, 11 and 13 minus; else bit 4 is the sign. */
function fromZoned(m: Ops, b: Vector, ps: Value): Outcome {
  const zone = zoneOf(m, ps);
  const sign = m.shr(m.element(1, b, 15), 4);
  const strict = m.nonZero(ps);
  const wrong: Condition[] = [m.both(strict, m.ltUnsigned(sign, m.const(10)))];
  let low = m.const(0);
  for (let i = 0; i < 16; i++) {
    const byte = m.element(1, b, i);
    const digit = m.and(byte, m.const(15));
    wrong.push(m.ltUnsigned(m.const(9), digit));
    if (i < 15) wrong.push(m.ne(m.shr(byte, 4), zone));
    low = m.or(m.shl(low, 4), digit);
  }
  const minus = m.either(
    m.both(strict, isMinus(m, sign)),
    m.both(m.negate(strict), m.nonZero(m.and(sign, m.const(4)))),
  );
  const digits = { high: m.const(0), low };
  return decimal(m, digits, {
    minus,
    ps: m.const(0),
    invalid: any(m, wrong),
  });
}

/** The last sixteen digits; others are lost. */
function toZoned(m: Ops, b: Vector, ps: Value): Outcome {
  const digits = magnitudeOf(m, b);
  const minus = isMinus(m, signOf(m, b));
  const strict = m.nonZero(ps);
  const sign = m.select(
    strict,
    m.select(minus, m.const(13), m.const(12)),
    m.select(minus, m.const(7), m.const(3)),
  );
  const zone = m.shl(zoneOf(m, ps), 4);
  const overflow = m.bit(m.nonZero(digits.high));
  return {
    result: m.elements(
      1,
      (i) => m.or(i === 15 ? m.shl(sign, 4) : zone, digitAt(m, b, 15 - i)),
    ),
    cr: m.or(order(m, isNothing(m, digits), minus), overflow),
    invalid: isInvalid(m, b),
  };
}

// -------------------------------------------------------------- quadwords

/** Bit by bit: twice the decimal number so far, and the bit. */
function fromQuadword(m: Ops, b: Vector, ps: Value): Outcome {
  const minus = m.ltSigned(m.upper(b), m.const(0));
  const borrow = m.bit(m.nonZero(m.lower(b)));
  const opposite = m.sub(m.sub(m.const(0), m.upper(b)), borrow);
  const high = m.variable(m.select(minus, opposite, m.upper(b)));
  const low = m.variable(
    m.select(minus, m.sub(m.const(0), m.lower(b)), m.lower(b)),
  );
  const digitsHigh = m.variable(m.const(0));
  const digitsLow = m.variable(m.const(0));
  const overflow = m.variable(m.const(0));
  const left = m.variable(m.const(128));
  m.while(() => m.nonZero(m.get(left)), () => {
    const bit = m.shr(m.get(high), 63);
    m.set(high, m.or(m.shl(m.get(high), 1), m.shr(m.get(low), 63)));
    m.set(low, m.shl(m.get(low), 1));
    const x = { high: m.get(digitsHigh), low: m.get(digitsLow) };
    const next = addMagnitudes(m, x, x, bit);
    m.set(digitsHigh, next.high);
    m.set(digitsLow, next.low);
    m.set(overflow, m.or(m.get(overflow), next.overflow));
    m.set(left, m.sub(m.get(left), m.const(1)));
  });
  const digits = { high: m.get(digitsHigh), low: m.get(digitsLow) };
  const outcome = decimal(m, digits, {
    minus,
    ps,
    invalid: m.nonZero(m.const(0)),
  });
  return {
    ...outcome,
    cr: m.or(order(m, m.isZeroVector(b), minus), m.get(overflow)),
    overflow: m.nonZero(m.get(overflow)),
  };
}

/** Sixteen digits in binary. */
const BINARY: Subroutine = subroutine(
  "vector_decimal_binary",
  1,
  (m, digits) => {
    const rest = m.variable(digits);
    const value = m.variable(m.const(0));
    const left = m.variable(m.const(16));
    m.while(() => m.nonZero(m.get(left)), () => {
      const digit = m.shr(m.get(rest), 60);
      m.set(value, m.add(m.mul(m.get(value), m.const(10)), digit));
      m.set(rest, m.shl(m.get(rest), 4));
      m.set(left, m.sub(m.get(left), m.const(1)));
    });
    return m.get(value);
  },
);

const SIXTEEN_DIGITS = 10n ** 16n;

function toQuadword(m: Ops, b: Vector): Outcome {
  const digits = magnitudeOf(m, b);
  const minus = isMinus(m, signOf(m, b));
  const upper = m.call(BINARY, digits.high);
  const scale = m.const(SIXTEEN_DIGITS);
  const product = m.mul(upper, scale);
  const low = m.add(product, m.call(BINARY, digits.low));
  const carry = m.bit(m.ltUnsigned(low, product));
  const high = m.add(m.mulHighUnsigned(upper, scale), carry);
  const borrow = m.bit(m.nonZero(low));
  const negative = m.vector(
    m.sub(m.sub(m.const(0), high), borrow),
    m.sub(m.const(0), low),
  );
  return {
    result: m.selectVector(minus, negative, m.vector(high, low)),
    cr: order(m, isNothing(m, digits), minus),
    invalid: isInvalid(m, b),
  };
}

function setSign(m: Ops, b: Vector, ps: Value): Outcome {
  const minus = isMinus(m, signOf(m, b));
  return decimal(m, magnitudeOf(m, b), { minus, ps, invalid: isInvalid(m, b) });
}

/** Decimal conversions: a row an instruction. */
export const vectorDecimalConvert = chapter(
  "Book I 6.18",
  "Vector Decimal Integer Convert Instructions",
  [
    withSign("bcdcfn.", 7, fromNational),
    withSign("bcdcfz.", 6, fromZoned),
    withoutSign("bcdctn.", 5, toNational),
    withSign("bcdctz.", 4, toZoned),
    withSign("bcdcfsq.", 2, fromQuadword),
    withoutSign("bcdctsq.", 0, toQuadword),
    withSign("bcdsetsgn.", 31, setSign),
  ],
);
