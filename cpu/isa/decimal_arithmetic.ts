/**
 * Decimal arithmetic, comparisons and tests (Book I 5.6.1 to 5.6.3).
 *
 * @module
 */
import {
  add,
  type Binary,
  divide,
  multiply,
  subtract,
} from "./decimal/arithmetic.ts";
import {
  compare,
  testClass,
  testExponents,
  testGroup,
  testSignificance,
} from "./decimal/compare.ts";
import { finish, LONG, PAIR } from "./decimal_operands.ts";
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import { conclude, enterComparison } from "./softfloat/mod.ts";

/** The long operation and, under a name with a `q`, the extended one. */
function arithmetic(name: string, xo: number, compute: Binary): Instruction[] {
  return [
    row(`${name}[.] FRT,FRA,FRB`, "X_FRA_FRB_Rc", [59, xo], (m, f) => {
      m.require("FP");
      const [a, b] = [LONG.read(m, f.FRA), LONG.read(m, f.FRB)];
      const target = { size: LONG, register: f.FRT, rc: f.Rc };
      finish(m, compute(m, a, b, "long"), target);
    }),
    row(
      `${name}q[.] FRTp,FRAp,FRBp`,
      "X_FRTp_FRAp_FRBp_Rc",
      [63, xo],
      (m, f) => {
        m.require("FP");
        const [a, b] = [PAIR.read(m, f.FRAp), PAIR.read(m, f.FRBp)];
        const target = { size: PAIR, register: f.FRTp, rc: f.Rc };
        finish(m, compute(m, a, b, "extended"), target);
      },
    ),
  ];
}

/** Arithmetic (Book I 5.6.1). */
export const decimalArithmetic = chapter(
  "Book I 5.6.1",
  "DFP Arithmetic Instructions",
  [
    ...arithmetic("dadd", 2, add),
    ...arithmetic("dsub", 514, subtract),
    ...arithmetic("dmul", 34, multiply),
    ...arithmetic("ddiv", 546, divide),
  ],
);

/** Four bits to FPCC and CR field BF. */
function setComparison(m: Ops, field: Field, result: Value): void {
  enterComparison(m, result);
  conclude(m, () => m.setCrField(field, result));
}

function comparison(
  name: string,
  xo: number,
  kind: "ordered" | "unordered",
): Instruction[] {
  return [
    row(`${name} BF,FRA,FRB`, "X_BF_FRA_FRB", [59, xo], (m, f) => {
      m.require("FP");
      const [a, b] = [LONG.read(m, f.FRA), LONG.read(m, f.FRB)];
      setComparison(m, f.BF, compare(m, a, b, { kind, format: "long" }));
    }),
    row(`${name}q BF,FRAp,FRBp`, "X_BF_FRAp_FRBp", [63, xo], (m, f) => {
      m.require("FP");
      const [a, b] = [PAIR.read(m, f.FRAp), PAIR.read(m, f.FRBp)];
      setComparison(m, f.BF, compare(m, a, b, { kind, format: "extended" }));
    }),
  ];
}

/** Comparisons (Book I 5.6.2). */
export const decimalComparison = chapter(
  "Book I 5.6.2",
  "DFP Compare Instructions",
  [
    ...comparison("dcmpu", 642, "unordered"),
    ...comparison("dcmpo", 130, "ordered"),
  ],
);

/** The low six bits of FRA: how many digits are asked for. */
function significanceOf(m: Ops, register: Field): Value {
  return m.and(m.fpr(register), m.const(63));
}

/** Tests (Book I 5.6.3). */
export const decimalTests = chapter(
  "Book I 5.6.3",
  "DFP Test Instructions",
  [
    row("dtstdc BF,FRA,DCM", "Z22_DCM", [59, 194], (m, f) => {
      m.require("FP");
      const a = LONG.read(m, f.FRA);
      setComparison(m, f.BF, testClass(m, a, m.field(f.DCM), "long"));
    }),
    row("dtstdcq BF,FRAp,DCM", "Z22_DCMp", [63, 194], (m, f) => {
      m.require("FP");
      const a = PAIR.read(m, f.FRAp);
      setComparison(m, f.BF, testClass(m, a, m.field(f.DCM), "extended"));
    }),
    row("dtstdg BF,FRA,DGM", "Z22_DGM", [59, 226], (m, f) => {
      m.require("FP");
      const a = LONG.read(m, f.FRA);
      setComparison(m, f.BF, testGroup(m, a, m.field(f.DGM), "long"));
    }),
    row("dtstdgq BF,FRAp,DGM", "Z22_DGMp", [63, 226], (m, f) => {
      m.require("FP");
      const a = PAIR.read(m, f.FRAp);
      setComparison(m, f.BF, testGroup(m, a, m.field(f.DGM), "extended"));
    }),
    row("dtstex BF,FRA,FRB", "X_BF_FRA_FRB", [59, 162], (m, f) => {
      m.require("FP");
      const [a, b] = [LONG.read(m, f.FRA), LONG.read(m, f.FRB)];
      setComparison(m, f.BF, testExponents(m, a, b, "long"));
    }),
    row("dtstexq BF,FRAp,FRBp", "X_BF_FRAp_FRBp", [63, 162], (m, f) => {
      m.require("FP");
      const [a, b] = [PAIR.read(m, f.FRAp), PAIR.read(m, f.FRBp)];
      setComparison(m, f.BF, testExponents(m, a, b, "extended"));
    }),
    row("dtstsf BF,FRA,FRB", "X_BF_FRA_FRB", [59, 674], (m, f) => {
      m.require("FP");
      const [k, b] = [significanceOf(m, f.FRA), LONG.read(m, f.FRB)];
      setComparison(m, f.BF, testSignificance(m, k, b, "long"));
    }),
    row("dtstsfq BF,FRA,FRBp", "X_BF_FRA_FRBp", [63, 674], (m, f) => {
      m.require("FP");
      const [k, b] = [significanceOf(m, f.FRA), PAIR.read(m, f.FRBp)];
      setComparison(m, f.BF, testSignificance(m, k, b, "extended"));
    }),
    row("dtstsfi BF,UIM,FRB", "X_BF_UIM_FRB", [59, 675], (m, f) => {
      m.require("FP");
      const [k, b] = [m.field(f.UIM), LONG.read(m, f.FRB)];
      setComparison(m, f.BF, testSignificance(m, k, b, "long"));
    }, { since: "3.0" }),
    row("dtstsfiq BF,UIM,FRBp", "X_BF_UIM_FRBp", [63, 675], (m, f) => {
      m.require("FP");
      const [k, b] = [m.field(f.UIM), PAIR.read(m, f.FRBp)];
      setComparison(m, f.BF, testSignificance(m, k, b, "extended"));
    }, { since: "3.0" }),
  ],
);
