/**
 * Compiled modules of interpreters. A module knows the layout of the memory,
 * not the memory, so that machines of one size in a process share theirs.
 *
 * @module
 */
import type { HandlerTable } from "../engine/handler_table.ts";
import { emitRareHandlers } from "../engine/handlers.ts";
import {
  emitInterpreter,
  type InterpreterOptions,
} from "../engine/interpreter.ts";

/** Modules that are kept at most: what a few machines need. */
const MOST_MODULES = 16;

/** By what they are made of, the one made first in front. */
const modules = new WeakMap<HandlerTable, Map<string, WebAssembly.Module>>();

type Emit = (
  table: HandlerTable,
  options: InterpreterOptions,
) => Uint8Array<ArrayBuffer>;

function moduleOf(
  table: HandlerTable,
  options: InterpreterOptions,
  emit: Emit,
): WebAssembly.Module {
  const key = JSON.stringify([emit.name, options]);
  let known = modules.get(table);
  if (!known) {
    known = new Map();
    modules.set(table, known);
  }
  let module = known.get(key);
  if (!module) {
    module = new WebAssembly.Module(emit(table, options));
    const [oldest] = known.keys();
    if (known.size >= MOST_MODULES && oldest !== undefined) {
      known.delete(oldest);
    }
    known.set(key, module);
  }
  return module;
}

/** An interpreter for one mode, without its rare handlers. */
export function interpreterModule(
  table: HandlerTable,
  options: InterpreterOptions,
): WebAssembly.Module {
  return moduleOf(table, options, emitInterpreter);
}

/** The rare handlers of an interpreter. */
export function rareModule(
  table: HandlerTable,
  options: InterpreterOptions,
): WebAssembly.Module {
  return moduleOf(table, options, emitRareHandlers);
}
