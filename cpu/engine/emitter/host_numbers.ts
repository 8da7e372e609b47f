/**
 * Emits the host's operations on numbers.
 *
 * @module
 */
import type { HostNumbers, HostVectors, Value, Vector } from "../../isa/ops.ts";
import { hostFuses } from "../../wasm/fuses.ts";
import type { OpName } from "../../wasm/opcodes.ts";
import type { StackEmitter } from "./stack.ts";

function hostVectors(m: StackEmitter): HostVectors {
  function emit(name: OpName, operands: readonly Vector[]): Vector {
    for (const operand of operands) m.pushVector(operand);
    m.code.op(name);
    return m.takeVector();
  }
  const shape = (bytes: 4 | 8) => bytes === 4 ? "f32x4" : "f64x2";
  return {
    binary: (name, bytes, a, b) => emit(`${shape(bytes)}.${name}`, [a, b]),
    unary: (name, bytes, x) => emit(`${shape(bytes)}.${name}`, [x]),
    compare: (name, bytes, a, b) => emit(`${shape(bytes)}.${name}`, [a, b]),
    fused: hostFuses()
      ? (bytes, a, c, b) => emit(`${shape(bytes)}.relaxed_madd`, [a, c, b])
      : undefined,
  };
}

/** What an emitter has of them. */
export function hostNumbers(m: StackEmitter): HostNumbers {
  const c = m.code;
  function fused(a: Value, factor: Value, b: Value): Value {
    for (const value of [a, factor, b]) {
      m.pushFloat(value);
      c.op("f64x2.splat");
    }
    c.op("f64x2.relaxed_madd");
    c.extractFloat(0);
    return m.takeFloat();
  }
  return {
    fused: hostFuses() ? fused : undefined,
    vectors: hostVectors(m),
    round(way, x) {
      m.pushFloat(x);
      c.op(`f64.${way}`);
      return m.takeFloat();
    },
    fromInteger(a, { signed, precision }) {
      const sign = signed ? "s" : "u";
      m.push(a);
      if (precision === "single") {
        c.op(`f32.convert_i64_${sign}`);
        c.op("f64.promote_f32");
      } else c.op(`f64.convert_i64_${sign}`);
      return m.takeFloat();
    },
    toInteger(x) {
      m.pushFloat(x);
      c.op("i64.trunc_sat_f64_s");
      return m.take();
    },
    widen(word) {
      m.pushLow(word);
      c.op("f32.reinterpret_i32");
      c.op("f64.promote_f32");
      return m.takeFloat();
    },
  };
}
