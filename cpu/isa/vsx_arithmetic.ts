/**
 * VSX binary floating-point arithmetic, scalar and vector (Book I 7.6.3,
 * summary in 7.6.1.3).
 *
 * @module
 */
import type { Field, Ops, Value, Vector } from "./ops.ts";
import { chapter, type Instruction, row } from "./row.ts";
import {
  type Binary,
  carryOut,
  carryOutVectors,
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
  QUICK_VECTORS,
  type QuickVectors,
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

/** An operation on elements, and its quick way for all of them at once. */
interface Elementwise<T> {
  readonly element: T;
  readonly quick: QuickVectors;
}

/** XT from numbers of up to three vectors. */
function elementwise(
  m: Ops,
  XT: Field,
  { elements, quick, operands, element }: {
    elements: Elements;
    quick: QuickVectors;
    operands: readonly [Vector, Vector, Vector];
    element: (index: number) => Value;
  },
): void {
  const write = (result: Vector) => m.setVsr(XT, result);
  carryOutVectors(m, quick, {
    bytes: elements.bytes,
    operands,
    write,
    long() {
      const result = numbers(m, elements, element);
      enterSticky(m);
      conclude(m, () => write(result));
    },
  });
}

function vectorTwo(
  name: string,
  xo: number,
  { element, quick }: Elementwise<Binary>,
  elements: Elements,
): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    const [a, b] = [m.vsr(f.XA), m.vsr(f.XB)];
    elementwise(m, f.XT, {
      elements,
      quick,
      operands: [a, b, b],
      element(i) {
        const x = numberAt(m, elements, a, i);
        return element(m, x, numberAt(m, elements, b, i), elements.format);
      },
    });
  });
}

function vectorRoot(
  name: string,
  xo: number,
  { element, quick }: Elementwise<Unary>,
  elements: Elements,
): Instruction {
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    const b = m.vsr(f.XB);
    elementwise(m, f.XT, {
      elements,
      quick,
      operands: [b, b, b],
      element: (i) => element(m, numberAt(m, elements, b, i), elements.format),
    });
  });
}

/** An estimate, which is always made in integers. */
function vectorEstimate(
  name: string,
  xo: number,
  estimate: Unary,
  elements: Elements,
): Instruction {
  return row(`${name} XT,XB`, "XX2", [60, xo], (m, f) => {
    m.require("VSX");
    const b = m.vsr(f.XB);
    const result = numbers(
      m,
      elements,
      (i) => estimate(m, numberAt(m, elements, b, i), elements.format),
    );
    enterSticky(m);
    conclude(m, () => m.setVsr(f.XT, result));
  });
}

function vectorFused(
  name: string,
  [xo, type]: readonly [number, FusedType],
  { element, quick }: Elementwise<Fused>,
  elements: Elements,
): Instruction {
  return row(`${name} XT,XA,XB`, "XX3", [60, xo], (m, f) => {
    m.require("VSX");
    const [a, t, x] = [m.vsr(f.XA), m.vsr(f.XT), m.vsr(f.XB)];
    const [b, c] = type === "A" ? [t, x] : [x, t];
    elementwise(m, f.XT, {
      elements,
      quick,
      operands: [a, c, b],
      element(i) {
        const operands = {
          a: numberAt(m, elements, a, i),
          c: numberAt(m, elements, c, i),
          b: numberAt(m, elements, b, i),
        };
        return element(m, operands, elements.format);
      },
    });
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

/** Operations on elements of vectors. */
const ELEMENTS = {
  add: { element: elementAdd, quick: QUICK_VECTORS.add },
  subtract: { element: elementSubtract, quick: QUICK_VECTORS.subtract },
  multiply: { element: elementMultiply, quick: QUICK_VECTORS.multiply },
  divide: { element: elementDivide, quick: QUICK_VECTORS.divide },
  squareRoot: { element: elementSquareRoot, quick: QUICK_VECTORS.squareRoot },
  multiplyAdd: {
    element: elementMultiplyAdd,
    quick: QUICK_VECTORS.multiplyAdd,
  },
  multiplySubtract: {
    element: elementMultiplySubtract,
    quick: QUICK_VECTORS.multiplySubtract,
  },
  negativeMultiplyAdd: {
    element: elementNegativeMultiplyAdd,
    quick: QUICK_VECTORS.negativeMultiplyAdd,
  },
  negativeMultiplySubtract: {
    element: elementNegativeMultiplySubtract,
    quick: QUICK_VECTORS.negativeMultiplySubtract,
  },
} as const;

/** Vector arithmetic: a row an instruction. */
export const vsxVectorArithmetic = chapter(
  "Book I 7.6.3",
  "VSX Vector Floating-Point Arithmetic Instructions",
  [
    vectorTwo("xvadddp", 96, ELEMENTS.add, DOUBLES),
    vectorTwo("xvaddsp", 64, ELEMENTS.add, SINGLES),
    vectorTwo("xvsubdp", 104, ELEMENTS.subtract, DOUBLES),
    vectorTwo("xvsubsp", 72, ELEMENTS.subtract, SINGLES),
    vectorTwo("xvmuldp", 112, ELEMENTS.multiply, DOUBLES),
    vectorTwo("xvmulsp", 80, ELEMENTS.multiply, SINGLES),
    vectorTwo("xvdivdp", 120, ELEMENTS.divide, DOUBLES),
    vectorTwo("xvdivsp", 88, ELEMENTS.divide, SINGLES),
    vectorRoot("xvsqrtdp", 203, ELEMENTS.squareRoot, DOUBLES),
    vectorRoot("xvsqrtsp", 139, ELEMENTS.squareRoot, SINGLES),
    vectorEstimate("xvredp", 218, reciprocal, DOUBLES),
    vectorEstimate("xvresp", 154, reciprocal, SINGLES),
    vectorEstimate("xvrsqrtedp", 202, reciprocalSquareRoot, DOUBLES),
    vectorEstimate("xvrsqrtesp", 138, reciprocalRoundedRoot, SINGLES),
    vectorFused("xvmaddadp", [97, "A"], ELEMENTS.multiplyAdd, DOUBLES),
    vectorFused("xvmaddasp", [65, "A"], ELEMENTS.multiplyAdd, SINGLES),
    vectorFused("xvmaddmdp", [105, "M"], ELEMENTS.multiplyAdd, DOUBLES),
    vectorFused("xvmaddmsp", [73, "M"], ELEMENTS.multiplyAdd, SINGLES),
    vectorFused("xvmsubadp", [113, "A"], ELEMENTS.multiplySubtract, DOUBLES),
    vectorFused("xvmsubasp", [81, "A"], ELEMENTS.multiplySubtract, SINGLES),
    vectorFused("xvmsubmdp", [121, "M"], ELEMENTS.multiplySubtract, DOUBLES),
    vectorFused("xvmsubmsp", [89, "M"], ELEMENTS.multiplySubtract, SINGLES),
    vectorFused(
      "xvnmaddadp",
      [225, "A"],
      ELEMENTS.negativeMultiplyAdd,
      DOUBLES,
    ),
    vectorFused(
      "xvnmaddasp",
      [193, "A"],
      ELEMENTS.negativeMultiplyAdd,
      SINGLES,
    ),
    vectorFused(
      "xvnmaddmdp",
      [233, "M"],
      ELEMENTS.negativeMultiplyAdd,
      DOUBLES,
    ),
    vectorFused(
      "xvnmaddmsp",
      [201, "M"],
      ELEMENTS.negativeMultiplyAdd,
      SINGLES,
    ),
    vectorFused(
      "xvnmsubadp",
      [241, "A"],
      ELEMENTS.negativeMultiplySubtract,
      DOUBLES,
    ),
    vectorFused(
      "xvnmsubasp",
      [209, "A"],
      ELEMENTS.negativeMultiplySubtract,
      SINGLES,
    ),
    vectorFused(
      "xvnmsubmdp",
      [249, "M"],
      ELEMENTS.negativeMultiplySubtract,
      DOUBLES,
    ),
    vectorFused(
      "xvnmsubmsp",
      [217, "M"],
      ELEMENTS.negativeMultiplySubtract,
      SINGLES,
    ),
  ],
);
