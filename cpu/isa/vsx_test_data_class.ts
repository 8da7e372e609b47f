/**
 * VSX tests of operands (Book I 7.6.3): data class, exponents, and whether a
 * software division or square root may go wrong.
 *
 * @module
 */
import type { Condition, Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  conclude,
  enterComparison,
  isNan,
  narrow,
  widen,
} from "./softfloat/mod.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";
import { POWER9 } from "./vector_families.ts";
import {
  DOUBLE,
  exponentOf,
  fractionOf,
  type Layout,
  signBit,
  SINGLE,
  specialExponent,
} from "./vsx_layout.ts";

/** The least exponent of a normal single, biased as a double's. */
const LEAST_SINGLE = 1023 - 126;

// ------------------------------------------------------------- data class

/**
 * Whether a number is of a class that the mask DCMX names: NaN 64, infinity
 * 32 and 16, zero 8 and 4, denormalized 2 and 1, each first for +.
 */
function isOfClass(m: Ops, layout: Layout, x: Value, mask: Value): Condition {
  const exponent = exponentOf(m, layout, x);
  const fraction = fractionOf(m, layout, x);
  const special = m.eq(exponent, m.const(specialExponent(layout)));
  const tiny = m.eq(exponent, m.const(0));
  const whole = m.eq(fraction, m.const(0));
  const pair = m.select(
    special,
    m.select(whole, m.const(32), m.const(64)),
    m.select(
      tiny,
      m.select(whole, m.const(8), m.const(2)),
      m.const(0),
    ),
  );
  const minus = m.and(m.shr(x, 8 * layout.bytes - 1), m.const(1));
  const nan = m.both(special, m.negate(whole));
  const wanted = m.select(nan, pair, m.shr(pair, minus));
  return m.nonZero(m.and(wanted, mask));
}

/** What is denormalized as a single, but not in a register, made so there. */
function likeSingle(m: Ops, x: Value): Value {
  const small = m.ltUnsigned(exponentOf(m, DOUBLE, x), m.const(LEAST_SINGLE));
  const denormalized = m.or(m.and(x, m.const(signBit(DOUBLE))), m.const(1));
  const whole = m.eq(m.shl(x, 1), m.const(0));
  return m.select(m.both(small, m.negate(whole)), denormalized, x);
}

/** Whether a single holds the number. */
function isSingle(m: Ops, x: Value): Condition {
  return m.eq(widen(m, narrow(m, x)), x);
}

function testScalar(
  name: string,
  xo: number,
  test: (m: Ops, x: Value, mask: Value) => Value,
): Instruction {
  return row(`${name} BF,XB,DCMX`, "XX2_BF_DCMX", [60, xo], (m, f) => {
    m.require("VSX");
    const x = m.fpr(f.XB);
    const sign = m.shl(m.shr(x, 63), 3);
    const result = m.or(sign, test(m, x, m.field(f.DCMX)));
    enterComparison(m, result);
    conclude(m, () => m.setCrField(f.BF, result));
  }, POWER9);
}

function testVector(
  name: string,
  [xo, second]: readonly [number, number],
  layout: Layout,
): Instruction {
  const { bytes } = layout;
  return row(`${name} XT,XB,DCMX`, "XX2_DCMX", [60, xo, second], (m, f) => {
    m.require("VSX");
    const [b, mask] = [m.vsr(f.XB), m.field(f.DCMX)];
    const result = m.elements(bytes, (i) => {
      const x = m.element(bytes, b, i);
      return m.sub(m.const(0), m.bit(isOfClass(m, layout, x, mask)));
    });
    m.setVsr(f.XT, result);
  }, POWER9);
}

// ------------------------------------------- divide and square root tests

/** Exponents, biased, beyond which a software iteration needs care. */
interface Limits {
  readonly layout: Layout;
  /** The greatest distance of two exponents. */
  readonly distance: number;
  /** Up to here a dividend or radicand is too small. */
  readonly least: number;
}

const DOUBLE_LIMITS: Limits = {
  layout: DOUBLE,
  distance: 1023,
  least: 1023 - 970,
};
const SINGLE_LIMITS: Limits = {
  layout: SINGLE,
  distance: 127,
  least: 127 - 103,
};

/** Zero, infinite or denormalized. */
function isExtreme(m: Ops, layout: Layout, x: Value): Condition {
  const exponent = exponentOf(m, layout, x);
  const whole = m.eq(fractionOf(m, layout, x), m.const(0));
  const special = m.eq(exponent, m.const(specialExponent(layout)));
  return m.either(
    m.eq(exponent, m.const(0)),
    m.both(special, whole),
  );
}

/** FG and FE as bits 4 and 2 of a CR field. */
function flags(m: Ops, fg: Condition, fe: Condition): Value {
  return m.or(m.shl(m.bit(fg), 2), m.shl(m.bit(fe), 1));
}

function isZero(m: Ops, { bytes }: Layout, x: Value): Condition {
  return m.eq(m.shl(x, 65 - 8 * bytes), m.const(0));
}

function divideTest(name: string, limits: Limits): Subroutine {
  const { layout, distance: most, least } = limits;
  const special = specialExponent(layout);
  return subroutine(name, 2, (m, a, b) => {
    const ea = exponentOf(m, layout, a);
    const eb = exponentOf(m, layout, b);
    const distance = m.sub(ea, eb);
    const infinite = m.both(
      m.eq(ea, m.const(special)),
      m.eq(fractionOf(m, layout, a), m.const(0)),
    );
    // Also where it is a zero, denormalized, infinite or a NaN.
    const divisor = m.either(
      m.leUnsigned(eb, m.const(1)),
      m.leUnsigned(m.const(special - 3), eb),
    );
    const quotient = m.either(
      m.leUnsigned(ea, m.const(least)),
      m.either(
        m.leSigned(m.const(most), distance),
        m.leSigned(distance, m.const(2 - most)),
      ),
    );
    const fe = m.either(
      m.either(m.eq(ea, m.const(special)), divisor),
      m.both(m.negate(isZero(m, layout, a)), quotient),
    );
    return flags(m, m.either(infinite, isExtreme(m, layout, b)), fe);
  });
}

function squareRootTest(name: string, limits: Limits): Subroutine {
  const { layout, least } = limits;
  return subroutine(name, 1, (m, b) => {
    const exponent = exponentOf(m, layout, b);
    const minus = m.nonZero(m.and(b, m.const(signBit(layout))));
    const fe = m.either(
      m.either(m.eq(exponent, m.const(specialExponent(layout))), minus),
      m.leUnsigned(exponent, m.const(least)),
    );
    return flags(m, isExtreme(m, layout, b), fe);
  });
}

const DIVIDE = {
  8: divideTest("vsx_test_divide_double", DOUBLE_LIMITS),
  4: divideTest("vsx_test_divide_single", SINGLE_LIMITS),
} as const;
const SQUARE_ROOT = {
  8: squareRootTest("vsx_test_square_root_double", DOUBLE_LIMITS),
  4: squareRootTest("vsx_test_square_root_single", SINGLE_LIMITS),
} as const;

type Scope = "scalar" | "vector";

function elementNumbers(bytes: 4 | 8, scope: Scope): number[] {
  return Array.from(
    { length: scope === "scalar" ? 1 : 16 / bytes },
    (_, i) => i,
  );
}

/** CR field BF gets 1, FG, FE of any element, 0. */
function testDivide(
  name: string,
  xo: number,
  bytes: 4 | 8,
  scope: Scope,
): Instruction {
  return row(`${name} BF,XA,XB`, "XX3_BF", [60, xo], (m, f) => {
    m.require("VSX");
    const [a, b] = [m.vsr(f.XA), m.vsr(f.XB)];
    const found = elementNumbers(bytes, scope).map((i) =>
      m.call(DIVIDE[bytes], m.element(bytes, a, i), m.element(bytes, b, i))
    );
    const all = found.reduce((x, y) => m.or(x, y), m.const(8));
    m.setCrField(f.BF, all);
  });
}

function testSquareRoot(
  name: string,
  xo: number,
  bytes: 4 | 8,
  scope: Scope,
): Instruction {
  return row(`${name} BF,XB`, "XX2_BF", [60, xo], (m, f) => {
    m.require("VSX");
    const b = m.vsr(f.XB);
    const found = elementNumbers(bytes, scope).map((i) =>
      m.call(SQUARE_ROOT[bytes], m.element(bytes, b, i))
    );
    m.setCrField(f.BF, found.reduce((x, y) => m.or(x, y), m.const(8)));
  });
}

/** A NaN has no order; nothing is an exception. */
function compareExponents(m: Ops, a: Value, b: Value): Value {
  const [ea, eb] = [exponentOf(m, DOUBLE, a), exponentOf(m, DOUBLE, b)];
  const order = m.select(
    m.ltUnsigned(ea, eb),
    m.const(8),
    m.select(m.eq(ea, eb), m.const(2), m.const(4)),
  );
  return m.select(m.either(isNan(m, a), isNan(m, b)), m.const(1), order);
}

/** Tests: a row an instruction. */
export const vsxTests = chapter(
  "Book I 7.6.3",
  "VSX Floating-Point Test Instructions",
  [
    row("xscmpexpdp BF,XA,XB", "XX3_BF", [60, 59], (m, f) => {
      m.require("VSX");
      const [a, b] = [m.fpr(f.XA), m.fpr(f.XB)];
      const result = compareExponents(m, a, b);
      enterComparison(m, result);
      conclude(m, () => m.setCrField(f.BF, result));
    }, POWER9),
    testDivide("xstdivdp", 61, 8, "scalar"),
    testSquareRoot("xstsqrtdp", 106, 8, "scalar"),
    testScalar(
      "xststdcdp",
      362,
      (m, x, mask) => m.shl(m.bit(isOfClass(m, DOUBLE, x, mask)), 1),
    ),
    testScalar("xststdcsp", 298, (m, x, mask) => {
      const single = likeSingle(m, x);
      const match = m.shl(m.bit(isOfClass(m, DOUBLE, single, mask)), 1);
      return m.or(match, m.bit(m.negate(isSingle(m, x))));
    }),
    testDivide("xvtdivdp", 125, 8, "vector"),
    testDivide("xvtdivsp", 93, 4, "vector"),
    testSquareRoot("xvtsqrtdp", 234, 8, "vector"),
    testSquareRoot("xvtsqrtsp", 170, 4, "vector"),
    testVector("xvtstdcdp", [15, 5], DOUBLE),
    testVector("xvtstdcsp", [13, 5], SINGLE),
  ],
);
