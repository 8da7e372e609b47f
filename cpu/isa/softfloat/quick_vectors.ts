/**
 * The quick way through arithmetic on vectors: the host's results, where
 * inexact is all that can have occurred, and has occurred before. Then nothing
 * changes in FPSCR.
 *
 * @module
 */
import type { HostVectors, Ops, Vector } from "../ops.ts";

/** Numbers of so many bytes fill a vector. */
type NumberBytes = 4 | 8;

/** Results, and where they are right. */
export interface QuickVector {
  readonly result: Vector;
  /** Zeros that are exact, all ones where they are. */
  readonly exactZeros: () => Vector;
}

/** What an operation comes to, of its operands. */
export type QuickVectors = (
  m: Ops,
  host: HostVectors,
  bytes: NumberBytes,
  operands: readonly [Vector, Vector, Vector],
) => QuickVector | undefined;

/** Bits of 2^-1021 and 2^1023, of 2^-125 and 2^127. */
const BOUNDS = {
  8: [2n << 52n, 2046n << 52n],
  4: [2n << 23n, 254n << 23n],
} as const;

function zerosOf(
  m: Ops,
  host: HostVectors,
  bytes: NumberBytes,
  numbers: readonly Vector[],
): Vector {
  const zero = m.splat(bytes, m.const(0));
  return numbers.map((x) => host.compare("eq", bytes, x, zero))
    .reduce((some, zeros) => m.simd("v128.or", some, zeros));
}

/** Zeros are exact where one of these is zero; all are, without any. */
function binary(
  name: "add" | "sub" | "mul" | "div",
  zeros?: (a: Vector, b: Vector) => readonly Vector[],
): QuickVectors {
  return (m, host, bytes, [a, b]) => {
    const result = host.binary(name, bytes, a, b);
    return {
      result,
      exactZeros: () =>
        zeros
          ? zerosOf(m, host, bytes, zeros(a, b))
          : m.splat(bytes, m.const(-1)),
    };
  };
}

/** Signs that turn a × c + b into the other three. */
interface Signs {
  readonly minusB?: true;
  readonly minus?: true;
}

function fused({ minusB, minus }: Signs = {}): QuickVectors {
  return (m, host, bytes, [a, c, b]) => {
    if (!host.fused) return undefined;
    const addend = minusB ? host.unary("neg", bytes, b) : b;
    const sum = host.fused(bytes, a, c, addend);
    return {
      result: minus ? host.unary("neg", bytes, sum) : sum,
      exactZeros: () => zerosOf(m, host, bytes, [a, c]),
    };
  };
}

/** Operations by name, those of three operands in the order a, c, b. */
export const QUICK_VECTORS = {
  // Sums never underflow.
  add: binary("add"),
  subtract: binary("sub"),
  multiply: binary("mul", (a, b) => [a, b]),
  divide: binary("div", (a) => [a]),
  squareRoot(m, host, bytes, [b]) {
    const result = host.unary("sqrt", bytes, b);
    return { result, exactZeros: () => zerosOf(m, host, bytes, [b]) };
  },
  multiplyAdd: fused(),
  multiplySubtract: fused({ minusB: true }),
  negativeMultiplyAdd: fused({ minus: true }),
  negativeMultiplySubtract: fused({ minusB: true, minus: true }),
} as const satisfies Record<string, QuickVectors>;

/**
 * Carries out an operation on vectors that changes nothing in FPSCR but
 * exception bits; `long` does all of it.
 */
export function carryOutVectors(
  m: Ops,
  quick: QuickVectors,
  { bytes, operands, write, long }: {
    readonly bytes: NumberBytes;
    /** One to three, each once more where they are fewer. */
    readonly operands: readonly [Vector, Vector, Vector];
    readonly write: (result: Vector) => void;
    readonly long: () => void;
  },
): void {
  const host = m.host?.vectors;
  if (!host) return long();
  m.deferFloat({
    operands: [],
    short() {
      const found = quick(m, host, bytes, operands);
      const never = m.nonZero(m.const(0));
      if (!found) return { likely: never, write() {} };
      const { result, exactZeros } = found;
      const size = host.unary("abs", bytes, result);
      const [least, beyond] = BOUNDS[bytes];
      const safe = m.simd(
        "v128.and",
        host.compare("ge", bytes, size, m.splat(bytes, m.const(least))),
        host.compare("lt", bytes, size, m.splat(bytes, m.const(beyond))),
      );
      return {
        likely: m.isZeroVector(m.simdNot(safe)),
        otherwise() {
          const zero = zerosOf(m, host, bytes, [result]);
          const exact = m.simd("v128.and", zero, exactZeros());
          const right = m.simd("v128.or", safe, exact);
          return m.isZeroVector(m.simdNot(right));
        },
        write: () => write(result),
      };
    },
    long,
  });
}
