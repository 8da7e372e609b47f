/**
 * Handlers that are functions of their own, called by the run loop: cold ones
 * in the interpreter's module, rare ones in a module that is emitted when the
 * first of them is called.
 *
 * @module
 */
import { STATE } from "../state.ts";
import { ModuleBuilder } from "../wasm/module.ts";
import { type Frame, type Mode, STATUS } from "./emitter/frame.ts";
import { emittedFields, Emitter } from "./emitter/mod.ts";
import { countAccess, countFloat } from "./counted.ts";
import type { HandlerTable } from "./handler_table.ts";
import type { MemoryLayout } from "./layout.ts";
import { ModuleRuntime } from "./runtime.ts";
import type { Variant } from "./variants.ts";

/** (state, word, cia) → status. */
export const HANDLER = {
  parameters: ["i32", "i32", "i64"],
  results: ["i32"],
} as const;

/**
 * One function per cold variant, by handler number. With `counting`, those of
 * floating point and those that access storage count themselves. The slots of hot ones hold
 * `unknown`, those of rare ones what brings them about.
 */
export function emitColdHandlers(
  module: ModuleBuilder,
  runtime: ModuleRuntime,
  { table, counting }: { table: HandlerTable; counting: boolean },
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
  for (const variant of table.cold) {
    slots.push(emitHandler(module, runtime, variant, counting));
  }
  const rare = emitRareStub(module, runtime);
  return [...slots, ...table.rare.map(() => rare)];
}

function emitHandler(
  module: ModuleBuilder,
  runtime: ModuleRuntime,
  { instruction, known }: Variant,
  counting: boolean,
): number {
  const { index, code } = module.function(HANDLER);
  const m = new Emitter(handlerFrame(code), runtime);
  if (counting) {
    countFloat(m, instruction);
    countAccess(m, instruction);
  }
  instruction.execute(m, emittedFields(instruction.fields, known));
  code.i32(STATUS.next);
  return index;
}

/** Has the rare handlers made, then calls the one that is in its place now. */
function emitRareStub(module: ModuleBuilder, runtime: ModuleRuntime): number {
  const { index, code } = module.function(HANDLER);
  code.call(runtime.complete);
  for (const parameter of [0, 1, 2]) code.get(parameter);
  code.get(1);
  code.i32(0);
  code.call(runtime.decode);
  code.callIndirect(module.type(HANDLER));
  return index;
}

/** The module of the rare handlers, each exported by its number. */
export function emitRareHandlers(
  table: HandlerTable,
  { layout, exact, ...mode }: Mode & {
    readonly layout: MemoryLayout;
    readonly exact: boolean;
  },
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({
    initial: layout.pages,
    maximum: layout.pages,
  });
  const runtime = new ModuleRuntime(module, layout, mode);
  table.rare.forEach((variant, i) => {
    const handler = emitHandler(module, runtime, variant, exact);
    module.export(`${table.firstRare + i}`, handler);
  });
  return module.bytes();
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
