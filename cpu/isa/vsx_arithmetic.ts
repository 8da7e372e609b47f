/**
 * VSX binary floating-point arithmetic, scalar and vector (Book I 7.6.3,
 * summary in 7.6.1.3).
 *
 * @module
 */
import type { Field, Ops, Value } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  type Binary,
  carryOut,
  conclude,
  elementAdd,
  elementDivide,
  elementMultiply,
  elementMultiplyAdd,
  elementMultiplySubtract,
  elementNegativeMultiplyAdd,
  elementNegativeMultiplySubtract,
  elementSquareRoot,
  elementSubtract,
  entering,
  enterSticky,
  FORMAT,
  type Format,
  type Fused,
  reciprocal,
  reciprocalSquareRoot,
  SCALAR,
  type Scalar,
  SCALAR_ROUND_TO_SINGLE,
  type Unary,
} from "./softfloat/mod.ts";
import {
  DOUBLES,
  type Elements,
  numberAt,
  numbers,
  SINGLES,
} from "./vsx_families.ts";

// ------------------------------------------------------------------ scalar

/** Doubleword 0 from what `operands` takes; the other becomes 0. */
function compute(
  m: Ops,
  scalar: Scalar,
  { XT, operands }: { XT: Field; operands: readonly Value[] },
): void {
  carryOut(m, scalar, {
    operands,
    write: (result) => m.setFpr(XT, result),
  });
}

function scalarTwo(name: string, xo: number, scalar: Scalar): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    const operands = [m.fpr(f.XA), m.fpr(f.XB)];
    compute(m, scalar, { XT: f.XT, operands });
  });
}

function scalarOne(name: string, xo: number, scalar: Scalar): Instruction {
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    compute(m, scalar, { XT: f.XT, operands: [m.fpr(f.XB)] });
  });
}

/** An estimate, which is always made in integers. */
function scalarEstimate(
  name: string,
  xo: number,
  estimate: Unary,
  format: Format,
): Instruction {
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    const result = estimate(m, m.fpr(f.XB), format);
    conclude(m, () => m.setFpr(f.XT, result));
  });
}

/** Whether XT is what is added (type A) or a factor (type M). */
type FusedType = "A" | "M";

function scalarFused(
  name: string,
  [xo, type]: readonly [number, FusedType],
  scalar: Scalar,
): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    const [a, t, x] = [m.fpr(f.XA), m.fpr(f.XT), m.fpr(f.XB)];
    const operands = type === "A" ? [a, x, t] : [a, t, x];
    compute(m, scalar, { XT: f.XT, operands });
  });
}

// ------------------------------------------------------------------ vector

function vectorTwo(
  name: string,
  xo: number,
  compute: Binary,
  elements: Elements,
): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    const [a, b] = [m.vsr(f.XA), m.vsr(f.XB)];
    const result = numbers(m, elements, (i) => {
      const x = numberAt(m, elements, a, i);
      return compute(m, x, numberAt(m, elements, b, i), elements.format);
    });
    enterSticky(m);
    conclude(m, () => m.setVsr(f.XT, result));
  });
}

function vectorOne(
  name: string,
  xo: number,
  compute: Unary,
  elements: Elements,
): Instruction {
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    const b = m.vsr(f.XB);
    const result = numbers(
      m,
      elements,
      (i) => compute(m, numberAt(m, elements, b, i), elements.format),
    );
    enterSticky(m);
    conclude(m, () => m.setVsr(f.XT, result));
  });
}

function vectorFused(
  name: string,
  [xo, type]: readonly [number, FusedType],
  compute: Fused,
  elements: Elements,
): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    const [va, vt, vb] = [m.vsr(f.XA), m.vsr(f.XT), m.vsr(f.XB)];
    const result = numbers(m, elements, (i) => {
      const a = numberAt(m, elements, va, i);
      const t = numberAt(m, elements, vt, i);
      const x = numberAt(m, elements, vb, i);
      const [b, c] = type === "A" ? [t, x] : [x, t];
      return compute(m, { a, c, b }, elements.format);
    });
    enterSticky(m);
    conclude(m, () => m.setVsr(f.XT, result));
  });
}

/** An estimate of 1 ÷ √b from a root that is rounded already. */
function reciprocalRoundedRoot(m: Ops, b: Value, format: Format): Value {
  return reciprocal(m, elementSquareRoot(m, b, format), format);
}

const { double, single } = FORMAT;

/** Scalar arithmetic: a row an instruction. */
export const vsxScalarArithmetic = chapter(
  "Book I 7.6.3",
  "VSX Scalar Floating-Point Arithmetic Instructions",
  [
    scalarTwo("xsadddp", 32, SCALAR.add.double),
    scalarTwo("xsaddsp", 0, SCALAR.add.single),
    scalarTwo("xssubdp", 40, SCALAR.subtract.double),
    scalarTwo("xssubsp", 8, SCALAR.subtract.single),
    scalarTwo("xsmuldp", 48, SCALAR.multiply.double),
    scalarTwo("xsmulsp", 16, SCALAR.multiply.single),
    scalarTwo("xsdivdp", 56, SCALAR.divide.double),
    scalarTwo("xsdivsp", 24, SCALAR.divide.single),
    scalarOne("xssqrtdp", 75, SCALAR.squareRoot.double),
    scalarOne("xssqrtsp", 11, SCALAR.squareRoot.single),
    scalarEstimate("xsredp", 90, entering(reciprocal), double),
    scalarEstimate("xsresp", 26, entering(reciprocal), single),
    scalarEstimate("xsrsqrtedp", 74, entering(reciprocalSquareRoot), double),
    scalarEstimate("xsrsqrtesp", 10, entering(reciprocalSquareRoot), single),
    scalarOne("xsrsp", 281, SCALAR_ROUND_TO_SINGLE),
    scalarFused("xsmaddadp", [33, "A"], SCALAR.multiplyAdd.double),
    scalarFused("xsmaddasp", [1, "A"], SCALAR.multiplyAdd.single),
    scalarFused("xsmaddmdp", [41, "M"], SCALAR.multiplyAdd.double),
    scalarFused("xsmaddmsp", [9, "M"], SCALAR.multiplyAdd.single),
    scalarFused("xsmsubadp", [49, "A"], SCALAR.multiplySubtract.double),
    scalarFused("xsmsubasp", [17, "A"], SCALAR.multiplySubtract.single),
    scalarFused("xsmsubmdp", [57, "M"], SCALAR.multiplySubtract.double),
    scalarFused("xsmsubmsp", [25, "M"], SCALAR.multiplySubtract.single),
    scalarFused("xsnmaddadp", [161, "A"], SCALAR.negativeMultiplyAdd.double),
    scalarFused("xsnmaddasp", [129, "A"], SCALAR.negativeMultiplyAdd.single),
    scalarFused("xsnmaddmdp", [169, "M"], SCALAR.negativeMultiplyAdd.double),
    scalarFused("xsnmaddmsp", [137, "M"], SCALAR.negativeMultiplyAdd.single),
    scalarFused(
      "xsnmsubadp",
      [177, "A"],
      SCALAR.negativeMultiplySubtract.double,
    ),
    scalarFused(
      "xsnmsubasp",
      [145, "A"],
      SCALAR.negativeMultiplySubtract.single,
    ),
    scalarFused(
      "xsnmsubmdp",
      [185, "M"],
      SCALAR.negativeMultiplySubtract.double,
    ),
    scalarFused(
      "xsnmsubmsp",
      [153, "M"],
      SCALAR.negativeMultiplySubtract.single,
    ),
  ],
);

/** Vector arithmetic: a row an instruction. */
export const vsxVectorArithmetic = chapter(
  "Book I 7.6.3",
  "VSX Vector Floating-Point Arithmetic Instructions",
  [
    vectorTwo("xvadddp", 96, elementAdd, DOUBLES),
    vectorTwo("xvaddsp", 64, elementAdd, SINGLES),
    vectorTwo("xvsubdp", 104, elementSubtract, DOUBLES),
    vectorTwo("xvsubsp", 72, elementSubtract, SINGLES),
    vectorTwo("xvmuldp", 112, elementMultiply, DOUBLES),
    vectorTwo("xvmulsp", 80, elementMultiply, SINGLES),
    vectorTwo("xvdivdp", 120, elementDivide, DOUBLES),
    vectorTwo("xvdivsp", 88, elementDivide, SINGLES),
    vectorOne("xvsqrtdp", 203, elementSquareRoot, DOUBLES),
    vectorOne("xvsqrtsp", 139, elementSquareRoot, SINGLES),
    vectorOne("xvredp", 218, reciprocal, DOUBLES),
    vectorOne("xvresp", 154, reciprocal, SINGLES),
    vectorOne("xvrsqrtedp", 202, reciprocalSquareRoot, DOUBLES),
    vectorOne("xvrsqrtesp", 138, reciprocalRoundedRoot, SINGLES),
    vectorFused("xvmaddadp", [97, "A"], elementMultiplyAdd, DOUBLES),
    vectorFused("xvmaddasp", [65, "A"], elementMultiplyAdd, SINGLES),
    vectorFused("xvmaddmdp", [105, "M"], elementMultiplyAdd, DOUBLES),
    vectorFused("xvmaddmsp", [73, "M"], elementMultiplyAdd, SINGLES),
    vectorFused("xvmsubadp", [113, "A"], elementMultiplySubtract, DOUBLES),
    vectorFused("xvmsubasp", [81, "A"], elementMultiplySubtract, SINGLES),
    vectorFused("xvmsubmdp", [121, "M"], elementMultiplySubtract, DOUBLES),
    vectorFused("xvmsubmsp", [89, "M"], elementMultiplySubtract, SINGLES),
    vectorFused("xvnmaddadp", [225, "A"], elementNegativeMultiplyAdd, DOUBLES),
    vectorFused("xvnmaddasp", [193, "A"], elementNegativeMultiplyAdd, SINGLES),
    vectorFused("xvnmaddmdp", [233, "M"], elementNegativeMultiplyAdd, DOUBLES),
    vectorFused("xvnmaddmsp", [201, "M"], elementNegativeMultiplyAdd, SINGLES),
    vectorFused(
      "xvnmsubadp",
      [241, "A"],
      elementNegativeMultiplySubtract,
      DOUBLES,
    ),
    vectorFused(
      "xvnmsubasp",
      [209, "A"],
      elementNegativeMultiplySubtract,
      SINGLES,
    ),
    vectorFused(
      "xvnmsubmdp",
      [249, "M"],
      elementNegativeMultiplySubtract,
      DOUBLES,
    ),
    vectorFused(
      "xvnmsubmsp",
      [217, "M"],
      elementNegativeMultiplySubtract,
      SINGLES,
    ),
  ],
);
