/**
 * The function by which a region calls the interpreter's handlers.
 *
 * @module
 */
import type { ModuleBuilder } from "../../wasm/module.ts";
import { HANDLER } from "../handlers.ts";
import { countedCall } from "../helpers.ts";
import type { RegionRuntime } from "./runtime.ts";

/**
 * Defines (state, word, CIA, number of the handler) → its status in a module,
 * for the vCPU whose block is at `state`.
 */
export function defineHandlerCall(
  module: ModuleBuilder,
  runtime: RegionRuntime,
  state: number,
): number {
  const type = module.type(HANDLER);
  const { index, code: c } = module.function({
    parameters: [...HANDLER.parameters, "i32"],
    results: HANDLER.results,
  });
  c.fix(0, state);
  const result = c.local("i32");
  countedCall(c, runtime, {
    call() {
      for (const parameter of [0, 1, 2, 3]) c.get(parameter);
      c.callIndirect(type);
    },
    result,
  });
  c.get(result);
  return index;
}
