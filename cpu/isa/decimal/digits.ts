/**
 * Decimal integers of up to 80 digits, 16 in each of five doublewords, the
 * last ones first. They lie in the register block (`DECIMAL`), where there is
 * room for four.
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { subroutine } from "../subroutine.ts";
import { addDigits, subtractDigits } from "../vector_digits.ts";

/** Where a number lies. */
export const AT = { a: 0, b: 8, result: 16, spare: 24 } as const;

/** Name of a place for a number. */
export type Place = keyof typeof AT;

const LIMBS = 5;
/** More digits than any number has. */
const ALL = 16 * LIMBS;

function limb(m: Ops, at: Value, index: number): Value {
  return m.regAt("DECIMAL", m.add(at, m.const(index)));
}

function setLimb(m: Ops, at: Value, index: number, value: Value): void {
  m.setRegAt("DECIMAL", m.add(at, m.const(index)), value);
}

const SET = subroutine("decimal_set", 2, (m, at, digits) => {
  setLimb(m, at, 0, digits);
  for (let i = 1; i < LIMBS; i++) setLimb(m, at, i, m.const(0));
  return digits;
});

/** Makes a number of sixteen digits. */
export function set(m: Ops, place: Place, digits: Value): void {
  m.call(SET, m.const(AT[place]), digits);
}

/** Sixteen of the digits, the last ones being number 0. */
export function digitsOf(m: Ops, place: Place, index: number): Value {
  return limb(m, m.const(AT[place]), index);
}

/** Replaces sixteen of the digits. */
export function setDigits(
  m: Ops,
  place: Place,
  index: number,
  digits: Value,
): void {
  setLimb(m, m.const(AT[place]), index, digits);
}

const COPY = subroutine("decimal_copy", 2, (m, to, from) => {
  for (let i = 0; i < LIMBS; i++) setLimb(m, to, i, limb(m, from, i));
  return m.const(0);
});

export function copy(m: Ops, to: Place, from: Place): void {
  copyTo(m, m.const(AT[to]), from);
}

/** The same to a place that is only known at run time. */
export function copyTo(m: Ops, to: Value, from: Place): void {
  m.call(COPY, to, m.const(AT[from]));
}

const SHIFT_LEFT = subroutine("decimal_shift_left", 2, (m, at, count) => {
  const left = m.variable(
    m.select(m.ltUnsigned(m.const(ALL), count), m.const(ALL), count),
  );
  m.while(() => m.ltUnsigned(m.const(15), m.get(left)), () => {
    for (let i = LIMBS - 1; i > 0; i--) setLimb(m, at, i, limb(m, at, i - 1));
    setLimb(m, at, 0, m.const(0));
    m.set(left, m.sub(m.get(left), m.const(16)));
  });
  const bits = m.shl(m.get(left), 2);
  const against = m.sub(m.const(63), bits);
  for (let i = LIMBS - 1; i > 0; i--) {
    const across = m.shr(m.shr(limb(m, at, i - 1), 1), against);
    setLimb(m, at, i, m.or(m.shl(limb(m, at, i), bits), across));
  }
  setLimb(m, at, 0, m.shl(limb(m, at, 0), bits));
  return m.const(0);
});

/** Multiplies by a power of ten; digits beyond the 80th are lost. */
export function shiftLeft(m: Ops, place: Place, count: Value): void {
  m.call(SHIFT_LEFT, m.const(AT[place]), count);
}

/** What a shift to the right drops: nothing, or how it compares with a half. */
export const REST = { none: 0, less: 1, half: 2, more: 3 } as const;

const SHIFT_RIGHT = subroutine("decimal_shift_right", 2, (m, at, count) => {
  const rest = m.variable(m.const(REST.none));
  m.if(m.nonZero(count), () => {
    const far = m.ltUnsigned(m.const(ALL), count);
    const all = m.select(far, m.const(ALL), count);
    // All but the last digit to go, then that one.
    const left = m.variable(m.sub(all, m.const(1)));
    const fallen = m.variable(m.const(0));
    m.while(() => m.ltUnsigned(m.const(15), m.get(left)), () => {
      m.set(fallen, m.or(m.get(fallen), limb(m, at, 0)));
      for (let i = 1; i < LIMBS; i++) setLimb(m, at, i - 1, limb(m, at, i));
      setLimb(m, at, LIMBS - 1, m.const(0));
      m.set(left, m.sub(m.get(left), m.const(16)));
    });
    const bits = m.shl(m.get(left), 2);
    const out = m.shl(m.shl(limb(m, at, 0), 1), m.sub(m.const(63), bits));
    const digit = m.and(m.shr(limb(m, at, 0), bits), m.const(15));
    const sticky = m.bit(m.nonZero(m.or(m.get(fallen), out)));
    shiftBits(m, at, bits);
    shiftBits(m, at, m.const(4));
    const twice = m.or(m.shl(digit, 1), sticky);
    const less = m.select(
      m.eq(twice, m.const(0)),
      m.const(REST.none),
      m.const(REST.less),
    );
    const more = m.select(
      m.eq(twice, m.const(10)),
      m.const(REST.half),
      m.const(REST.more),
    );
    m.set(rest, m.select(m.ltUnsigned(twice, m.const(10)), less, more));
  });
  return m.get(rest);
});

function shiftBits(m: Ops, at: Value, bits: Value): void {
  const against = m.sub(m.const(63), bits);
  for (let i = 0; i < LIMBS; i++) {
    const above = i < LIMBS - 1 ? limb(m, at, i + 1) : m.const(0);
    const across = m.shl(m.shl(above, 1), against);
    setLimb(m, at, i, m.or(m.shr(limb(m, at, i), bits), across));
  }
}

/** Divides by a power of ten; gives what is left over, as `REST`. */
export function shiftRight(m: Ops, place: Place, count: Value): Value {
  return m.call(SHIFT_RIGHT, m.const(AT[place]), count);
}

const ADD = subroutine("decimal_add_digits", 3, (m, to, from, first) => {
  let carry = first;
  for (let i = 0; i < LIMBS; i++) {
    const sum = addDigits(m, limb(m, to, i), limb(m, from, i), carry);
    setLimb(m, to, i, sum.digits);
    carry = sum.carry;
  }
  return carry;
});

/** Adds a number, and perhaps 1. */
export function add(
  m: Ops,
  to: Place,
  from: Place,
  carry: Value = m.const(0),
): void {
  m.call(ADD, m.const(AT[to]), m.const(AT[from]), carry);
}

const SUBTRACT = subroutine("decimal_subtract_digits", 2, (m, to, from) => {
  let borrow = m.const(0);
  for (let i = 0; i < LIMBS; i++) {
    const sum = subtractDigits(m, limb(m, to, i), limb(m, from, i), borrow);
    setLimb(m, to, i, sum.digits);
    borrow = sum.carry;
  }
  return borrow;
});

/** Subtracts a number that is not greater. */
export function subtract(m: Ops, to: Place, from: Place): void {
  m.call(SUBTRACT, m.const(AT[to]), m.const(AT[from]));
}

const COMPARE = subroutine("decimal_compare_digits", 2, (m, a, b) => {
  const order = m.variable(m.const(0));
  for (let i = 0; i < LIMBS; i++) {
    const [x, y] = [limb(m, a, i), limb(m, b, i)];
    m.if(m.ne(x, y), () =>
      m.set(
        order,
        m.select(m.ltUnsigned(x, y), m.const(-1), m.const(1)),
      ));
  }
  return m.get(order);
});

/** -1, 0 or 1. */
export function compare(m: Ops, a: Place, b: Place): Value {
  return m.call(COMPARE, m.const(AT[a]), m.const(AT[b]));
}

const COUNT = subroutine("decimal_count_digits", 1, (m, at) => {
  const count = m.variable(m.const(0));
  for (let i = 0; i < LIMBS; i++) {
    const digits = limb(m, at, i);
    const zeros = m.shr(m.clz(digits), 2);
    m.if(
      m.nonZero(digits),
      () => m.set(count, m.sub(m.const(16 * (i + 1)), zeros)),
    );
  }
  return m.get(count);
});

/** The number of digits without zeros in front; of zero, 0. */
export function countDigits(m: Ops, place: Place): Value {
  return m.call(COUNT, m.const(AT[place]));
}

/** One digit, the last being number 0. */
export function digitAt(m: Ops, place: Place, index: Value): Value {
  const at = m.add(m.const(AT[place]), m.shr(index, 4));
  const digits = m.regAt("DECIMAL", at);
  return m.and(m.shr(digits, m.shl(index, 2)), m.const(15));
}

/** Replaces a digit that is 0. */
export function setDigitAt(
  m: Ops,
  place: Place,
  index: Value,
  digit: Value,
): void {
  const at = m.add(m.const(AT[place]), m.shr(index, 4));
  const placed = m.shl(digit, m.shl(index, 2));
  m.setRegAt("DECIMAL", at, m.or(m.regAt("DECIMAL", at), placed));
}

const MULTIPLY = subroutine("decimal_multiply_digits", 0, (m) => {
  set(m, "result", m.const(0));
  const left = m.variable(countDigits(m, "b"));
  m.while(() => m.nonZero(m.get(left)), () => {
    m.set(left, m.sub(m.get(left), m.const(1)));
    shiftLeft(m, "result", m.const(1));
    const times = m.variable(digitAt(m, "b", m.get(left)));
    m.while(() => m.nonZero(m.get(times)), () => {
      add(m, "result", "a");
      m.set(times, m.sub(m.get(times), m.const(1)));
    });
  });
  return m.const(0);
});

/** result = a × b. */
export function multiply(m: Ops): void {
  m.call(MULTIPLY);
}
