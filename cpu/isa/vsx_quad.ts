/**
 * Quad precision (Book I 7.6.3): arithmetic, conversions, comparisons, and
 * what handles signs, exponents and significands.
 *
 * @module
 */
import type { Field, Ops, Value, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  conclude,
  enterComparison,
  enterInteger,
  enterScalar,
  FORMAT,
  FPSCR,
  rounded,
} from "./softfloat/mod.ts";
import {
  add,
  compare,
  divide,
  enterQuad,
  exponentOf,
  FRACTION,
  fromDouble,
  fromInteger,
  isNan,
  multiply,
  multiplyAdd,
  negated,
  roundingMode,
  roundToInteger,
  significandOf,
  SPECIAL,
  squareRoot,
  subtract,
  toDouble,
  toExtended,
  toInteger,
} from "./softfloat/quad/mod.ts";
import { POWER9 } from "./vector_families.ts";
import { isNothing, type Wide } from "./wide.ts";

const SIGN = 1n << 63n;

function quadOf(m: Ops, register: Field): Wide {
  const x = m.vr(register);
  return { high: m.upper(x), low: m.lower(x) };
}

function vectorOf(m: Ops, { high, low }: Wide): Vector {
  return m.vector(high, low);
}

/** Enters a result into FPSCR and writes it to VRT. */
function write(m: Ops, target: Field, result: Wide): void {
  enterQuad(m, result);
  conclude(m, () => m.setVr(target, vectorOf(m, result)));
}

/** FPSCR[RN], or round to odd where RO is 1: a field that is known. */
function modeOf(m: Ops, ro: Field): Value {
  const mode = m.variable(roundingMode(m));
  m.when(ro, () => m.set(mode, roundingMode(m, "odd")));
  return m.get(mode);
}

// -------------------------------------------------------------- arithmetic

type Binary = (m: Ops, a: Wide, b: Wide, mode: Value) => Wide;

function binary(name: string, xo: number, compute: Binary): Instruction {
  return row(
    `${name}[o] VRT,VRA,VRB`,
    "X_VRT_VRA_VRB_RO",
    [63, xo],
    (m, f) => {
      m.require("VSX");
      const [a, b] = [quadOf(m, f.VRA), quadOf(m, f.VRB)];
      write(m, f.VRT, compute(m, a, b, modeOf(m, f.RO)));
    },
    POWER9,
  );
}

/** VRA × VRB ± VRT, perhaps negated once it is rounded. */
function fused(
  name: string,
  xo: number,
  { minus = false, negative = false }: { minus?: boolean; negative?: boolean },
): Instruction {
  return row(
    `${name}[o] VRT,VRA,VRB`,
    "X_VRT_VRA_VRB_RO",
    [63, xo],
    (m, f) => {
      m.require("VSX");
      const t = quadOf(m, f.VRT);
      const result = multiplyAdd(m, {
        a: quadOf(m, f.VRA),
        c: quadOf(m, f.VRB),
        b: minus ? negated(m, t) : t,
      }, modeOf(m, f.RO));
      write(m, f.VRT, negative ? negated(m, result) : result);
    },
    POWER9,
  );
}

/** Rows of quad-precision arithmetic. */
export const quadArithmetic = chapter(
  "Book I 7.6.3",
  "VSX Scalar Quad-Precision Arithmetic Instructions",
  [
    binary("xsaddqp", 4, add),
    binary("xsdivqp", 548, divide),
    binary("xsmulqp", 36, multiply),
    row("xssqrtqp[o] VRT,VRB", "X_VRT_VRB_RO", [63, 27, 804], (m, f) => {
      m.require("VSX");
      const b = quadOf(m, f.VRB);
      write(m, f.VRT, squareRoot(m, b, modeOf(m, f.RO)));
    }, POWER9),
    binary("xssubqp", 516, subtract),
    fused("xsmaddqp", 388, {}),
    fused("xsmsubqp", 420, { minus: true }),
    fused("xsnmaddqp", 452, { negative: true }),
    fused("xsnmsubqp", 484, { minus: true, negative: true }),
  ],
);

// -------------------------------------------------- conversion and rounding

function toIntegers(
  name: string,
  eo: number,
  format: { bytes: 4 | 8; signed: boolean },
): Instruction {
  return row(`${name} VRT,VRB`, "X_VRT_VRB", [63, eo, 836], (m, f) => {
    m.require("VSX");
    const fprf = m.and(m.reg("FPSCR"), m.const(FPSCR.FPRF));
    const result = toInteger(m, quadOf(m, f.VRB), format);
    enterInteger(m);
    // Undefined; it stays as it was.
    const others = m.and(m.reg("FPSCR"), m.const(~FPSCR.FPRF));
    m.setReg("FPSCR", m.or(others, fprf));
    conclude(m, () => m.setVr(f.VRT, m.vector(result, m.const(0))));
  }, POWER9);
}

function fromIntegers(name: string, eo: number, signed: boolean): Instruction {
  return row(`${name} VRT,VRB`, "X_VRT_VRB", [63, eo, 836], (m, f) => {
    m.require("VSX");
    write(m, f.VRT, fromInteger(m, m.upper(m.vr(f.VRB)), signed));
  }, POWER9);
}

/**
 * The mode that R and RMC ask for: with R = 0 to nearest, ties away from zero,
 * or FPSCR[RN]; with R = 1 as RN would be encoded.
 */
function immediateMode(m: Ops, { R, RMC }: Record<"R" | "RMC", Field>): Value {
  const rmc = m.field(RMC);
  const mode = m.variable(rmc);
  m.when(R, () => {}, () => {
    const named = m.select(
      m.eq(rmc, m.const(0)),
      roundingMode(m, "nearestAway"),
      // RMC 1 and 2 are reserved: to nearest even.
      roundingMode(m, "nearestEven"),
    );
    m.set(mode, m.select(m.eq(rmc, m.const(3)), roundingMode(m), named));
  });
  return m.get(mode);
}

/** Rows that convert and round. */
export const quadConvert = chapter(
  "Book I 7.6.3",
  "VSX Scalar Quad-Precision Convert and Round Instructions",
  [
    row("xscvdpqp VRT,VRB", "X_VRT_VRB", [63, 22, 836], (m, f) => {
      m.require("VSX");
      write(m, f.VRT, fromDouble(m, m.upper(m.vr(f.VRB))));
    }, POWER9),
    row("xscvqpdp[o] VRT,VRB", "X_VRT_VRB_RO", [63, 20, 836], (m, f) => {
      m.require("VSX");
      const b = quadOf(m, f.VRB);
      const result = m.variable(m.const(0));
      m.when(
        f.RO,
        () => m.set(result, toDouble(m, b, rounded(FORMAT.double, "odd"))),
        () => m.set(result, toDouble(m, b, FORMAT.double)),
      );
      const number = m.get(result);
      enterScalar(m, number, FORMAT.double);
      conclude(m, () => m.setVr(f.VRT, m.vector(number, m.const(0))));
    }, POWER9),
    toIntegers("xscvqpsdz", 25, { bytes: 8, signed: true }),
    toIntegers("xscvqpswz", 9, { bytes: 4, signed: true }),
    toIntegers("xscvqpudz", 17, { bytes: 8, signed: false }),
    toIntegers("xscvqpuwz", 1, { bytes: 4, signed: false }),
    fromIntegers("xscvsdqp", 10, true),
    fromIntegers("xscvudqp", 2, false),
    row("xsrqpi[x] R,VRT,VRB,RMC", "Z23_R_EX", [63, 5], (m, f) => {
      m.require("VSX");
      const mode = immediateMode(m, f);
      const b = quadOf(m, f.VRB);
      write(m, f.VRT, roundToInteger(m, b, mode, m.field(f.EX)));
    }, POWER9),
    row("xsrqpxp R,VRT,VRB,RMC", "Z23_R", [63, 37], (m, f) => {
      m.require("VSX");
      const mode = immediateMode(m, f);
      write(m, f.VRT, toExtended(m, quadOf(m, f.VRB), mode));
    }, POWER9),
  ],
);

// ----------------------------------------------------- comparison and tests

function comparison(
  name: string,
  xo: number,
  kind: "ordered" | "unordered",
): Instruction {
  return row(`${name} BF,VRA,VRB`, "X_BF_VRA_VRB", [63, xo], (m, f) => {
    m.require("VSX");
    const result = compare(m, quadOf(m, f.VRA), quadOf(m, f.VRB), kind);
    enterComparison(m, result);
    conclude(m, () => m.setCrField(f.BF, result));
  }, POWER9);
}

/** A NaN has no order; nothing is an exception. */
function compareExponents(m: Ops, a: Wide, b: Wide): Value {
  const [x, y] = [exponentOf(m, a), exponentOf(m, b)];
  const order = m.select(
    m.ltUnsigned(x, y),
    m.const(8),
    m.select(m.eq(x, y), m.const(2), m.const(4)),
  );
  return m.select(m.either(isNan(m, a), isNan(m, b)), m.const(1), order);
}

/** 1 where the number is of a class that DCMX names. */
function isOfClass(m: Ops, x: Wide, mask: Value): Value {
  const exponent = exponentOf(m, x);
  const whole = isNothing(m, {
    high: m.and(x.high, m.const(FRACTION)),
    low: x.low,
  });
  const special = m.eq(exponent, m.const(SPECIAL));
  const tiny = m.eq(exponent, m.const(0));
  // Each is a pair of bits, first for +; there is one bit for any NaN.
  const minus = m.shr(x.high, 63);
  function signed(plus: number): Value {
    return m.shr(m.const(plus), minus);
  }
  const wanted = m.select(
    special,
    m.select(whole, signed(32), m.const(64)),
    m.select(tiny, m.select(whole, signed(8), signed(2)), m.const(0)),
  );
  return m.bit(m.nonZero(m.and(wanted, mask)));
}

/** Rows that compare and test. */
export const quadCompare = chapter(
  "Book I 7.6.3",
  "VSX Scalar Quad-Precision Compare and Test Instructions",
  [
    row("xscmpexpqp BF,VRA,VRB", "X_BF_VRA_VRB", [63, 164], (m, f) => {
      m.require("VSX");
      const [a, b] = [quadOf(m, f.VRA), quadOf(m, f.VRB)];
      const result = compareExponents(m, a, b);
      enterComparison(m, result);
      conclude(m, () => m.setCrField(f.BF, result));
    }, POWER9),
    comparison("xscmpoqp", 132, "ordered"),
    comparison("xscmpuqp", 644, "unordered"),
    row("xststdcqp BF,VRB,DCMX", "X_BF_DCMX", [63, 708], (m, f) => {
      m.require("VSX");
      const b = quadOf(m, f.VRB);
      const match = isOfClass(m, b, m.field(f.DCMX));
      const result = m.or(m.shl(m.shr(b.high, 63), 3), m.shl(match, 1));
      enterComparison(m, result);
      conclude(m, () => m.setCrField(f.BF, result));
    }, POWER9),
  ],
);

// ------------------------------------------- signs, exponents, significands

/** VRT from VRB, whose doubleword 0 alone changes. */
function sign(
  name: string,
  eo: number,
  change: (m: Ops, high: Value) => Value,
): Instruction {
  return row(`${name} VRT,VRB`, "X_VRT_VRB", [63, eo, 804], (m, f) => {
    m.require("VSX");
    const { high, low } = quadOf(m, f.VRB);
    m.setVr(f.VRT, m.vector(change(m, high), low));
  }, POWER9);
}

/** Rows that handle signs, exponents and significands. */
export const quadParts = chapter(
  "Book I 7.6.3",
  "VSX Scalar Quad-Precision Sign, Exponent and Significand Instructions",
  [
    sign("xsabsqp", 0, (m, high) => m.and(high, m.const(~SIGN))),
    row("xscpsgnqp VRT,VRA,VRB", "X_VRT_VRA_VRB", [63, 100], (m, f) => {
      m.require("VSX");
      const { high, low } = quadOf(m, f.VRB);
      const minus = m.and(m.upper(m.vr(f.VRA)), m.const(SIGN));
      const magnitude = m.and(high, m.const(~SIGN));
      m.setVr(f.VRT, m.vector(m.or(magnitude, minus), low));
    }, POWER9),
    row("xsiexpqp VRT,VRA,VRB", "X_VRT_VRA_VRB", [63, 868], (m, f) => {
      m.require("VSX");
      const { high, low } = quadOf(m, f.VRA);
      const exponent = m.and(m.upper(m.vr(f.VRB)), m.const(SPECIAL));
      const rest = m.and(high, m.const(SIGN | FRACTION));
      m.setVr(f.VRT, m.vector(m.or(rest, m.shl(exponent, 48)), low));
    }, POWER9),
    sign("xsnabsqp", 8, (m, high) => m.or(high, m.const(SIGN))),
    sign("xsnegqp", 16, (m, high) => m.xor(high, m.const(SIGN))),
    row("xsxexpqp VRT,VRB", "X_VRT_VRB", [63, 2, 804], (m, f) => {
      m.require("VSX");
      const exponent = exponentOf(m, quadOf(m, f.VRB));
      m.setVr(f.VRT, m.vector(exponent, m.const(0)));
    }, POWER9),
    row("xsxsigqp VRT,VRB", "X_VRT_VRB", [63, 18, 804], (m, f) => {
      m.require("VSX");
      const b = quadOf(m, f.VRB);
      const special = m.eq(exponentOf(m, b), m.const(SPECIAL));
      const fraction = m.and(b.high, m.const(FRACTION));
      const high = m.select(special, fraction, significandOf(m, b).high);
      m.setVr(f.VRT, m.vector(high, b.low));
    }, POWER9),
  ],
);
