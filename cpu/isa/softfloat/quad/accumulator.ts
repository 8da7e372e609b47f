/**
 * 256 bits, in which a product of two significands is exact.
 *
 * @module
 */
import type { Condition, Ops, Value, Variable } from "../../ops.ts";
import type { Wide } from "../../wide.ts";

/** Four doublewords, the least significant first. */
export type Accumulator = readonly [Variable, Variable, Variable, Variable];

export function accumulator(
  m: Ops,
  [a, b, c, d]: readonly [Value, Value, Value, Value],
): Accumulator {
  return [m.variable(a), m.variable(b), m.variable(c), m.variable(d)];
}

/** x × y, in full. */
export function product(m: Ops, x: Wide, y: Wide): Accumulator {
  const cross = [[x.low, y.high], [x.high, y.low]] as const;
  const result = accumulator(m, [
    m.mul(x.low, y.low),
    m.mulHighUnsigned(x.low, y.low),
    m.mul(x.high, y.high),
    m.mulHighUnsigned(x.high, y.high),
  ]);
  const [, second, third, fourth] = result;
  for (const [a, b] of cross) {
    const low = m.add(m.get(second), m.mul(a, b));
    const carry = m.bit(m.ltUnsigned(low, m.get(second)));
    // The upper half of a product is never all ones.
    const above = m.add(m.mulHighUnsigned(a, b), carry);
    const high = m.add(m.get(third), above);
    m.set(
      fourth,
      m.add(m.get(fourth), m.bit(m.ltUnsigned(high, m.get(third)))),
    );
    m.set(third, high);
    m.set(second, low);
  }
  return result;
}

/** Shifts right by 0 or more; the last bit is sticky. */
export function shiftRightJam(m: Ops, x: Accumulator, count: Value): void {
  const [a, b, c, d] = x;
  const far = m.ltUnsigned(m.const(255), count);
  const left = m.variable(m.select(far, m.const(256), count));
  const fallen = m.variable(m.const(0));
  m.while(() => m.ltUnsigned(m.const(63), m.get(left)), () => {
    m.set(fallen, m.or(m.get(fallen), m.get(a)));
    m.set(a, m.get(b));
    m.set(b, m.get(c));
    m.set(c, m.get(d));
    m.set(d, m.const(0));
    m.set(left, m.sub(m.get(left), m.const(64)));
  });
  const rest = m.get(left);
  const against = m.sub(m.const(63), rest);
  function upwards(v: Variable): Value {
    return m.shl(m.shl(m.get(v), 1), against);
  }
  m.set(fallen, m.or(m.get(fallen), upwards(a)));
  const sticky = m.bit(m.nonZero(m.get(fallen)));
  m.set(a, m.or(m.or(m.shr(m.get(a), rest), upwards(b)), sticky));
  m.set(b, m.or(m.shr(m.get(b), rest), upwards(c)));
  m.set(c, m.or(m.shr(m.get(c), rest), upwards(d)));
  m.set(d, m.shr(m.get(d), rest));
}

/** x + y, or the difference's magnitude; gives whether y was the greater. */
export function addTo(
  m: Ops,
  x: Accumulator,
  y: Accumulator,
  subtract: Condition,
): Condition {
  // Two's complement: not y, and a carry into the last bit.
  const mask = m.sub(m.const(0), m.bit(subtract));
  const carry = m.variable(m.bit(subtract));
  x.forEach((v, i) => {
    const [a, b] = [m.get(v), m.xor(m.get(y[i] ?? v), mask)];
    const sum = m.add(a, b);
    const total = m.add(sum, m.get(carry));
    m.set(
      carry,
      m.or(
        m.bit(m.ltUnsigned(sum, a)),
        m.bit(m.ltUnsigned(total, sum)),
      ),
    );
    m.set(v, total);
  });
  const below = m.both(subtract, m.eq(m.get(carry), m.const(0)));
  m.if(below, () => negate(m, x));
  return below;
}

function negate(m: Ops, x: Accumulator): void {
  const carry = m.variable(m.const(1));
  for (const v of x) {
    const value = m.add(m.not(m.get(v)), m.get(carry));
    const goesOn = m.both(
      m.nonZero(m.get(carry)),
      m.eq(value, m.const(0)),
    );
    m.set(carry, m.bit(goesOn));
    m.set(v, value);
  }
}

export function isNothing(m: Ops, x: Accumulator): Condition {
  const [a, b, c, d] = x.map((v) => m.get(v)) as [Value, Value, Value, Value];
  return m.eq(m.or(m.or(a, b), m.or(c, d)), m.const(0));
}

/** Shifts what is not 0 left until its first bit is bit 255; gives by how much. */
export function normalize(m: Ops, x: Accumulator): Value {
  const [a, b, c, d] = x;
  const count = m.variable(m.const(0));
  m.while(() => m.eq(m.get(d), m.const(0)), () => {
    m.set(d, m.get(c));
    m.set(c, m.get(b));
    m.set(b, m.get(a));
    m.set(a, m.const(0));
    m.set(count, m.add(m.get(count), m.const(64)));
  });
  const zeros = m.clz(m.get(d));
  const against = m.sub(m.const(63), zeros);
  function downwards(v: Variable): Value {
    return m.shr(m.shr(m.get(v), 1), against);
  }
  m.set(d, m.or(m.shl(m.get(d), zeros), downwards(c)));
  m.set(c, m.or(m.shl(m.get(c), zeros), downwards(b)));
  m.set(b, m.or(m.shl(m.get(b), zeros), downwards(a)));
  m.set(a, m.shl(m.get(a), zeros));
  return m.add(m.get(count), zeros);
}

/** The upper 128 bits; the last is sticky. */
export function upperHalf(m: Ops, [a, b, c, d]: Accumulator): Wide {
  const rest = m.bit(m.nonZero(m.or(m.get(a), m.get(b))));
  return { high: m.get(d), low: m.or(m.get(c), rest) };
}
