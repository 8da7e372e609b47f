/**
 * Decimal numbers with another exponent, fewer digits, or no fraction
 * (Book I 5.6.4).
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { flag, FPSCR } from "../softfloat/mod.ts";
import { subroutine } from "../subroutine.ts";
import type { Wide } from "../wide.ts";
import { getWide, setWide, wideVariable } from "../wide_variable.ts";
import { countDigits, shiftLeft, shiftRight } from "./digits.ts";
import {
  exponentOf,
  type FormatName,
  formatParts,
  formatValue,
  isInfinite,
  isNan,
  isSpecial,
  LAYOUTS,
  pack,
  pairOf,
  signOf,
  unpack,
} from "./format.ts";
import { DROP, inexactFlags } from "./round.ts";
import { infinity, invalid, propagateNan } from "./special.ts";

/** The format and the rounding mode of an operation. */
export interface Rounding {
  readonly format: FormatName;
  readonly mode: Value;
}

/** Notes what a DROP gave. */
function flagInexact(m: Ops, inexact: Value): void {
  const flags = inexactFlags(m, inexact, m.reg("FP_LOW"));
  m.if(m.nonZero(flags), () => flag(m, flags));
}

/** Gives a pair from a subroutine. */
function returned(m: Ops, { high, low }: Wide): Value {
  m.setReg("FP_LOW", low);
  return high;
}

/** A finite number with the biased exponent; invalid where it has no room. */
const QUANTIZE = subroutine(
  "decimal_quantize",
  5,
  (m, high, low, exponent, format, mode) => {
    const b = { high, low };
    const sign = signOf(m, b);
    const result = wideVariable(m, b);
    unpack(m, "result", b, format);
    const up = m.sub(exponentOf(m, b, format), exponent);
    const count = countDigits(m, "result");
    const { precision } = formatParts(m, format);
    const full = m.both(
      m.nonZero(count),
      m.ltSigned(precision, m.add(count, up)),
    );
    m.if(full, () => setWide(m, result, invalid(m, FPSCR.VXCVI)), () => {
      m.if(m.leSigned(m.const(0), up), () => shiftLeft(m, "result", up), () => {
        const count = m.sub(m.const(0), up);
        flagInexact(m, m.call(DROP, count, sign, mode));
      });
      setWide(m, result, pack(m, { sign, exponent, format }));
    });
    return returned(m, getWide(m, result));
  },
);

const QUANTIZE_LIKE = subroutine(
  "decimal_quantize_like",
  6,
  (m, ah, al, bh, bl, format, mode) => {
    const [a, b] = [{ high: ah, low: al }, { high: bh, low: bl }];
    const result = wideVariable(m, b);
    m.if(m.either(isNan(m, a), isNan(m, b)), () => {
      setWide(m, result, propagateNan(m, a, b, format));
    }, () =>
      m.if(m.either(isSpecial(m, a), isSpecial(m, b)), () =>
        m.if(
          m.both(isInfinite(m, a), isInfinite(m, b)),
          () => setWide(m, result, infinity(m, signOf(m, b))),
          () => setWide(m, result, invalid(m, FPSCR.VXCVI)),
        ), () => {
        const exponent = exponentOf(m, a, format);
        const high = m.call(QUANTIZE, bh, bl, exponent, format, mode);
        setWide(m, result, pairOf(m, high));
      }));
    return returned(m, getWide(m, result));
  },
);

/** b with the exponent of a (dqua). */
export function quantizeLike(
  m: Ops,
  a: Wide,
  b: Wide,
  { format, mode }: Rounding,
): Wide {
  const name = formatValue(m, format);
  return pairOf(
    m,
    m.call(QUANTIZE_LIKE, a.high, a.low, b.high, b.low, name, mode),
  );
}

/** b with the exponent, which is that of a number's last digit (dquai). */
export function quantizeTo(
  m: Ops,
  exponent: Value,
  b: Wide,
  { format, mode }: Rounding,
): Wide {
  const name = formatValue(m, format);
  const biased = m.add(exponent, m.const(LAYOUTS[format].bias));
  const result = wideVariable(m, b);
  m.if(isNan(m, b), () => {
    setWide(m, result, propagateNan(m, b, b, name));
  }, () =>
    m.if(
      isSpecial(m, b),
      () => setWide(m, result, invalid(m, FPSCR.VXCVI)),
      () => {
        const high = m.call(QUANTIZE, b.high, b.low, biased, name, mode);
        setWide(m, result, pairOf(m, high));
      },
    ));
  return getWide(m, result);
}

/** An infinity or a NaN as the result of an operation on it alone. */
function special(m: Ops, b: Wide, format: Value): Wide {
  const result = wideVariable(m, infinity(m, signOf(m, b)));
  m.if(
    isNan(m, b),
    () => setWide(m, result, propagateNan(m, b, b, format)),
  );
  return getWide(m, result);
}

const REROUND = subroutine(
  "decimal_reround",
  5,
  (m, significance, high, low, format, mode) => {
    const b = { high, low };
    const sign = signOf(m, b);
    const result = wideVariable(m, b);
    m.if(
      isSpecial(m, b),
      () => setWide(m, result, special(m, b, format)),
      () => {
        unpack(m, "result", b, format);
        const exponent = m.variable(exponentOf(m, b, format));
        const count = countDigits(m, "result");
        const wanted = m.select(
          m.eq(significance, m.const(0)),
          count,
          significance,
        );
        const inexact = m.variable(m.const(0));
        const up = m.variable(m.const(0));
        m.if(m.ltUnsigned(wanted, count), () => {
          const drop = m.sub(count, wanted);
          m.set(inexact, m.call(DROP, drop, sign, mode));
          m.set(up, m.reg("FP_LOW"));
          m.set(exponent, m.add(m.get(exponent), drop));
          m.if(m.ltUnsigned(wanted, countDigits(m, "result")), () => {
            shiftRight(m, "result", m.const(1));
            m.set(exponent, m.add(m.get(exponent), m.const(1)));
          });
        });
        const { most } = formatParts(m, format);
        m.if(
          m.ltUnsigned(most, m.get(exponent)),
          () => setWide(m, result, invalid(m, FPSCR.VXCVI)),
          () => {
            flag(m, inexactFlags(m, m.get(inexact), m.get(up)));
            setWide(
              m,
              result,
              pack(m, { sign, exponent: m.get(exponent), format }),
            );
          },
        );
      },
    );
    return returned(m, getWide(m, result));
  },
);

/** b with so many digits, if it has more (drrnd); 0 leaves it as it is. */
export function reround(
  m: Ops,
  significance: Value,
  { high, low }: Wide,
  { format, mode }: Rounding,
): Wide {
  const name = formatValue(m, format);
  return pairOf(m, m.call(REROUND, significance, high, low, name, mode));
}

const TO_INTEGRAL = subroutine(
  "decimal_to_integral",
  6,
  (m, high, low, bias, format, mode, exact) => {
    const b = { high, low };
    const sign = signOf(m, b);
    const result = wideVariable(m, b);
    m.if(
      isSpecial(m, b),
      () => setWide(m, result, special(m, b, format)),
      () => {
        unpack(m, "result", b, format);
        const exponent = m.variable(exponentOf(m, b, format));
        const drop = m.sub(bias, m.get(exponent));
        m.if(m.ltSigned(m.const(0), drop), () => {
          const inexact = m.call(DROP, drop, sign, mode);
          m.if(m.nonZero(exact), () => flagInexact(m, inexact));
          m.set(exponent, bias);
        });
        setWide(
          m,
          result,
          pack(m, { sign, exponent: m.get(exponent), format }),
        );
      },
    );
    return returned(m, getWide(m, result));
  },
);

/** b without a fraction; with `exact` a change counts as inexact. */
export function toIntegral(
  m: Ops,
  { high, low }: Wide,
  { format, mode, exact }: Rounding & { readonly exact: boolean },
): Wide {
  const bias = m.const(LAYOUTS[format].bias);
  const name = formatValue(m, format);
  const inexact = m.const(exact ? 1 : 0);
  return pairOf(
    m,
    m.call(TO_INTEGRAL, high, low, bias, name, mode, inexact),
  );
}
