/**
 * What regions call of the interpreter: handlers, and accesses that are not
 * quick. All such calls are counted; of a few the time is taken.
 *
 * @module
 */
import { STATE } from "../state.ts";
import type { Code, Local } from "../wasm/code.ts";
import type { ModuleBuilder } from "../wasm/module.ts";
import type { TypeName } from "../wasm/opcodes.ts";
import type { ModuleRuntime } from "./runtime.ts";

/** Of so many calls the time of one is taken; a power of two. */
export const TIMED_HELPERS = 1024;

/** Imports that take the time. */
export interface Stopwatch {
  readonly helperBegins: number;
  readonly helperEnds: number;
}

/**
 * Emits a call that is counted; what it gives goes into the local. Where its
 * time is taken, so is that of nothing at all behind it: what taking it costs.
 */
export function countedCall(
  c: Code,
  { helperBegins, helperEnds }: Stopwatch,
  { call, result }: { call: () => void; result: Local | undefined },
): void {
  const calls = c.local("i32");
  c.get(0);
  c.memory("i32.load", STATE.HELPER_CALLS.offset);
  c.set(calls);
  c.get(0);
  c.get(calls);
  c.i32(1);
  c.op("i32.add");
  c.memory("i32.store", STATE.HELPER_CALLS.offset);
  const ifTimed = (action: () => void) => {
    c.get(calls);
    c.i32(TIMED_HELPERS - 1);
    c.op("i32.and");
    c.op("i32.eqz");
    c.if(false);
    action();
    c.end();
  };
  ifTimed(() => c.call(helperBegins));
  call();
  if (result !== undefined) c.set(result);
  ifTimed(() => {
    c.call(helperEnds);
    c.call(helperBegins);
    c.call(helperEnds);
  });
}

/** Exports accesses for regions, counted, and what takes the time. */
export function exportHelpers(
  module: ModuleBuilder,
  runtime: ModuleRuntime,
): void {
  const define = (
    name: string,
    index: number,
    parameters: readonly TypeName[],
    results: readonly TypeName[],
  ) => {
    const helper = module.function({ parameters, results });
    const { code: c } = helper;
    const [type] = results;
    const result = type && c.local(type);
    const call = () => {
      parameters.forEach((_, i) => c.get(i));
      c.call(index);
    };
    countedCall(c, runtime, { call, result });
    if (result !== undefined) c.get(result);
    module.export(name, helper.index);
  };
  for (const bytes of [1, 2, 4, 8, 16] as const) {
    const results = bytes === 16 ? [] : ["i64" as const];
    const load = runtime.loadSlow(bytes);
    define(`load${bytes}`, load, ["i32", "i64"], results);
  }
  for (const bytes of [1, 2, 4, 8] as const) {
    const store = runtime.storeSlow(bytes);
    define(`store${bytes}`, store, ["i32", "i64", "i64"], []);
  }
  define("resolve", runtime.resolve, ["i32", "i64", "i32"], ["i32"]);
  module.export("helperBegins", runtime.helperBegins);
  module.export("helperEnds", runtime.helperEnds);
}
