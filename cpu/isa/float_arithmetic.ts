/**
 * Floating-point arithmetic (Book I 4.6.6): each operation in double precision
 * (PO 63) and in single precision (PO 59).
 *
 * @module
 */
import type { Field, Ops } from "./ops.ts";
import { chapter, row } from "./row.ts";
import {
  type Binary,
  conclude,
  entering,
  FORMAT,
  type Format,
  type Fused,
  reciprocal,
  reciprocalSquareRoot,
  scalarAdd,
  scalarDivide,
  scalarMultiply,
  scalarMultiplyAdd,
  scalarMultiplySubtract,
  scalarNegativeMultiplyAdd,
  scalarNegativeMultiplySubtract,
  scalarSquareRoot,
  scalarSubtract,
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

function unary(operation: Unary, format: Format) {
  return (m: Ops, f: FromB) => {
    m.require("FP");
    const result = operation(m, m.fpr(f.FRB), format);
    conclude(m, () => m.setFpr(f.FRT, result), f.Rc);
  };
}

function binary(operation: Binary, format: Format) {
  return (m: Ops, f: FromAB) => {
    m.require("FP");
    const result = operation(m, m.fpr(f.FRA), m.fpr(f.FRB), format);
    conclude(m, () => m.setFpr(f.FRT, result), f.Rc);
  };
}

function product(format: Format) {
  return (m: Ops, f: FromAC) => {
    m.require("FP");
    const result = scalarMultiply(m, m.fpr(f.FRA), m.fpr(f.FRC), format);
    conclude(m, () => m.setFpr(f.FRT, result), f.Rc);
  };
}

function fused(operation: Fused, format: Format) {
  return (m: Ops, f: FromAB & FromAC) => {
    m.require("FP");
    const operands = { a: m.fpr(f.FRA), c: m.fpr(f.FRC), b: m.fpr(f.FRB) };
    const result = operation(m, operands, format);
    conclude(m, () => m.setFpr(f.FRT, result), f.Rc);
  };
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
      binary(scalarAdd, double),
    ),
    row(
      "fadds[.] FRT,FRA,FRB",
      "A_FRA_FRB",
      [59, 21],
      binary(scalarAdd, single),
    ),
    row(
      "fsub[.] FRT,FRA,FRB",
      "A_FRA_FRB",
      [63, 20],
      binary(scalarSubtract, double),
    ),
    row(
      "fsubs[.] FRT,FRA,FRB",
      "A_FRA_FRB",
      [59, 20],
      binary(scalarSubtract, single),
    ),
    row("fmul[.] FRT,FRA,FRC", "A_FRA_FRC", [63, 25], product(double)),
    row("fmuls[.] FRT,FRA,FRC", "A_FRA_FRC", [59, 25], product(single)),
    row(
      "fdiv[.] FRT,FRA,FRB",
      "A_FRA_FRB",
      [63, 18],
      binary(scalarDivide, double),
    ),
    row(
      "fdivs[.] FRT,FRA,FRB",
      "A_FRA_FRB",
      [59, 18],
      binary(scalarDivide, single),
    ),
    row("fsqrt[.] FRT,FRB", "A_FRB", [63, 22], unary(scalarSquareRoot, double)),
    row(
      "fsqrts[.] FRT,FRB",
      "A_FRB",
      [59, 22],
      unary(scalarSquareRoot, single),
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
    ["fmadd", 29, scalarMultiplyAdd],
    ["fmsub", 28, scalarMultiplySubtract],
    ["fnmadd", 31, scalarNegativeMultiplyAdd],
    ["fnmsub", 30, scalarNegativeMultiplySubtract],
  ] as const).flatMap(([name, xo, operation]) => [
    row(`${name}[.] FRT,FRA,FRC,FRB`, "A", [63, xo], fused(operation, double)),
    row(`${name}s[.] FRT,FRA,FRC,FRB`, "A", [59, xo], fused(operation, single)),
  ]),
);
