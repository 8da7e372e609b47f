/**
 * VSX sign, exponent and significand instructions and tests of operands (Book
 * I 7.6.3, summaries in 7.6.1.2 and 7.6.1.10).
 *
 * @module
 */
import type { Condition, Ops, Value, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  conclude,
  enterComparison,
  isNan,
  narrow,
  widen,
} from "./softfloat/mod.ts";
import { type Subroutine, subroutine } from "./subroutine.ts";
import { type Binary, POWER9, type Unary } from "./vector_families.ts";

/** A format as its bits lie in an element. */
interface Layout {
  readonly bytes: 4 | 8;
  /** Width of the fraction, below the exponent. */
  readonly fraction: number;
  readonly bias: number;
}

const DOUBLE: Layout = { bytes: 8, fraction: 52, bias: 1023 };
const SINGLE: Layout = { bytes: 4, fraction: 23, bias: 127 };
/** The least exponent of a normal single, biased as a double's. */
const LEAST_SINGLE = 1023 - 126;

function signBit({ bytes }: Layout): bigint {
  return 1n << BigInt(8 * bytes - 1);
}

function fractionMask({ fraction }: Layout): bigint {
  return (1n << BigInt(fraction)) - 1n;
}

/** The greatest exponent, of infinities and NaNs. */
function specialExponent({ bias }: Layout): number {
  return 2 * bias + 1;
}

function exponentOf(m: Ops, layout: Layout, x: Value): Value {
  return m.and(m.shr(x, layout.fraction), m.const(specialExponent(layout)));
}

function fractionOf(m: Ops, layout: Layout, x: Value): Value {
  return m.and(x, m.const(fractionMask(layout)));
}

// -------------------------------------------------------------------- sign

/** Doubleword 0 of XT; the other becomes 0. */
function scalar(m: Ops, x: Vector): Vector {
  return m.vector(m.upper(x), m.const(0));
}

function unary(name: string, xo: number, compute: Unary): Instruction {
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    m.setVsr(f.XT, compute(m, m.vsr(f.XB)));
  });
}

function binary(
  name: string,
  xo: number,
  compute: Binary,
  options = {},
): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    m.setVsr(f.XT, compute(m, m.vsr(f.XA), m.vsr(f.XB)));
  }, options);
}

/** Sets (or), clears (andnot) or turns (xor) every sign. */
function signs(layout: Layout, operation: "or" | "andnot" | "xor"): Unary {
  const bit = signBit(layout);
  return (m, b) =>
    m.simd(`v128.${operation}`, b, m.splat(layout.bytes, m.const(bit)));
}

function copySign(layout: Layout): Binary {
  const bit = signBit(layout);
  return (m, a, b) => m.simdSelect(m.splat(layout.bytes, m.const(bit)), a, b);
}

function firstOnly(compute: Unary): Unary {
  return (m, b) => scalar(m, compute(m, b));
}

/** Sign manipulation: a row an instruction. */
export const vsxSigns = chapter(
  "Book I 7.6.3",
  "VSX Floating-Point Sign Manipulation Instructions",
  [
    unary("xsabsdp", 345, firstOnly(signs(DOUBLE, "andnot"))),
    binary("xscpsgndp", 176, (m, a, b) => scalar(m, copySign(DOUBLE)(m, a, b))),
    unary("xsnabsdp", 361, firstOnly(signs(DOUBLE, "or"))),
    unary("xsnegdp", 377, firstOnly(signs(DOUBLE, "xor"))),
    unary("xvabsdp", 473, signs(DOUBLE, "andnot")),
    unary("xvabssp", 409, signs(SINGLE, "andnot")),
    binary("xvcpsgndp", 240, copySign(DOUBLE)),
    binary("xvcpsgnsp", 208, copySign(SINGLE)),
    unary("xvnabsdp", 489, signs(DOUBLE, "or")),
    unary("xvnabssp", 425, signs(SINGLE, "or")),
    unary("xvnegdp", 505, signs(DOUBLE, "xor")),
    unary("xvnegsp", 441, signs(SINGLE, "xor")),
  ],
);

// ---------------------------------------------- exponent and significand

/** The fraction with its implicit bit, where the number is normal. */
function significandOf(m: Ops, layout: Layout, x: Value): Value {
  const exponent = exponentOf(m, layout, x);
  const fraction = fractionOf(m, layout, x);
  // 1 to the greatest exponent less one.
  const normal = m.ltUnsigned(
    m.sub(exponent, m.const(1)),
    m.const(specialExponent(layout) - 1),
  );
  const implicit = m.const(1n << BigInt(layout.fraction));
  return m.select(normal, m.or(fraction, implicit), fraction);
}

/** Sign and fraction of one, the exponent from the low bits of the other. */
function insertExponent(layout: Layout): Binary {
  const { bytes, fraction } = layout;
  const kept = signBit(layout) | fractionMask(layout);
  const exponent = BigInt(specialExponent(layout)) << BigInt(fraction);
  return (m, a, b) => {
    const mask = m.splat(bytes, m.const(kept));
    const moved = m.simdShift("shl", bytes, b, m.const(fraction));
    const placed = m.splat(bytes, m.const(exponent));
    return m.simd(
      "v128.or",
      m.simd("v128.and", a, mask),
      m.simd("v128.and", moved, placed),
    );
  };
}

function extracted(
  name: string,
  eo: number,
  { bytes }: Layout,
  compute: (m: Ops, x: Value) => Value,
): Instruction {
  return row(`${name} XT,XB`, "XX2_EO", [60, eo, 475], (m, f) => {
    m.require("VSX");
    const b = m.vsr(f.XB);
    m.setVsr(
      f.XT,
      m.elements(bytes, (i) => compute(m, m.element(bytes, b, i))),
    );
  }, POWER9);
}

/** Exponents and significands: a row an instruction. */
export const vsxExponents = chapter(
  "Book I 7.6.3",
  "VSX Floating-Point Exponent and Significand Instructions",
  [
    row("xsiexpdp XT,RA,RB", "XX1", [60, 918], (m, f) => {
      m.require("VSX");
      const kept = m.const(signBit(DOUBLE) | fractionMask(DOUBLE));
      const exponent = m.and(m.gpr(f.RB), m.const(0x7ff));
      const number = m.or(m.and(m.gpr(f.RA), kept), m.shl(exponent, 52));
      m.setVsr(f.XT, m.vector(number, m.const(0)));
    }, POWER9),
    row("xsxexpdp RT,XB", "XX2_EO_RT", [60, 0, 347], (m, f) => {
      m.require("VSX");
      m.setGpr(f.RT, exponentOf(m, DOUBLE, m.upper(m.vsr(f.XB))));
    }, POWER9),
    row("xsxsigdp RT,XB", "XX2_EO_RT", [60, 1, 347], (m, f) => {
      m.require("VSX");
      m.setGpr(f.RT, significandOf(m, DOUBLE, m.upper(m.vsr(f.XB))));
    }, POWER9),
    binary("xviexpdp", 248, insertExponent(DOUBLE), POWER9),
    binary("xviexpsp", 216, insertExponent(SINGLE), POWER9),
    extracted("xvxexpdp", 0, DOUBLE, (m, x) => exponentOf(m, DOUBLE, x)),
    extracted("xvxexpsp", 8, SINGLE, (m, x) => exponentOf(m, SINGLE, x)),
    extracted("xvxsigdp", 1, DOUBLE, (m, x) => significandOf(m, DOUBLE, x)),
    extracted("xvxsigsp", 9, SINGLE, (m, x) => significandOf(m, SINGLE, x)),
  ],
);

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
    const x = m.upper(m.vsr(f.XB));
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
      const [a, b] = [m.upper(m.vsr(f.XA)), m.upper(m.vsr(f.XB))];
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
