/**
 * The code TLB as emitted code sees it.
 *
 * @module
 */
import { STATE } from "../state.ts";
import type { Code } from "../wasm/code.ts";
import { CODE_TLB } from "./layout.ts";

/**
 * Pushes the code TLB's entry for the address (i64) that the closure pushes;
 * local 0 is the vCPU's block.
 */
export function pushCodeEntry(c: Code, pushAddress: () => void): void {
  pushAddress();
  c.i64(12 - Math.log2(CODE_TLB.entryBytes));
  c.op("i64.shr_u");
  c.op("i32.wrap_i64");
  c.i32((CODE_TLB.entries - 1) * CODE_TLB.entryBytes);
  c.op("i32.and");
  c.get(0);
  c.memory("i32.load", STATE.TLB_CODE.offset);
  c.op("i32.add");
}
