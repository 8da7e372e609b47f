/**
 * The Vector-Scalar Extension's instructions (Book I chapter 7).
 *
 * @module
 */
import type { Chapter } from "./row.ts";
import { vsxLoads, vsxStores } from "./vsx_load_store.ts";
import { vsxLogical, vsxMoves, vsxPermute } from "./vsx_permute.ts";

/** Chapter 7 by kinds of instruction. */
export const vectorScalarExtension: readonly Chapter[] = [
  vsxLoads,
  vsxStores,
  vsxMoves,
  vsxLogical,
  vsxPermute,
];
