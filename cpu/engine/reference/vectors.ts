/**
 * Vectors and host floating point of the reference engine, in the order of
 * `isa/ops.ts`. A vector is one 128-bit number, element 0 uppermost.
 *
 * @module
 */
import type {
  Bytes,
  Condition,
  DeferredComparison,
  DeferredFloat,
  SimdBinary,
  Value,
  Vector,
} from "../../isa/ops.ts";
import { ReferenceArithmetic } from "./arithmetic.ts";
import { simdLanes } from "./simd.ts";
import { bits, condition, holds, value, vector, vectorBits } from "./values.ts";

const ALL_ONES = (1n << 128n) - 1n;
const FLOATS = new DataView(new ArrayBuffer(8));

function toFloat(bits: bigint): number {
  FLOATS.setBigUint64(0, bits);
  return FLOATS.getFloat64(0);
}

function fromFloat(float: number): bigint {
  FLOATS.setFloat64(0, float);
  return FLOATS.getBigUint64(0);
}

/** Operations on 128 bits, and binary64 arithmetic of the host. */
export class ReferenceVectors extends ReferenceArithmetic {
  vector(upper: Value, lower: Value): Vector {
    return vector(bits(upper) << 64n | bits(lower));
  }

  upper(x: Vector): Value {
    return value(vectorBits(x) >> 64n);
  }

  lower(x: Vector): Value {
    return value(vectorBits(x));
  }

  element(bytes: Bytes, x: Vector, index: number): Value {
    const shift = BigInt(128 - 8 * bytes * (index + 1));
    return value(BigInt.asUintN(8 * bytes, vectorBits(x) >> shift));
  }

  elements(bytes: Bytes, make: (index: number) => Value): Vector {
    let all = 0n;
    for (let i = 0; i < 16 / bytes; i++) {
      all = all << BigInt(8 * bytes) | BigInt.asUintN(8 * bytes, bits(make(i)));
    }
    return vector(all);
  }

  simd(name: SimdBinary, a: Vector, b: Vector): Vector {
    return vector(simdLanes(name, vectorBits(a), vectorBits(b)));
  }

  simdNot(x: Vector): Vector {
    return vector(vectorBits(x) ^ ALL_ONES);
  }

  simdSelect(mask: Vector, a: Vector, b: Vector): Vector {
    const m = vectorBits(mask);
    return vector((vectorBits(a) & m) | (vectorBits(b) & (m ^ ALL_ONES)));
  }

  splat(bytes: Bytes, x: Value): Vector {
    return this.elements(bytes, () => x);
  }

  simdShift(
    kind: "shl" | "shr_u" | "shr_s",
    bytes: Bytes,
    x: Vector,
    count: Value,
  ): Vector {
    const width = 8 * bytes;
    const n = bits(count) % BigInt(width);
    return this.elements(bytes, (i) => {
      const element = bits(this.element(bytes, x, i));
      if (kind === "shl") return value(element << n);
      if (kind === "shr_u") return value(element >> n);
      return value(BigInt.asIntN(width, element) >> n);
    });
  }

  isZeroVector(x: Vector): Condition {
    return condition(vectorBits(x) === 0n);
  }

  selectVector(c: Condition, a: Vector, b: Vector): Vector {
    return holds(c) ? a : b;
  }

  hostFloat(name: "add" | "sub" | "mul" | "div", a: Value, b: Value): Value;
  hostFloat(name: "sqrt" | "single", a: Value): Value;
  hostFloat(
    name: "add" | "sub" | "mul" | "div" | "sqrt" | "single",
    a: Value,
    b: Value = a,
  ): Value {
    const [x, y] = [toFloat(bits(a)), toFloat(bits(b))];
    switch (name) {
      case "add":
        return value(fromFloat(x + y));
      case "sub":
        return value(fromFloat(x - y));
      case "mul":
        return value(fromFloat(x * y));
      case "div":
        return value(fromFloat(x / y));
      case "sqrt":
        return value(fromFloat(Math.sqrt(x)));
      case "single":
        return value(fromFloat(Math.fround(x)));
    }
  }

  /** Nothing that is left for later needs it. */
  readonly host = undefined;

  deferFloat({ long }: DeferredFloat): void {
    long();
  }

  deferComparison({ long }: DeferredComparison): void {
    long();
  }
}
