/**
 * Counters among a vCPU's registers, as emitted code counts.
 *
 * @module
 */
import { STATE, type StateName } from "../state.ts";
import type { Code } from "../wasm/code.ts";

/** Adds one to a register of 4 or 8 bytes; local 0 is the vCPU's block. */
export function countUp(c: Code, name: StateName): void {
  const { offset, bytes } = STATE[name];
  c.get(0);
  c.get(0);
  if (bytes === 8) {
    c.memory("i64.load", offset);
    c.i64(1);
    c.op("i64.add");
    c.memory("i64.store", offset);
  } else {
    c.memory("i32.load", offset);
    c.i32(1);
    c.op("i32.add");
    c.memory("i32.store", offset);
  }
}
