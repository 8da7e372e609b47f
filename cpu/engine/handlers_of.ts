/**
 * The handlers of each processor, enumerated once in a thread.
 *
 * @module
 */
import type { CpuModel } from "../accelerator.ts";
import { ISA } from "../isa/mod.ts";
import { HandlerTable } from "./handler_table.ts";

const TABLES = new Map<CpuModel, HandlerTable>();

/** The handlers of a processor. */
export function handlersOf(cpu: CpuModel): HandlerTable {
  let table = TABLES.get(cpu);
  if (!table) {
    table = new HandlerTable(ISA, cpu === "power8" ? "2.07" : "3.0");
    TABLES.set(cpu, table);
  }
  return table;
}
