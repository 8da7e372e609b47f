/**
 * Integers of 128 bits as two values.
 *
 * @module
 */
import type { Condition, Ops, Value } from "./ops.ts";

/** An integer of 128 bits. */
export interface Wide {
  readonly high: Value;
  readonly low: Value;
}

/** A constant, cut to 128 bits. */
export function wideConstant(m: Ops, value: bigint): Wide {
  return { high: m.const(value >> 64n), low: m.const(value) };
}

/** Whether all bits are 0. */
export function isNothing(m: Ops, { high, low }: Wide): Condition {
  return m.eq(m.or(high, low), m.const(0));
}

/** a < b. */
export function isLess(m: Ops, a: Wide, b: Wide): Condition {
  return m.either(
    m.ltUnsigned(a.high, b.high),
    m.both(m.eq(a.high, b.high), m.ltUnsigned(a.low, b.low)),
  );
}

/** a + b modulo 2^128. */
export function addWide(m: Ops, a: Wide, b: Wide): Wide {
  const low = m.add(a.low, b.low);
  const carry = m.bit(m.ltUnsigned(low, a.low));
  return { high: m.add(m.add(a.high, b.high), carry), low };
}

/** a - b modulo 2^128. */
export function subtractWide(m: Ops, a: Wide, b: Wide): Wide {
  const borrow = m.bit(m.ltUnsigned(a.low, b.low));
  return {
    high: m.sub(m.sub(a.high, b.high), borrow),
    low: m.sub(a.low, b.low),
  };
}

/** A shift of 128 bits by any number up to 255. */
export function shiftLeft(m: Ops, x: Wide, count: Value): Wide {
  const far = m.leUnsigned(m.const(64), count);
  const none = m.const(0);
  const beyond = m.leUnsigned(m.const(128), count);
  const across = m.shr(m.shr(x.low, 1), m.not(count));
  const near = m.or(m.shl(x.high, count), across);
  const low = m.shl(x.low, count);
  return {
    high: m.select(beyond, none, m.select(far, low, near)),
    low: m.select(far, none, low),
  };
}

/** The same to the right. */
export function shiftRight(m: Ops, x: Wide, count: Value): Wide {
  const far = m.leUnsigned(m.const(64), count);
  const none = m.const(0);
  const beyond = m.leUnsigned(m.const(128), count);
  const across = m.shl(m.shl(x.high, 1), m.not(count));
  const near = m.or(m.shr(x.low, count), across);
  const high = m.shr(x.high, count);
  return {
    high: m.select(far, none, high),
    low: m.select(beyond, none, m.select(far, high, near)),
  };
}

/** The number of zeros in front: 128 where there is nothing else. */
export function leadingZeros(m: Ops, { high, low }: Wide): Value {
  return m.select(
    m.eq(high, m.const(0)),
    m.add(m.clz(low), m.const(64)),
    m.clz(high),
  );
}

/** The wide value where the condition holds, else the other. */
export function selectWide(m: Ops, c: Condition, a: Wide, b: Wide): Wide {
  return { high: m.select(c, a.high, b.high), low: m.select(c, a.low, b.low) };
}
