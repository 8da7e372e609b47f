/**
 * Handlers that are functions of their own, called by the run loop.
 *
 * @module
 */
import { STATE } from "../state.ts";
import type { ModuleBuilder } from "../wasm/module.ts";
import { type Frame, STATUS } from "./emitter/frame.ts";
import { emittedFields, Emitter } from "./emitter/mod.ts";
import type { HandlerTable } from "./handler_table.ts";
import type { ModuleRuntime } from "./runtime.ts";

/** (state, word, cia) → status. */
export const HANDLER = {
  parameters: ["i32", "i32", "i64"],
  results: ["i32"],
} as const;

/** One function per cold variant; table slots of the others hold `unknown`. */
export function emitColdHandlers(
  module: ModuleBuilder,
  runtime: ModuleRuntime,
  table: HandlerTable,
): number[] {
  const unknown = module.function(HANDLER);
  {
    const m = new Emitter(handlerFrame(unknown.code), runtime);
    unknown.code.get(1);
    unknown.code.call(runtime.unknown);
    m.program("illegal");
    unknown.code.i32(STATUS.next);
  }
  const slots = new Array<number>(table.unknown + 1).fill(unknown.index);
  for (const { instruction, known } of table.cold) {
    const { index, code } = module.function(HANDLER);
    const m = new Emitter(handlerFrame(code), runtime);
    instruction.execute(m, emittedFields(instruction.fields, known));
    code.i32(STATUS.next);
    slots.push(index);
  }
  return slots;
}

/** A handler that is a function: (state, word, cia) → status. */
function handlerFrame(code: Frame["code"]): Frame {
  return {
    code,
    state: 0,
    word: 1,
    pushCia: () => code.get(2),
    leave(status) {
      code.i32(STATUS[status]);
      code.return();
    },
    jump(target) {
      code.get(0);
      code.get(target);
      code.memory("i64.store", STATE.NIA.offset);
      code.i32(STATUS.jump);
      code.return();
    },
  };
}
