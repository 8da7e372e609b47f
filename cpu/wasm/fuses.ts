/**
 * Whether the host has a fused multiply-add.
 *
 * @module
 */
import { ModuleBuilder } from "./module.ts";

let answer: boolean | undefined;

/**
 * Whether `f64x2.relaxed_madd` rounds once. WebAssembly leaves it open, but
 * every use of it in one process gives the same (relaxed SIMD, "deterministic
 * within an environment").
 */
export function hostFuses(): boolean {
  answer ??= probe();
  return answer;
}

function probe(): boolean {
  const module = new ModuleBuilder({ initial: 1, maximum: 1 });
  const { index, code } = module.function({
    parameters: ["f64", "f64", "f64"],
    results: ["f64"],
  });
  for (const parameter of [0, 1, 2]) {
    code.get(parameter);
    code.op("f64x2.splat");
  }
  code.op("f64x2.relaxed_madd");
  code.extractFloat(0);
  module.export("fused", index);
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
  const fused = exports.fused as (a: number, c: number, b: number) => number;
  // (1 + e)² - (1 + 2e): e² is all that is left of it, where it is left.
  const e = 2 ** -30;
  return fused(1 + e, 1 + e, -(1 + 2 * e)) === e * e;
}
