/**
 * Comparisons and tests of decimal numbers (Book I 5.6.2 and 5.6.3). Results
 * are the four bits that go to FPCC and a CR field.
 *
 * @module
 */
import type { Ops, Value } from "../ops.ts";
import { flag, FPSCR } from "../softfloat/mod.ts";
import { subroutine } from "../subroutine.ts";
import type { Wide } from "../wide.ts";
import * as digits from "./digits.ts";
import {
  exponentOf,
  type FormatName,
  formatParts,
  formatValue,
  isInfinite,
  isNan,
  isSignaling,
  isSpecial,
  signOf,
  unpack,
} from "./format.ts";

type Size = Exclude<FormatName, "short">;

/** -1, 0 or 1 by the magnitudes of finite numbers. */
const COMPARE_MAGNITUDES = subroutine(
  "decimal_compare_magnitudes",
  5,
  (m, ah, al, bh, bl, format) => {
    const [a, b] = [{ high: ah, low: al }, { high: bh, low: bl }];
    unpack(m, "a", a, format);
    unpack(m, "b", b, format);
    const [na, nb] = [digits.countDigits(m, "a"), digits.countDigits(m, "b")];
    const [ea, eb] = [exponentOf(m, a, format), exponentOf(m, b, format)];
    const [x, y] = [m.add(na, ea), m.add(nb, eb)];
    // Where both reach as far, the shorter one gets zeros behind.
    const order = m.variable(
      m.select(m.ltUnsigned(x, y), m.const(-1), m.const(1)),
    );
    m.if(m.eq(x, y), () => {
      m.if(
        m.ltUnsigned(ea, eb),
        () => digits.shiftLeft(m, "b", m.sub(eb, ea)),
        () => digits.shiftLeft(m, "a", m.sub(ea, eb)),
      );
      m.set(order, digits.compare(m, "a", "b"));
    });
    // A zero reaches nowhere.
    const [none, other] = [
      m.eq(na, m.const(0)),
      m.eq(nb, m.const(0)),
    ];
    m.if(none, () => m.set(order, m.sub(m.bit(other), m.const(1))));
    m.if(
      m.both(other, m.negate(none)),
      () => m.set(order, m.const(1)),
    );
    return m.get(order);
  },
);

const COMPARE = subroutine(
  "decimal_compare",
  6,
  (m, ah, al, bh, bl, format, ordered) => {
    const [a, b] = [{ high: ah, low: al }, { high: bh, low: bl }];
    const result = m.variable(m.const(1));
    m.if(m.either(isNan(m, a), isNan(m, b)), () => {
      const signaling = m.either(isSignaling(m, a), isSignaling(m, b));
      m.if(signaling, () => flag(m, FPSCR.VXSNAN));
      const quiet = m.either(
        m.negate(signaling),
        m.eq(m.and(m.reg("FPSCR"), m.const(FPSCR.VE)), m.const(0)),
      );
      m.if(m.both(m.nonZero(ordered), quiet), () => flag(m, FPSCR.VXVC));
    }, () => {
      const [x, y] = [m.bit(isInfinite(m, a)), m.bit(isInfinite(m, b))];
      const order = m.variable(m.sub(x, y));
      m.if(
        m.eq(m.or(x, y), m.const(0)),
        () => m.set(order, m.call(COMPARE_MAGNITUDES, ah, al, bh, bl, format)),
      );
      const [minus, other] = [
        m.nonZero(signOf(m, a)),
        m.nonZero(signOf(m, b)),
      ];
      const signs = m.select(minus, m.const(-1), m.const(1));
      // Of different signs: zeros are equal all the same.
      m.if(m.ne(signOf(m, a), signOf(m, b)), () => {
        unpack(m, "a", a, format);
        unpack(m, "b", b, format);
        const nothing = m.both(
          m.eq(m.or(x, y), m.const(0)),
          m.eq(
            m.or(digits.countDigits(m, "a"), digits.countDigits(m, "b")),
            m.const(0),
          ),
        );
        m.set(order, m.select(nothing, m.const(0), signs));
      }, () => {
        const turned = m.sub(m.const(0), m.get(order));
        m.if(m.both(minus, other), () => m.set(order, turned));
      });
      const unequal = m.select(
        m.ltSigned(m.get(order), m.const(0)),
        m.const(8),
        m.const(4),
      );
      m.set(
        result,
        m.select(m.eq(m.get(order), m.const(0)), m.const(2), unequal),
      );
    });
    return m.get(result);
  },
);

/** LT GT EQ unordered = 8 4 2 1, as softfloat's `compare`. */
export function compare(
  m: Ops,
  a: Wide,
  b: Wide,
  { kind, format }: { kind: "ordered" | "unordered"; format: Size },
): Value {
  const ordered = m.const(kind === "ordered" ? 1 : 0);
  const name = formatValue(m, format);
  return m.call(COMPARE, a.high, a.low, b.high, b.low, name, ordered);
}

/** The sign, and whether the class, one bit of six, is in the mask. */
function matched(m: Ops, a: Wide, kind: Value, mask: Value): Value {
  const match = m.bit(m.nonZero(m.and(kind, mask)));
  return m.or(m.shl(m.shr(a.high, 63), 3), m.shl(match, 1));
}

const TEST_CLASS = subroutine(
  "decimal_test_class",
  4,
  (m, high, low, format, mask) => {
    const a = { high, low };
    unpack(m, "a", a, format);
    const { precision } = formatParts(m, format);
    const count = digits.countDigits(m, "a");
    const reach = m.add(exponentOf(m, a, format), count);
    const finite = m.select(
      m.eq(count, m.const(0)),
      m.const(32),
      m.select(m.ltUnsigned(reach, precision), m.const(16), m.const(8)),
    );
    const nan = m.select(isSignaling(m, a), m.const(1), m.const(2));
    const special = m.select(isNan(m, a), nan, m.const(4));
    const kind = m.select(isSpecial(m, a), special, finite);
    return matched(m, a, kind, mask);
  },
);

/** Whether DCM names the class of a (dtstdc). */
export function testClass(m: Ops, a: Wide, mask: Value, format: Size): Value {
  return m.call(TEST_CLASS, a.high, a.low, formatValue(m, format), mask);
}

const TEST_GROUP = subroutine(
  "decimal_test_group",
  4,
  (m, high, low, format, mask) => {
    const a = { high, low };
    unpack(m, "a", a, format);
    const { precision, most } = formatParts(m, format);
    const count = digits.countDigits(m, "a");
    const exponent = exponentOf(m, a, format);
    const extreme = m.either(
      m.eq(exponent, m.const(0)),
      m.eq(exponent, most),
    );
    const small = m.ltUnsigned(m.add(exponent, count), precision);
    const zero = m.select(extreme, m.const(16), m.const(32));
    const full = m.select(m.eq(count, precision), m.const(2), m.const(4));
    const number = m.select(m.either(extreme, small), m.const(8), full);
    const finite = m.select(m.eq(count, m.const(0)), zero, number);
    const kind = m.select(isSpecial(m, a), m.const(1), finite);
    return matched(m, a, kind, mask);
  },
);

/** Whether DGM names the group of a (dtstdg). */
export function testGroup(m: Ops, a: Wide, mask: Value, format: Size): Value {
  return m.call(TEST_GROUP, a.high, a.low, formatValue(m, format), mask);
}

/** LT GT EQ by exponents; special values equal only those of their kind. */
export function testExponents(m: Ops, a: Wide, b: Wide, format: Size): Value {
  const name = formatValue(m, format);
  const [ea, eb] = [exponentOf(m, a, name), exponentOf(m, b, name)];
  const order = m.select(
    m.ltUnsigned(ea, eb),
    m.const(8),
    m.select(m.eq(ea, eb), m.const(2), m.const(4)),
  );
  const alike = m.either(
    m.both(isNan(m, a), isNan(m, b)),
    m.both(isInfinite(m, a), isInfinite(m, b)),
  );
  return m.select(
    m.either(isSpecial(m, a), isSpecial(m, b)),
    m.select(alike, m.const(2), m.const(1)),
    order,
  );
}

const TEST_SIGNIFICANCE = subroutine(
  "decimal_test_significance",
  4,
  (m, wanted, high, low, format) => {
    const b = { high, low };
    unpack(m, "b", b, format);
    const count = digits.countDigits(m, "b");
    const order = m.select(
      m.ltUnsigned(wanted, count),
      m.const(8),
      m.select(m.eq(wanted, count), m.const(2), m.const(4)),
    );
    // 0 digits are fewer than any number has, and more than zero has.
    const any = m.eq(wanted, m.const(0));
    const finite = m.select(any, m.const(4), order);
    return m.select(isSpecial(m, b), m.const(1), finite);
  },
);

/** A number of digits compared with those that b has (dtstsf). */
export function testSignificance(
  m: Ops,
  wanted: Value,
  { high, low }: Wide,
  format: Size,
): Value {
  const name = formatValue(m, format);
  return m.call(TEST_SIGNIFICANCE, wanted, high, low, name);
}
