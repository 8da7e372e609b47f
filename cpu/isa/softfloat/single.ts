/**
 * Singles in storage and doubles in registers (Book I 4.6.2 and 4.6.3): bits
 * rearranged, nothing rounded, no exception.
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { type Subroutine, subroutine } from "../subroutine.ts";
import { DOUBLE_EXCESS, exponentOf, UNIT } from "./format.ts";

/** Exponent with which a significand's last bit is worth 1. */
const INTEGER = 1075;

/**
 * DOUBLE(word) of Book I 4.6.2: a single in the low word as a double, bit for
 * bit; signaling NaNs stay so.
 */
export const WIDEN: Subroutine = subroutine("float_widen", 1, (m, word) => {
  const magnitude = m.and(word, m.const(0x7fff_ffff));
  const sign = m.shl(m.and(word, m.const(0x8000_0000)), 32);
  // Exponent 255 becomes 2047, all others shift by the difference of biases.
  const special = m.leUnsigned(m.const(0x7f80_0000), magnitude);
  const normal = m.add(
    m.shl(magnitude, 29),
    m.select(special, m.const(1792n << 52n), m.const(896n << 52n)),
  );
  const result = m.variable(normal);
  m.if(m.ltUnsigned(magnitude, m.const(0x80_0000)), () => {
    const zeros = m.sub(m.clz(magnitude), m.const(DOUBLE_EXCESS));
    // The last place of a single is 2^-149.
    const scale = m.shl(m.sub(m.const(INTEGER - 149 - 1), zeros), 52);
    m.set(
      result,
      m.select(
        m.eq(magnitude, m.const(0)),
        m.const(0),
        m.add(scale, m.shl(magnitude, zeros)),
      ),
    );
  });
  return m.or(m.get(result), sign);
}, {
  quick: (m, host, word) => ({
    // The host's would be quiet.
    likely: m.leUnsigned(
      m.and(word, m.const(0x7fff_ffff)),
      m.const(0x7f80_0000),
    ),
    result: host.widen(word),
  }),
});

/** The word of a number that is not denormalized as a single. */
function narrowNormal(m: Ops, x: Value): Value {
  return m.or(
    m.and(m.shr(x, 32), m.const(0xc000_0000)),
    m.and(m.shr(x, 29), m.const(0x3fff_ffff)),
  );
}

/**
 * SINGLE(x) of Book I 4.6.3: a double as a single's word, bit for bit and not
 * rounded. Magnitudes below 2^-149 are undefined there; they give zero.
 */
export const NARROW: Subroutine = subroutine("float_narrow", 1, (m, x) => {
  const exponent = exponentOf(m, x);
  const result = m.variable(narrowNormal(m, x));
  m.if(m.ltUnsigned(exponent, m.const(897)), () => {
    const shift = m.sub(m.const(897 + 29), exponent);
    const fraction = m.shr(
      m.or(m.and(x, m.const(UNIT - 1n)), m.const(UNIT)),
      shift,
    );
    m.set(
      result,
      m.or(
        m.and(m.shr(x, 32), m.const(0x8000_0000)),
        m.select(
          m.ltUnsigned(exponent, m.const(874)),
          m.const(0),
          fraction,
        ),
      ),
    );
  });
  return m.get(result);
}, {
  quick: (m, _host, x) => ({
    likely: m.leUnsigned(m.const(897), exponentOf(m, x)),
    result: narrowNormal(m, x),
  }),
});

/** A single in the low word as a double, bit for bit. */
export function widen(m: Ops, word: Value): Value {
  return m.call(WIDEN, word);
}

/** A double as a single's word, bit for bit. */
export function narrow(m: Ops, x: Value): Value {
  return m.call(NARROW, x);
}
