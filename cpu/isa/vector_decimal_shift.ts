/**
 * Shifting, truncating and copying the sign of decimal integers (Book I 6.18).
 * What is no decimal number leaves VRT as it is and CR6 at 1.
 *
 * @module
 */
import type { Condition, Ops, Value, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";
import {
  addMagnitudes,
  hasBadDigit,
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
import { isNothing, shiftLeft, shiftRight } from "./wide.ts";

/** What an instruction makes of its operands. */
interface Outcome {
  readonly result: Vector;
  /** CR6 where the operands are valid. */
  readonly cr: Value;
  readonly invalid: Condition;
}

type Compute = (m: Ops, a: Vector, b: Vector, ps: Value) => Outcome;

function shared(name: string, compute: Compute): Subroutine {
  return subroutine(`decimal_${name}`, 4, (m, t, a, b, ps) => {
    const { result, cr, invalid } = compute(
      m,
      m.vsrNumber(a),
      m.vsrNumber(b),
      ps,
    );
    m.setVsrNumber(t, m.selectVector(invalid, m.vsrNumber(t), result));
    return m.select(invalid, m.const(1), cr);
  });
}

function withSign(name: string, xo: number, compute: Compute): Instruction {
  const body = shared(name, compute);
  return row(`${name} VRT,VRA,VRB,PS`, "VX_PS", [4, xo], (m, f) => {
    m.require("VEC");
    const [t, a] = [vrNumber(m, f.VRT), vrNumber(m, f.VRA)];
    const b = vrNumber(m, f.VRB);
    m.setCrField(6, m.call(body, t, a, b, m.field(f.PS)));
  }, POWER9);
}

function withoutSign(name: string, xo: number, compute: Compute): Instruction {
  const body = shared(name, compute);
  return row(`${name} VRT,VRA,VRB`, "VX_BCD", [4, xo], (m, f) => {
    m.require("VEC");
    const [t, a] = [vrNumber(m, f.VRT), vrNumber(m, f.VRA)];
    const b = vrNumber(m, f.VRB);
    m.setCrField(6, m.call(body, t, a, b, m.const(0)));
  }, POWER9);
}

// ----------------------------------------------------------------- signed

/** A number of 31 digits with b's sign. */
function signed(
  m: Ops,
  digits: Magnitude,
  { b, ps, overflow }: { b: Vector; ps: Value; overflow: Condition },
): Outcome {
  const minus = isMinus(m, signOf(m, b));
  const cr = order(m, isNothing(m, digits), minus);
  return {
    result: joined(m, digits, preferredSign(m, minus, ps)),
    cr: m.or(cr, m.bit(overflow)),
    invalid: isInvalid(m, b),
  };
}

/** By how many bits a count of digits in byte 7 of VRA shifts, and where. */
function countOf(m: Ops, a: Vector, most: number) {
  const count = m.signExtend(1, m.element(1, a, 7));
  const right = m.ltSigned(count, m.const(0));
  const distance = m.select(right, m.sub(m.const(0), count), count);
  const limit = m.const(most);
  const digits = m.select(m.ltUnsigned(limit, distance), limit, distance);
  return { right, bits: m.shl(digits, 2) };
}

function chosen(
  m: Ops,
  c: Condition,
  x: Magnitude,
  y: Magnitude,
): Magnitude {
  return {
    high: m.select(c, x.high, y.high),
    low: m.select(c, x.low, y.low),
  };
}

const MOST_DIGITS = 31;
const TOP = (1n << 60n) - 1n;

function shiftSigned(rounding: boolean): Compute {
  return (m, a, b, ps) => {
    const digits = magnitudeOf(m, b);
    const { right, bits } = countOf(m, a, MOST_DIGITS);
    const raised = shiftLeft(m, digits, bits);
    const left = { high: m.and(raised.high, m.const(TOP)), low: raised.low };
    const room = m.sub(m.const(4 * MOST_DIGITS), bits);
    const lost = m.negate(isNothing(m, shiftRight(m, digits, room)));
    let lowered = shiftRight(m, digits, bits);
    if (rounding) {
      // The last digit that falls out; nothing does where the count is 0.
      const next = shiftRight(m, shiftLeft(m, digits, m.const(4)), bits);
      const up = m.leUnsigned(m.const(5), m.and(next.low, m.const(15)));
      const nothing = { high: m.const(0), low: m.const(0) };
      lowered = addMagnitudes(m, lowered, nothing, m.bit(up));
    }
    return signed(m, chosen(m, right, lowered, left), {
      b,
      ps,
      overflow: m.both(lost, m.negate(right)),
    });
  };
}

/** Both what is left of the last `digits` digits and whether others were. */
function truncated(m: Ops, x: Magnitude, a: Vector) {
  const length = m.element(2, a, 3);
  const most = m.const(32);
  const digits = m.select(m.ltUnsigned(most, length), most, length);
  const bits = m.shl(digits, 2);
  const lost = shiftRight(m, x, bits);
  const back = shiftLeft(m, lost, bits);
  return {
    kept: { high: m.xor(x.high, back.high), low: m.xor(x.low, back.low) },
    overflow: m.negate(isNothing(m, lost)),
  };
}

function truncateSigned(m: Ops, a: Vector, b: Vector, ps: Value): Outcome {
  const { kept, overflow } = truncated(m, magnitudeOf(m, b), a);
  return signed(m, kept, { b, ps, overflow });
}

// --------------------------------------------------------------- unsigned

/** A number of 32 digits without a sign. */
function unsigned(
  m: Ops,
  digits: Magnitude,
  { b, overflow }: { b: Vector; overflow: Condition },
): Outcome {
  const cr = m.select(isNothing(m, digits), m.const(2), m.const(4));
  return {
    result: m.vector(digits.high, digits.low),
    cr: m.or(cr, m.bit(overflow)),
    invalid: m.either(hasBadDigit(m, m.upper(b)), hasBadDigit(m, m.lower(b))),
  };
}

function shiftUnsigned(m: Ops, a: Vector, b: Vector): Outcome {
  const digits = { high: m.upper(b), low: m.lower(b) };
  const { right, bits } = countOf(m, a, MOST_DIGITS + 1);
  const room = m.sub(m.const(128), bits);
  const lost = m.negate(isNothing(m, shiftRight(m, digits, room)));
  const left = shiftLeft(m, digits, bits);
  return unsigned(m, chosen(m, right, shiftRight(m, digits, bits), left), {
    b,
    overflow: m.both(lost, m.negate(right)),
  });
}

function truncateUnsigned(m: Ops, a: Vector, b: Vector): Outcome {
  const digits = { high: m.upper(b), low: m.lower(b) };
  const { kept, overflow } = truncated(m, digits, a);
  return unsigned(m, kept, { b, overflow });
}

// ------------------------------------------------------------------- sign

function copySign(m: Ops, a: Vector, b: Vector): Outcome {
  const digits = magnitudeOf(m, a);
  const sign = signOf(m, b);
  return {
    result: joined(m, digits, sign),
    cr: order(m, isNothing(m, digits), isMinus(m, sign)),
    invalid: m.either(isInvalid(m, a), isInvalid(m, b)),
  };
}

const copySignShared = shared("bcdcpsgn.", copySign);

/** Decimal shifts: a row an instruction. */
export const vectorDecimalShift = chapter(
  "Book I 6.18",
  "Vector Decimal Integer Shift, Truncate and Sign Instructions",
  [
    row("bcdcpsgn. VRT,VRA,VRB", "VX", [4, 833], (m, f) => {
      m.require("VEC");
      const [t, a] = [vrNumber(m, f.VRT), vrNumber(m, f.VRA)];
      const b = vrNumber(m, f.VRB);
      m.setCrField(6, m.call(copySignShared, t, a, b, m.const(0)));
    }, POWER9),
    withSign("bcds.", 193, shiftSigned(false)),
    withoutSign("bcdus.", 129, shiftUnsigned),
    withSign("bcdsr.", 449, shiftSigned(true)),
    withSign("bcdtrunc.", 257, truncateSigned),
    withoutSign("bcdutrunc.", 321, truncateUnsigned),
  ],
);
