/**
 * The arithmetic operations, each with its long way, which is always right,
 * and its short and its quick way in either precision.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../ops.ts";
import {
  add,
  divide,
  multiply,
  multiplyAdd,
  multiplySubtract,
  negativeMultiplyAdd,
  negativeMultiplySubtract,
  squareRoot,
  subtract,
} from "./arithmetic.ts";
import {
  areSingle,
  type Exact,
  flipped,
  isNormal,
  isSafe,
  nearestSingle,
  roundedProduct,
  roundedQuotient,
  roundedSingle,
  roundedSum,
  type Short,
  sumError,
} from "./fast.ts";
import { shortFused, shortSingleFused } from "./fast_fused.ts";
import { type Format, isZero } from "./format.ts";
import {
  type Quick,
  quickDifference,
  quickFused,
  quickNegative,
  quickProduct,
  quickQuotient,
  quickRoot,
  quickSingle,
  quickSingleFused,
  quickSingles,
  quickSum,
} from "./quick.ts";

/** The formats that have short ways. */
export type Precision = "double" | "single";

/** An operation on one to three numbers, in the order a, c, b if fused. */
export interface Operation {
  readonly name: string;
  readonly parameters: number;
  readonly long: (m: Ops, format: Format, ...operands: Value[]) => Value;
  readonly short: Readonly<
    Record<Precision, (m: Ops, ...operands: Value[]) => Short>
  >;
  readonly quick: Readonly<
    Record<Precision, (m: Ops, ...operands: Value[]) => Quick>
  >;
}

/** |x| < 2^1023. */
function isBounded(m: Ops, x: Value): Condition {
  return m.ltUnsigned(m.shl(x, 1), m.const(2046n << 53n));
}

/** A sum of zero is exact. */
function exactSum(m: Ops, a: Value, sum: Value): Exact {
  return { holds: m.both(isZero(m, sum), isBounded(m, a)), result: sum };
}

/** A zero that comes of a zero is exact. */
function exactZero(m: Ops, zero: Condition, result: Value): Exact {
  return { holds: m.both(zero, isZero(m, result)), result };
}

function shortSum(m: Ops, a: Value, b: Value): Short {
  const sum = m.hostFloat("add", a, b);
  return {
    exact: () => exactSum(m, a, sum),
    // The steps to the error cannot overflow where the sum and a are bounded.
    allowed: m.both(isSafe(m, sum, "double"), isBounded(m, a)),
    result: sum,
    rounded: () => roundedSum(m, sum, sumError(m, a, b, sum)),
  };
}

function shortSingleSum(m: Ops, a: Value, b: Value): Short {
  const sum = m.hostFloat("add", a, b);
  return {
    exact: () => exactSum(m, a, sum),
    allowed: m.both(
      m.both(isSafe(m, sum, "single"), isBounded(m, a)),
      areSingle(m, m.or(a, b)),
    ),
    result: nearestSingle(m, sum),
    rounded: () => roundedSingle(m, sum, sumError(m, a, b, sum)),
  };
}

/** a + b. */
export const SUM: Operation = {
  name: "add",
  parameters: 2,
  long: (m, format, a, b) => add(m, a, b, format),
  short: { double: shortSum, single: shortSingleSum },
  quick: { double: quickSum, single: quickSingles(quickSum) },
};

/** a - b. */
export const DIFFERENCE: Operation = {
  name: "subtract",
  parameters: 2,
  long: (m, format, a, b) => subtract(m, a, b, format),
  short: {
    double: (m, a, b) => shortSum(m, a, flipped(m, b)),
    single: (m, a, b) => shortSingleSum(m, a, flipped(m, b)),
  },
  quick: { double: quickDifference, single: quickSingles(quickDifference) },
};

/**
 * A result of singles that the host has computed in double: either a single
 * or too far from one for the first rounding to matter.
 */
function shortSingle(
  m: Ops,
  operands: Value,
  result: Value,
  zero: () => Condition,
): Short {
  return {
    exact: () => exactZero(m, zero(), result),
    allowed: m.both(isSafe(m, result, "single"), areSingle(m, operands)),
    result: nearestSingle(m, result),
    rounded: () => roundedSingle(m, result),
  };
}

/** Whether either is zero. */
function areZero(m: Ops, a: Value, b: Value): Condition {
  return m.either(isZero(m, a), isZero(m, b));
}

function areNormal(m: Ops, a: Value, b: Value): Condition {
  return m.both(isNormal(m, a), isNormal(m, b));
}

/** a × b. */
export const PRODUCT: Operation = {
  name: "multiply",
  parameters: 2,
  long: (m, format, a, b) => multiply(m, a, b, format),
  short: {
    double(m, a, b) {
      const result = m.hostFloat("mul", a, b);
      return {
        exact: () => exactZero(m, areZero(m, a, b), result),
        allowed: m.both(isSafe(m, result, "double"), areNormal(m, a, b)),
        result,
        rounded: () => roundedProduct(m, { a, b, result }),
      };
    },
    single(m, a, b) {
      const result = m.hostFloat("mul", a, b);
      return shortSingle(m, m.or(a, b), result, () => areZero(m, a, b));
    },
  },
  quick: { double: quickProduct, single: quickSingles(quickProduct) },
};

/** a ÷ b. */
export const QUOTIENT: Operation = {
  name: "divide",
  parameters: 2,
  long: (m, format, a, b) => divide(m, a, b, format),
  short: {
    double(m, a, b) {
      const result = m.hostFloat("div", a, b);
      return {
        exact: () => exactZero(m, isZero(m, a), result),
        allowed: m.both(isSafe(m, result, "double"), areNormal(m, a, b)),
        result,
        rounded: () => roundedQuotient(m, { a, b, result }),
      };
    },
    single(m, a, b) {
      const result = m.hostFloat("div", a, b);
      return shortSingle(m, m.or(a, b), result, () => isZero(m, a));
    },
  },
  quick: { double: quickQuotient, single: quickSingles(quickQuotient) },
};

/** √b. */
export const ROOT: Operation = {
  name: "square_root",
  parameters: 1,
  long: (m, format, b) => squareRoot(m, b, format),
  short: {
    double(m, b) {
      const result = m.hostFloat("sqrt", b);
      return {
        exact: () => exactZero(m, isZero(m, b), result),
        // The root of a positive number is normal; of others it is a NaN.
        allowed: m.both(isNormal(m, b), isSafe(m, result, "double")),
        result,
        rounded: () => roundedQuotient(m, { a: b, b: result, result }),
      };
    },
    single: (m, b) =>
      shortSingle(m, b, m.hostFloat("sqrt", b), () => isZero(m, b)),
  },
  quick: { double: quickRoot, single: quickSingle(quickRoot) },
};

/** Signs that turn a × c + b into the other three. */
interface Signs {
  readonly minusB?: true;
  readonly minus?: true;
}

type LongFused = typeof multiplyAdd;

function fused(name: string, long: LongFused, signs: Signs = {}): Operation {
  function shorten(precision: Precision) {
    const way = precision === "double" ? shortFused : shortSingleFused;
    return (m: Ops, a: Value, c: Value, b: Value): Short => {
      const addend = signs.minusB ? flipped(m, b) : b;
      const short = way(m, { a, c, b: addend });
      if (!signs.minus) return short;
      return {
        exact() {
          const { holds, result } = short.exact();
          return { holds, result: flipped(m, result) };
        },
        allowed: short.allowed,
        result: flipped(m, short.result),
        rounded() {
          const found = short.rounded();
          return { ...found, result: flipped(m, found.result) };
        },
      };
    };
  }
  function hurry(way: typeof quickFused) {
    return (m: Ops, a: Value, c: Value, b: Value): Quick => {
      const found = way(m, a, c, signs.minusB ? flipped(m, b) : b);
      return signs.minus ? quickNegative(m, found) : found;
    };
  }
  return {
    name,
    parameters: 3,
    long: (m, format, a, c, b) => long(m, { a, c, b }, format),
    short: { double: shorten("double"), single: shorten("single") },
    quick: { double: hurry(quickFused), single: hurry(quickSingleFused) },
  };
}

/** a × c + b. */
export const FUSED_SUM: Operation = fused("multiply_add", multiplyAdd);
/** a × c - b. */
export const FUSED_DIFFERENCE: Operation = fused(
  "multiply_subtract",
  multiplySubtract,
  { minusB: true },
);
/** -(a × c + b). */
export const NEGATIVE_FUSED_SUM: Operation = fused(
  "negative_multiply_add",
  negativeMultiplyAdd,
  { minus: true },
);
/** -(a × c - b). */
export const NEGATIVE_FUSED_DIFFERENCE: Operation = fused(
  "negative_multiply_subtract",
  negativeMultiplySubtract,
  { minusB: true, minus: true },
);
