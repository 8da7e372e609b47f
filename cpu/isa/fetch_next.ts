/**
 * After changes of how instructions are fetched.
 *
 * @module
 */
import type { Ops } from "./ops.ts";

/**
 * Ends an instruction that may change where the next one is found: engines go
 * on within a page without asking, but ask after a branch.
 */
export function fetchNext(m: Ops): void {
  m.jump(m.add(m.cia(), m.const(4)));
}
