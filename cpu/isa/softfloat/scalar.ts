/**
 * Scalar arithmetic with its effect on FPSCR, in double and single precision:
 * the short way where it holds, else the long one.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../ops.ts";
import { type Subroutine, subroutine } from "../subroutine.ts";
import {
  add,
  type Binary,
  divide,
  type Fused,
  multiply,
  multiplyAdd,
  multiplySubtract,
  negativeMultiplyAdd,
  negativeMultiplySubtract,
  squareRoot,
  subtract,
  type Unary,
} from "./arithmetic.ts";
import {
  areSingle,
  enterRounded,
  flipped,
  isCalm,
  isNormal,
  isSafe,
  type Rounded,
  roundedProduct,
  roundedQuotient,
  roundedSingle,
  roundedSum,
  type Short,
  sumError,
} from "./fast.ts";
import { shortFused, shortSingleFused } from "./fast_fused.ts";
import { FORMAT, type Format } from "./format.ts";
import { enterScalar } from "./fpscr.ts";

/** Goes the short way where FPSCR and operands allow it. */
function choose(
  m: Ops,
  { allowed, rounded }: Short,
  long: () => Value,
  format: Format,
): Value {
  const result = m.variable(m.const(0));
  m.if(m.both(isCalm(m), allowed), () => {
    const found = rounded();
    m.set(result, found.result);
    enterRounded(m, found);
  }, () => {
    const found = long();
    m.set(result, found);
    enterScalar(m, found, format);
  });
  return m.get(result);
}

type Pair = Record<"double" | "single", Subroutine>;

function pick(pair: Pair, format: Format): Subroutine {
  return format === FORMAT.double ? pair.double : pair.single;
}

/** Both precisions of an operation on two numbers. */
function binary(
  name: string,
  long: Binary,
  short: Record<"double" | "single", (m: Ops, a: Value, b: Value) => Short>,
): Binary {
  function make(precision: "double" | "single"): Subroutine {
    const format = FORMAT[precision];
    return subroutine(
      `float_${name}_${precision}`,
      2,
      (m, a, b) =>
        choose(
          m,
          short[precision](m, a, b),
          () => long(m, a, b, format),
          format,
        ),
    );
  }
  const pair = { double: make("double"), single: make("single") };
  return (m, a, b, format) => m.call(pick(pair, format), a, b);
}

function shortSum(m: Ops, a: Value, b: Value): Short {
  const sum = m.hostFloat("add", a, b);
  return {
    // The steps to the error cannot overflow where the sum and a are bounded.
    allowed: m.both(isSafe(m, sum, "double"), isBounded(m, a)),
    rounded: () => roundedSum(m, sum, sumError(m, a, b, sum)),
  };
}

/** |x| < 2^1023. */
function isBounded(m: Ops, x: Value): Condition {
  return m.ltUnsigned(m.shl(x, 1), m.const(2046n << 53n));
}

function shortSingleSum(m: Ops, a: Value, b: Value): Short {
  const sum = m.hostFloat("add", a, b);
  return {
    allowed: m.both(
      m.both(isSafe(m, sum, "single"), isBounded(m, a)),
      areSingle(m, m.or(a, b)),
    ),
    rounded: () => roundedSingle(m, sum, sumError(m, a, b, sum)),
  };
}

/** a + b, entered into FPSCR. */
export const scalarAdd: Binary = binary("add", add, {
  double: shortSum,
  single: shortSingleSum,
});

/** a - b. */
export const scalarSubtract: Binary = binary("subtract", subtract, {
  double: (m, a, b) => shortSum(m, a, flipped(m, b)),
  single: (m, a, b) => shortSingleSum(m, a, flipped(m, b)),
});

/** a × b. */
export const scalarMultiply: Binary = binary("multiply", multiply, {
  double(m, a, b) {
    const result = m.hostFloat("mul", a, b);
    return {
      allowed: m.both(
        isSafe(m, result, "double"),
        m.both(isNormal(m, a), isNormal(m, b)),
      ),
      rounded: () => roundedProduct(m, { a, b, result }),
    };
  },
  // A product of singles is exact in double.
  single(m, a, b) {
    const product = m.hostFloat("mul", a, b);
    return {
      allowed: m.both(
        isSafe(m, product, "single"),
        areSingle(m, m.or(a, b)),
      ),
      rounded: () => roundedSingle(m, product),
    };
  },
});

/** a ÷ b. */
export const scalarDivide: Binary = binary("divide", divide, {
  double(m, a, b) {
    const result = m.hostFloat("div", a, b);
    return {
      allowed: m.both(
        isSafe(m, result, "double"),
        m.both(isNormal(m, a), isNormal(m, b)),
      ),
      rounded: () => roundedQuotient(m, { a, b, result }),
    };
  },
  // A quotient of singles is either a single or far enough from one.
  single(m, a, b) {
    const quotient = m.hostFloat("div", a, b);
    return {
      allowed: m.both(
        isSafe(m, quotient, "single"),
        areSingle(m, m.or(a, b)),
      ),
      rounded: () => roundedSingle(m, quotient),
    };
  },
});

function root(precision: "double" | "single"): Subroutine {
  const format = FORMAT[precision];
  return subroutine(`float_square_root_${precision}`, 1, (m, b) => {
    const result = m.hostFloat("sqrt", b);
    // The root of a positive number is normal; of others it is a NaN.
    const allowed = m.both(isNormal(m, b), isSafe(m, result, precision));
    return choose(
      m,
      precision === "double"
        ? {
          allowed,
          rounded: () => roundedQuotient(m, { a: b, b: result, result }),
        }
        : {
          allowed: m.both(allowed, areSingle(m, b)),
          rounded: () => roundedSingle(m, result),
        },
      () => squareRoot(m, b, format),
      format,
    );
  });
}

const ROOTS = { double: root("double"), single: root("single") };

/** √b. */
export const scalarSquareRoot: Unary = (m, b, format) =>
  m.call(pick(ROOTS, format), b);

/** An operation whose result is entered into FPSCR, always the long way. */
export function entering(operation: Unary): Unary {
  return (m, b, format) => {
    const result = operation(m, b, format);
    enterScalar(m, result, format);
    return result;
  };
}

/** Signs that turn a × c + b into the other three. */
interface Signs {
  readonly minusB?: true;
  readonly minus?: true;
}

/** Both precisions of a multiply-add. */
function fused(name: string, long: Fused, signs: Signs = {}): Fused {
  function make(precision: "double" | "single"): Subroutine {
    const format = FORMAT[precision];
    const shorten = precision === "double" ? shortFused : shortSingleFused;
    return subroutine(`float_${name}_${precision}`, 3, (m, a, c, b) => {
      const addend = signs.minusB ? flipped(m, b) : b;
      const { allowed, rounded } = shorten(m, { a, c, b: addend });
      function negatedToo(): Rounded {
        const found = rounded();
        return { ...found, result: flipped(m, found.result) };
      }
      return choose(
        m,
        { allowed, rounded: signs.minus ? negatedToo : rounded },
        () => long(m, { a, c, b }, format),
        format,
      );
    });
  }
  const pair = { double: make("double"), single: make("single") };
  return (m, { a, c, b }, format) => m.call(pick(pair, format), a, c, b);
}

/** a × c + b. */
export const scalarMultiplyAdd: Fused = fused("multiply_add", multiplyAdd);
/** a × c - b. */
export const scalarMultiplySubtract: Fused = fused(
  "multiply_subtract",
  multiplySubtract,
  { minusB: true },
);
/** -(a × c + b). */
export const scalarNegativeMultiplyAdd: Fused = fused(
  "negative_multiply_add",
  negativeMultiplyAdd,
  { minus: true },
);
/** -(a × c - b). */
export const scalarNegativeMultiplySubtract: Fused = fused(
  "negative_multiply_subtract",
  negativeMultiplySubtract,
  { minusB: true, minus: true },
);
