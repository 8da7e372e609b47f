/**
 * Half precision (Book I 7.3.1) as doubles and back: bits rearranged, nothing
 * rounded, no exception.
 *
 * @module
 */
import type { Ops, Value } from "./ops.ts";
import { FORMAT, fromInteger, isSpecial } from "./softfloat/mod.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";

/** Bits of a double's fraction that a half has not. */
const EXCESS = 42;
/** What a half's exponent lacks to a double's. */
const REBIAS = 1023 - 15;
/** The last place of a denormalized half is 2^-24. */
const LAST_PLACE = 24;
const UNIT = 1n << 52n;

const WIDEN: Subroutine = subroutine("vsx_widen_half", 1, (m, half) => {
  const magnitude = m.and(half, m.const(0x7fff));
  const raised = m.shl(magnitude, EXCESS);
  const special = m.leUnsigned(m.const(0x7c00), magnitude);
  // Exponent 31 becomes 2047, all others shift by the difference of biases.
  const normal = m.add(
    raised,
    m.select(
      special,
      m.const(BigInt(2047 - 31) << 52n),
      m.const(BigInt(REBIAS) << 52n),
    ),
  );
  const places = fromInteger(m, magnitude, {
    signed: false,
    format: FORMAT.double,
  });
  const denormalized = m.sub(places, m.const(BigInt(LAST_PLACE) << 52n));
  const small = m.ltUnsigned(magnitude, m.const(0x400));
  const number = m.select(
    m.eq(magnitude, m.const(0)),
    m.const(0),
    m.select(small, denormalized, normal),
  );
  return m.or(number, m.shl(m.shr(half, 15), 63));
});

const NARROW: Subroutine = subroutine("vsx_narrow_half", 1, (m, x) => {
  const exponent = m.and(m.shr(x, 52), m.const(0x7ff));
  const fraction = m.and(x, m.const(UNIT - 1n));
  const top = m.shr(fraction, EXCESS);
  const special = m.or(m.const(0x7c00), top);
  const rebiased = m.sub(exponent, m.const(REBIAS));
  const normal = m.or(m.shl(rebiased, 10), top);
  const shift = m.sub(m.const(EXCESS + 1), rebiased);
  const denormalized = m.select(
    m.ltUnsigned(shift, m.const(64)),
    m.shr(m.or(fraction, m.const(UNIT)), shift),
    m.const(0),
  );
  const finite = m.select(
    m.ltSigned(m.const(0), rebiased),
    normal,
    denormalized,
  );
  const magnitude = m.select(isSpecial(m, x), special, finite);
  return m.or(magnitude, m.shl(m.shr(x, 63), 15));
});

/** A half in the low halfword, the rest 0, as a double. */
export function widenHalf(m: Ops, half: Value): Value {
  return m.call(WIDEN, half);
}

/** A double that a half can hold, as a halfword. */
export function narrowHalf(m: Ops, x: Value): Value {
  return m.call(NARROW, x);
}
