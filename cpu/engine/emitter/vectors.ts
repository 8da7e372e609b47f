/**
 * Emits vector operations. A vector is a v128 that holds the 128-bit integer
 * of the book, so element 0 of the book is the *last* lane of WebAssembly.
 *
 * @module
 */
import type {
  Bytes,
  Condition,
  DeferredComparison,
  DeferredFloat,
  HostNumbers,
  SimdBinary,
  Value,
  Vector,
} from "../../isa/ops.ts";
import { ConditionRegisterEmitter } from "./condition_register.ts";

/** Emits vector operations. */
export class VectorEmitter extends ConditionRegisterEmitter {
  /** A vector known while emitting, as its 128-bit integer. */
  #constantVector(value: bigint): Vector {
    const bytes = new BigUint64Array([value, value >> 64n]);
    this.code.v128(new Uint8Array(bytes.buffer));
    return this.takeVector();
  }

  vector(upper: Value, lower: Value): Vector {
    const [high, low] = [this.constantOf(upper), this.constantOf(lower)];
    if (high !== undefined && low !== undefined) {
      return this.#constantVector(high << 64n | BigInt.asUintN(64, low));
    }
    this.push(lower);
    this.code.op("i64x2.splat");
    this.push(upper);
    this.code.replaceLane(8, 1);
    return this.takeVector();
  }

  upper(x: Vector): Value {
    this.pushVector(x);
    this.code.extractLane(8, 1);
    return this.take();
  }

  lower(x: Vector): Value {
    this.pushVector(x);
    this.code.extractLane(8, 0);
    return this.take();
  }

  element(bytes: Bytes, x: Vector, index: number): Value {
    this.pushVector(x);
    this.code.extractLane(bytes, 16 / bytes - 1 - index);
    if (bytes < 8) this.code.op("i64.extend_i32_u");
    return this.take();
  }

  elements(bytes: Bytes, make: (index: number) => Value): Vector {
    const count = 16 / bytes;
    const values = Array.from({ length: count }, (_, i) => make(i));
    this.code.v128(new Uint8Array(16));
    values.forEach((value, i) => {
      if (bytes === 8) this.push(value);
      else this.pushLow(value);
      this.code.replaceLane(bytes, count - 1 - i);
    });
    return this.takeVector();
  }

  simd(name: SimdBinary, a: Vector, b: Vector): Vector {
    this.pushVector(a);
    this.pushVector(b);
    this.code.op(name);
    return this.takeVector();
  }

  simdNot(x: Vector): Vector {
    this.pushVector(x);
    this.code.op("v128.not");
    return this.takeVector();
  }

  simdSelect(mask: Vector, a: Vector, b: Vector): Vector {
    this.pushVector(a);
    this.pushVector(b);
    this.pushVector(mask);
    this.code.op("v128.bitselect");
    return this.takeVector();
  }

  splat(bytes: Bytes, value: Value): Vector {
    const known = this.constantOf(value);
    if (known !== undefined) {
      const bits = BigInt(8 * bytes);
      let all = BigInt.asUintN(8 * bytes, known);
      for (let n = bits; n < 128n; n *= 2n) all |= all << n;
      return this.#constantVector(all);
    }
    if (bytes === 8) {
      this.push(value);
      this.code.op("i64x2.splat");
    } else {
      this.pushLow(value);
      this.code.op(
        ({ 1: "i8x16.splat", 2: "i16x8.splat", 4: "i32x4.splat" } as const)[
          bytes
        ],
      );
    }
    return this.takeVector();
  }

  simdShift(
    kind: "shl" | "shr_u" | "shr_s",
    bytes: Bytes,
    x: Vector,
    count: Value,
  ): Vector {
    this.pushVector(x);
    this.pushLow(count);
    const shape = ({ 1: "i8x16", 2: "i16x8", 4: "i32x4", 8: "i64x2" } as const)[
      bytes
    ];
    this.code.op(`${shape}.${kind}`);
    return this.takeVector();
  }

  isZeroVector(x: Vector): Condition {
    this.pushVector(x);
    this.code.op("v128.any_true");
    this.code.op("i32.eqz");
    return this.takeCondition();
  }

  selectVector(condition: Condition, a: Vector, b: Vector): Vector {
    const known = this.known(condition);
    if (known !== undefined) return known ? a : b;
    this.pushVector(a);
    this.pushVector(b);
    this.pushCondition(condition);
    this.code.select();
    return this.takeVector();
  }

  hostFloat(
    name: "add" | "sub" | "mul" | "div" | "sqrt" | "single",
    a: Value,
    b?: Value,
  ): Value {
    this.pushFloat(a);
    if (b !== undefined) this.pushFloat(b);
    if (name === "single") {
      this.code.op("f32.demote_f64");
      this.code.op("f64.promote_f32");
    } else this.code.op(`f64.${name}`);
    return this.takeFloat();
  }

  /** Nothing that is left for later here wants it. */
  get host(): HostNumbers | undefined {
    return undefined;
  }

  /** Nothing is left for later here: FPSCR is at hand in the vCPU's block. */
  deferFloat({ long }: DeferredFloat): void {
    long();
  }

  deferComparison({ long }: DeferredComparison): void {
    long();
  }
}
