/**
 * Arithmetic by the short way where it holds, else by the long one: for
 * scalars, whose every result goes into FPSCR, and for elements of vectors,
 * which only leave exceptions in FP_FLAGS.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../ops.ts";
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
import { enterScalar, flag, FPSCR } from "./fpscr.ts";
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

type Make = typeof scalar;

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

export const scalarAdd: Binary = binary(SUM, scalar);
export const scalarSubtract: Binary = binary(DIFFERENCE, scalar);
export const scalarMultiply: Binary = binary(PRODUCT, scalar);
export const scalarDivide: Binary = binary(QUOTIENT, scalar);
export const scalarSquareRoot: Unary = unary(ROOT, scalar);
export const scalarMultiplyAdd: Fused = fused(FUSED_SUM, scalar);
export const scalarMultiplySubtract: Fused = fused(FUSED_DIFFERENCE, scalar);
export const scalarNegativeMultiplyAdd: Fused = fused(
  NEGATIVE_FUSED_SUM,
  scalar,
);
export const scalarNegativeMultiplySubtract: Fused = fused(
  NEGATIVE_FUSED_DIFFERENCE,
  scalar,
);

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

/** b rounded to single precision and entered (frsp, xsrsp). */
export function scalarRoundToSingle(m: Ops, b: Value): Value {
  return m.call(ROUND_TO_SINGLE, b);
}

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

const INTEGERS = {
  signed: { double: integer(true, "double"), single: integer(true, "single") },
  unsigned: {
    double: integer(false, "double"),
    single: integer(false, "single"),
  },
} as const;

/** A 64-bit integer as a number, rounded and entered (fcfid, xscvsxddp). */
export function scalarFromInteger(
  m: Ops,
  a: Value,
  { signed, precision }: { signed: boolean; precision: Precision },
): Value {
  return m.call(INTEGERS[signed ? "signed" : "unsigned"][precision], a);
}

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
