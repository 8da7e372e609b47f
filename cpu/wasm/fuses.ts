/**
 * Whether the host has a fused multiply-add.
 *
 * @module
 */
import { ModuleBuilder } from "./module.ts";

let answer: boolean | undefined;

/**
 * Whether `f64x2.relaxed_madd` and `f32x4.relaxed_madd` round once.
 * WebAssembly leaves it open, but every use in one process gives the same
 * (relaxed SIMD: the choice is made for the environment).
 */
export function hostFuses(): boolean {
  answer ??= probe();
  return answer;
}

/** (1 + e)² - (1 + 2e) is e², if it is not rounded on the way. */
const E = { f32x4: 2 ** -13, f64x2: 2 ** -30 } as const;

function probe(): boolean {
  const module = new ModuleBuilder({ initial: 1, maximum: 1 });
  for (const shape of ["f32x4", "f64x2"] as const) {
    const { index, code } = module.function({
      parameters: ["i64", "i64", "i64"],
      results: ["i64"],
    });
    for (const parameter of [0, 1, 2]) {
      code.get(parameter);
      code.op("i64x2.splat");
    }
    code.op(`${shape}.relaxed_madd`);
    code.extractLane(8, 0);
    module.export(shape, index);
  }
  const bytes = module.bytes();
  if (!WebAssembly.validate(bytes)) return false;
  const memory = new WebAssembly.Memory({
    initial: 1,
    maximum: 1,
    shared: true,
  });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    env: { memory },
  });
  return (["f32x4", "f64x2"] as const).every((shape) => {
    const fused = exports[shape] as (...operands: bigint[]) => bigint;
    const e = E[shape];
    const [a, b] = [bitsOf(shape, 1 + e), bitsOf(shape, -(1 + 2 * e))];
    return BigInt.asUintN(64, fused(a, a, b)) === bitsOf(shape, e * e);
  });
}

/** A number's bits, and those of a second one that is the same. */
function bitsOf(shape: "f32x4" | "f64x2", number: number): bigint {
  const { buffer } = shape === "f64x2"
    ? new Float64Array([number])
    : new Float32Array([number, number]);
  return new BigUint64Array(buffer)[0] ?? 0n;
}
