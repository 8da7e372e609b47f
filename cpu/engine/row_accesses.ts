/**
 * Whether a row accesses storage. It is asked for each of a row's hundreds of
 * handlers and for each step of a debugger, so that what a trace of it has
 * said is remembered.
 *
 * @module
 */
import type { Instruction } from "../isa/row.ts";
import { type Trace, trace } from "./tracer.ts";

/** What of a row's trace is about storage. */
export type RowAccesses = Pick<Trace, "loads" | "stores">;

const known = new WeakMap<Instruction, RowAccesses>();

/** Whether a row may load, and whether it may store, on any of its paths. */
export function rowAccesses(instruction: Instruction): RowAccesses {
  let accesses = known.get(instruction);
  if (!accesses) {
    const { loads, stores } = trace(instruction);
    accesses = { loads, stores };
    known.set(instruction, accesses);
  }
  return accesses;
}
