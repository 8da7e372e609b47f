/**
 * Arithmetic by the short way where it holds, else by the long one: for
 * scalars, whose every result goes into FPSCR, and for elements of vectors,
 * which only leave exceptions in FP_FLAGS.
 *
 * @module
 */
import type { Condition, Field, Ops, Value } from "../ops.ts";
import { type Subroutine, subroutine } from "../subroutine.ts";
import { type Binary, type Fused, roundTo, type Unary } from "./arithmetic.ts";
import { fromInteger } from "./convert.ts";
import {
  enterExact,
  enterRounded,
  isCalm,
  isSafe,
  roundedSingle,
} from "./fast.ts";
import { FORMAT, type Format } from "./format.ts";
import { conclude, enterScalar, flag, FPSCR } from "./fpscr.ts";
import { deferrable } from "./deferred.ts";
import { type Quick, quickRounded } from "./quick.ts";
import {
  DIFFERENCE,
  FUSED_DIFFERENCE,
  FUSED_SUM,
  NEGATIVE_FUSED_DIFFERENCE,
  NEGATIVE_FUSED_SUM,
  type Operation,
  type Precision,
  PRODUCT,
  QUOTIENT,
  ROOT,
  SUM,
} from "./operations.ts";

function scalar(operation: Operation, precision: Precision): Subroutine {
  const { name, parameters, long } = operation;
  const format = FORMAT[precision];
  return subroutine(
    `float_scalar_${name}_${precision}`,
    parameters,
    (m, ...operands) => {
      const { allowed, rounded, exact } = operation.short[precision](
        m,
        ...operands,
      );
      const result = m.variable(m.const(0));
      m.if(m.both(isCalm(m), allowed), () => {
        const found = rounded();
        m.set(result, found.result);
        enterRounded(m, found);
      }, () => {
        const { holds, result: sure } = exact();
        m.if(m.both(isCalm(m), holds), () => {
          m.set(result, sure);
          enterExact(m, sure);
        }, () => {
          const found = long(m, format, ...operands);
          m.set(result, found);
          enterScalar(m, found, format);
        });
      });
      return m.get(result);
    },
  );
}

function element(operation: Operation, precision: Precision): Subroutine {
  const { name, parameters, long } = operation;
  return subroutine(
    `float_element_${name}_${precision}`,
    parameters,
    (m, ...operands) => {
      const short = operation.short[precision](m, ...operands);
      const result = m.variable(short.result);
      m.if(m.both(isCalm(m), short.allowed), () => {
        // Where XX is 1 already, nothing is left to find out.
        const xx = m.and(m.reg("FPSCR"), m.const(FPSCR.XX));
        m.if(m.eq(xx, m.const(0)), () => {
          m.if(short.rounded().inexact, () => flag(m, FPSCR.XX));
        });
      }, () => {
        const exact = short.exact();
        m.if(
          m.both(isCalm(m), exact.holds),
          () => m.set(result, exact.result),
          () => m.set(result, long(m, FORMAT[precision], ...operands)),
        );
      });
      return m.get(result);
    },
  );
}

type Make = typeof element;

/** The subroutine for a format, which is double or single. */
function chooser(operation: Operation, make: Make) {
  const pair = {
    double: make(operation, "double"),
    single: make(operation, "single"),
  };
  return (format: Format): Subroutine => {
    if (format === FORMAT.double) return pair.double;
    if (format === FORMAT.single) return pair.single;
    throw new RangeError(
      `Cannot ${operation.name}: format is neither double nor single: ${format}`,
    );
  };
}

function unary(operation: Operation, make: Make): Unary {
  const choose = chooser(operation, make);
  return (m, b, format) => m.call(choose(format), b);
}

function binary(operation: Operation, make: Make): Binary {
  const choose = chooser(operation, make);
  return (m, a, b, format) => m.call(choose(format), a, b);
}

function fused(operation: Operation, make: Make): Fused {
  const choose = chooser(operation, make);
  return (m, { a, c, b }, format) => m.call(choose(format), a, c, b);
}

/** An operation on scalars that enters its result into FPSCR. */
export interface Scalar {
  readonly subroutine: Subroutine;
  readonly quick: (m: Ops, ...operands: Value[]) => Quick;
}

function precisions(operation: Operation): Record<Precision, Scalar> {
  const make = (precision: Precision) => ({
    subroutine: deferrable(scalar(operation, precision)),
    quick: operation.quick[precision],
  });
  return { double: make("double"), single: make("single") };
}

/** Operations on scalars, by name and by the precision of their result. */
export const SCALAR = {
  add: precisions(SUM),
  subtract: precisions(DIFFERENCE),
  multiply: precisions(PRODUCT),
  divide: precisions(QUOTIENT),
  squareRoot: precisions(ROOT),
  multiplyAdd: precisions(FUSED_SUM),
  multiplySubtract: precisions(FUSED_DIFFERENCE),
  negativeMultiplyAdd: precisions(NEGATIVE_FUSED_SUM),
  negativeMultiplySubtract: precisions(NEGATIVE_FUSED_DIFFERENCE),
} as const;

/**
 * Carries out an operation on scalars: its result goes to `write`, unless an
 * enabled exception forbids it, and into FPSCR, now or later.
 */
export function carryOut(
  m: Ops,
  { subroutine, quick }: Scalar,
  { operands, write, rc }: {
    readonly operands: readonly Value[];
    readonly write: (result: Value) => void;
    readonly rc?: Field;
  },
): void {
  function long(): void {
    const result = m.call(subroutine, ...operands);
    conclude(m, () => write(result), rc);
  }
  function defer(): void {
    m.deferFloat({
      enter: subroutine,
      operands,
      short() {
        const { result, ...when } = quick(m, ...operands);
        return { ...when, write: () => write(result) };
      },
      long,
    });
  }
  if (rc === undefined) defer();
  // CR1 is made of FPSCR.
  else m.when(rc, long, defer);
}

export const elementAdd: Binary = binary(SUM, element);
export const elementSubtract: Binary = binary(DIFFERENCE, element);
export const elementMultiply: Binary = binary(PRODUCT, element);
export const elementDivide: Binary = binary(QUOTIENT, element);
export const elementSquareRoot: Unary = unary(ROOT, element);
export const elementMultiplyAdd: Fused = fused(FUSED_SUM, element);
export const elementMultiplySubtract: Fused = fused(FUSED_DIFFERENCE, element);
export const elementNegativeMultiplyAdd: Fused = fused(
  NEGATIVE_FUSED_SUM,
  element,
);
export const elementNegativeMultiplySubtract: Fused = fused(
  NEGATIVE_FUSED_DIFFERENCE,
  element,
);

const ROUND_TO_SINGLE = subroutine("float_scalar_single", 1, (m, b) => {
  const result = m.variable(m.const(0));
  m.if(m.both(isCalm(m), isSafe(m, b, "single")), () => {
    const found = roundedSingle(m, b);
    m.set(result, found.result);
    enterRounded(m, found);
  }, () => {
    const found = roundTo(m, b, FORMAT.single);
    m.set(result, found);
    enterScalar(m, found, FORMAT.single);
  });
  return m.get(result);
});

/** b rounded to single precision (frsp, xsrsp). */
export const SCALAR_ROUND_TO_SINGLE: Scalar = {
  subroutine: deferrable(ROUND_TO_SINGLE),
  quick: quickRounded,
};

/** Integers of less magnitude are easy to make numbers of. */
const SMALL = 1n << 51n;
/** 1.5 × 2^52: added to its bits, a small integer is added to the number. */
const SHIFTER = 0x4338n << 48n;

function isSmall(m: Ops, a: Value, signed: boolean): Condition {
  return signed
    ? m.ltUnsigned(m.add(a, m.const(SMALL)), m.const(2n * SMALL))
    : m.ltUnsigned(a, m.const(SMALL));
}

/** A small integer as a number. */
function smallNumber(m: Ops, a: Value): Value {
  const shifter = m.const(SHIFTER);
  return m.hostFloat("sub", m.add(a, shifter), shifter);
}

function integer(signed: boolean, precision: Precision): Subroutine {
  const format = FORMAT[precision];
  return subroutine(
    `float_scalar_${signed ? "signed" : "unsigned"}_${precision}`,
    1,
    (m, a) => {
      const result = m.variable(m.const(0));
      const easy = m.both(isSmall(m, a, signed), m.nonZero(a));
      m.if(m.both(isCalm(m), easy), () => {
        const number = smallNumber(m, a);
        const never = m.nonZero(m.const(0));
        const found = precision === "single"
          ? roundedSingle(m, number)
          : { result: number, inexact: never, up: never };
        m.set(result, found.result);
        enterRounded(m, found);
      }, () => {
        const found = fromInteger(m, a, { signed, format });
        m.set(result, found);
        enterScalar(m, found, format);
      });
      return m.get(result);
    },
  );
}

function fromInteger64(signed: boolean, precision: Precision): Scalar {
  return {
    subroutine: deferrable(integer(signed, precision)),
    quick(m, a) {
      const result = m.host?.fromInteger(a, { signed, precision });
      const always = m.eq(m.const(0), m.const(0));
      return {
        result: result ?? a,
        likely: result ? always : m.negate(always),
      };
    },
  };
}

/** 64-bit integers as numbers, rounded (fcfid, xscvsxddp). */
export const SCALAR_FROM_INTEGER = {
  signed: {
    double: fromInteger64(true, "double"),
    single: fromInteger64(true, "single"),
  },
  unsigned: {
    double: fromInteger64(false, "double"),
    single: fromInteger64(false, "single"),
  },
} as const;

function elementInteger(signed: boolean, precision: Precision): Subroutine {
  const format = FORMAT[precision];
  return subroutine(
    `float_element_${signed ? "signed" : "unsigned"}_${precision}`,
    1,
    (m, a) => {
      const result = m.variable(m.const(0));
      m.if(m.both(isCalm(m), isSmall(m, a, signed)), () => {
        const number = smallNumber(m, a);
        m.set(result, number);
        if (precision === "double") return;
        const { result: near, inexact } = roundedSingle(m, number);
        m.set(result, near);
        m.if(inexact, () => flag(m, FPSCR.XX));
      }, () => m.set(result, fromInteger(m, a, { signed, format })));
      return m.get(result);
    },
  );
}

const ELEMENTS = {
  signed: {
    double: elementInteger(true, "double"),
    single: elementInteger(true, "single"),
  },
  unsigned: {
    double: elementInteger(false, "double"),
    single: elementInteger(false, "single"),
  },
} as const;

/** A 64-bit integer as a rounded element; exceptions stay in FP_FLAGS. */
export function elementFromInteger(
  m: Ops,
  a: Value,
  { signed, format }: { signed: boolean; format: Format },
): Value {
  const precision = format === FORMAT.double ? "double" : "single";
  return m.call(ELEMENTS[signed ? "signed" : "unsigned"][precision], a);
}

/** An operation whose result is entered into FPSCR, always the long way. */
export function entering(operation: Unary): Unary {
  return (m: Ops, b: Value, format: Format) => {
    const result = operation(m, b, format);
    enterScalar(m, result, format);
    return result;
  };
}
