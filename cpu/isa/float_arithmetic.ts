/**
 * Floating-point arithmetic (Book I 4.6.6): each operation in double precision
 * (PO 63) and in single precision (PO 59).
 *
 * @module
 */
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, row } from "./row.ts";
import {
  carryOut,
  conclude,
  entering,
  FORMAT,
  type Format,
  reciprocal,
  reciprocalSquareRoot,
  SCALAR,
  type Scalar,
  TEST_DIVIDE,
  TEST_SQUARE_ROOT,
  type Unary,
} from "./softfloat/mod.ts";

const { double, single } = FORMAT;

interface Target {
  readonly FRT: Field;
  readonly Rc: Field;
}

interface FromB extends Target {
  readonly FRB: Field;
}

interface FromAB extends FromB {
  readonly FRA: Field;
}

interface FromAC extends Target {
  readonly FRA: Field;
  readonly FRC: Field;
}

/** An estimate, which is always made in integers. */
function unary(operation: Unary, format: Format) {
  return (m: Ops, f: FromB) => {
    m.require("FP");
    const result = operation(m, m.fpr(f.FRB), format);
    conclude(m, () => m.setFpr(f.FRT, result), f.Rc);
  };
}

/** FRT from what `operands` takes. */
function arithmetic<F extends Target>(
  scalar: Scalar,
  operands: (m: Ops, f: F) => readonly Value[],
) {
  return (m: Ops, f: F) => {
    m.require("FP");
    carryOut(m, scalar, {
      operands: operands(m, f),
      write: (result) => m.setFpr(f.FRT, result),
      rc: f.Rc,
    });
  };
}

function root(scalar: Scalar) {
  return arithmetic(scalar, (m, f: FromB) => [m.fpr(f.FRB)]);
}

function binary(scalar: Scalar) {
  return arithmetic(
    scalar,
    (m, f: FromAB) => [m.fpr(f.FRA), m.fpr(f.FRB)],
  );
}

function product(scalar: Scalar) {
  return arithmetic(
    scalar,
    (m, f: FromAC) => [m.fpr(f.FRA), m.fpr(f.FRC)],
  );
}

function fused(scalar: Scalar) {
  return arithmetic(
    scalar,
    (m, f: FromAB & FromAC) => [m.fpr(f.FRA), m.fpr(f.FRC), m.fpr(f.FRB)],
  );
}

const estimate = entering(reciprocal);
const rootEstimate = entering(reciprocalSquareRoot);

/** Elementary arithmetic (Book I 4.6.6.1). */
export const floatArithmetic = chapter(
  "Book I 4.6.6.1",
  "Floating-Point Elementary Arithmetic Instructions",
  [
    row(
      "fadd[.] FRT,FRA,FRB",
      "A_FRA_FRB",
      [63, 21],
      binary(SCALAR.add.double),
    ),
    row(
      "fadds[.] FRT,FRA,FRB",
      "A_FRA_FRB",
      [59, 21],
      binary(SCALAR.add.single),
    ),
    row(
      "fsub[.] FRT,FRA,FRB",
      "A_FRA_FRB",
      [63, 20],
      binary(SCALAR.subtract.double),
    ),
    row(
      "fsubs[.] FRT,FRA,FRB",
      "A_FRA_FRB",
      [59, 20],
      binary(SCALAR.subtract.single),
    ),
    row(
      "fmul[.] FRT,FRA,FRC",
      "A_FRA_FRC",
      [63, 25],
      product(SCALAR.multiply.double),
    ),
    row(
      "fmuls[.] FRT,FRA,FRC",
      "A_FRA_FRC",
      [59, 25],
      product(SCALAR.multiply.single),
    ),
    row(
      "fdiv[.] FRT,FRA,FRB",
      "A_FRA_FRB",
      [63, 18],
      binary(SCALAR.divide.double),
    ),
    row(
      "fdivs[.] FRT,FRA,FRB",
      "A_FRA_FRB",
      [59, 18],
      binary(SCALAR.divide.single),
    ),
    row("fsqrt[.] FRT,FRB", "A_FRB", [63, 22], root(SCALAR.squareRoot.double)),
    row(
      "fsqrts[.] FRT,FRB",
      "A_FRB",
      [59, 22],
      root(SCALAR.squareRoot.single),
    ),
    row("fre[.] FRT,FRB", "A_FRB", [63, 24], unary(estimate, double)),
    row("fres[.] FRT,FRB", "A_FRB", [59, 24], unary(estimate, single)),
    row("frsqrte[.] FRT,FRB", "A_FRB", [63, 26], unary(rootEstimate, double)),
    row("frsqrtes[.] FRT,FRB", "A_FRB", [59, 26], unary(rootEstimate, single)),
    row("ftdiv BF,FRA,FRB", "X_BF_FRA_FRB", [63, 128], (m, f) => {
      m.require("FP");
      m.setCrField(f.BF, m.call(TEST_DIVIDE, m.fpr(f.FRA), m.fpr(f.FRB)));
    }),
    row("ftsqrt BF,FRB", "X_BF_FRB", [63, 160], (m, f) => {
      m.require("FP");
      m.setCrField(f.BF, m.call(TEST_SQUARE_ROOT, m.fpr(f.FRB)));
    }),
  ],
);

/** Multiply-add (Book I 4.6.6.2). */
export const floatMultiplyAdd = chapter(
  "Book I 4.6.6.2",
  "Floating-Point Multiply-Add Instructions",
  ([
    ["fmadd", 29, SCALAR.multiplyAdd],
    ["fmsub", 28, SCALAR.multiplySubtract],
    ["fnmadd", 31, SCALAR.negativeMultiplyAdd],
    ["fnmsub", 30, SCALAR.negativeMultiplySubtract],
  ] as const).flatMap(([name, xo, { double, single }]) => [
    row(`${name}[.] FRT,FRA,FRC,FRB`, "A", [63, xo], fused(double)),
    row(`${name}s[.] FRT,FRA,FRC,FRB`, "A", [59, xo], fused(single)),
  ]),
);
