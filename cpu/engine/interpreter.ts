/**
 * The interpreter: a WebAssembly module that runs predecoded instructions.
 *
 * `run(state, budget)` is the loop of `run_loop.ts`; the handlers that it calls
 * are those of `handlers.ts`.
 *
 * @module
 */
import { ModuleBuilder } from "../wasm/module.ts";
import type { Mode } from "./emitter/frame.ts";
import type { HandlerTable } from "./handler_table.ts";
import { emitColdHandlers, HANDLER } from "./handlers.ts";
import type { MemoryLayout } from "./layout.ts";
import { exportHelpers } from "./helpers.ts";
import { RunLoop } from "./run_loop.ts";
import { ModuleRuntime } from "./runtime.ts";
import { SHARED_SUBROUTINES } from "./shared_subroutines.ts";

/** Which interpreter to build. */
export interface InterpreterOptions extends Mode {
  readonly layout: MemoryLayout;
  /**
   * Looks at the budget after every instruction, not only at branches, and
   * counts floating-point instructions.
   */
  readonly exact: boolean;
  /**
   * Leaves wherever MSR may have changed, interrupts included, so that what
   * comes next can be compiled before; default false.
   */
  readonly ahead?: boolean;
  /**
   * Lets a region's start within `REGION_RESERVE` be the budget's
   * end; by default the interpreter carries the rest out, to the instruction.
   */
  readonly overruns?: boolean;
}

/** Emits the interpreter for one mode of the thread. */
export function emitInterpreter(
  table: HandlerTable,
  options: InterpreterOptions,
): Uint8Array<ArrayBuffer> {
  const { layout } = options;
  const module = new ModuleBuilder({
    initial: layout.pages,
    maximum: layout.pages,
  });
  const runtime = new ModuleRuntime(module, layout, options);
  const handlerType = module.type(HANDLER);
  const functions = emitColdHandlers(module, runtime, {
    table,
    counting: options.exact,
  });
  const run = module.function({
    parameters: ["i32", "i32"],
    results: ["i32"],
  });
  const { exact, ahead = false, overruns = false } = options;
  new RunLoop(run.code, runtime, {
    table,
    handlerType,
    exact,
    ahead,
    overruns,
  }).emit();
  module.export("run", run.index);
  module.export("synchronize", runtime.synchronize);
  module.export("dropReal", runtime.dropReal);
  module.export("dropCode", runtime.dropCode);
  module.export("fetch", runtime.fetch);
  module.export("decodeRecord", runtime.decodeRecord);
  module.export("interrupt", runtime.interruptNow);
  exportHelpers(module, runtime);
  for (const subroutine of SHARED_SUBROUTINES) {
    module.export(subroutine.name, runtime.subroutine(subroutine));
  }
  module.table("handlers", functions);
  return module.bytes();
}
