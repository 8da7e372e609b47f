/**
 * Subroutines of the interpreter's module that regions call.
 *
 * @module
 */
import { ENTER_ALL_DEFERRED, NARROW, WIDEN } from "../isa/softfloat/mod.ts";
import type { Subroutine } from "../isa/subroutine.ts";

/**
 * Those that touch no register that a region may have in a local: nothing at
 * all, or FPSCR on behalf of the region.
 */
export const SHARED_SUBROUTINES: readonly Subroutine[] = [
  ENTER_ALL_DEFERRED,
  NARROW,
  WIDEN,
];
