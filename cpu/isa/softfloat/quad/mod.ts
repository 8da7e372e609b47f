/**
 * Binary floating point in quad precision (Book I 7.3.2), in the manner of
 * softfloat: operations give the default result and leave exceptions, FR and
 * FI in FP_FLAGS; `enterQuad` enters them into FPSCR; `conclude` ends the
 * instruction. A number is a pair of doublewords.
 *
 * @module
 */
export * from "./arithmetic.ts";
export { compare } from "./compare.ts";
export {
  fromDouble,
  fromInteger,
  roundToInteger,
  toDouble,
  toExtended,
  toInteger,
} from "./convert.ts";
export {
  exponentOf,
  FRACTION,
  isNan,
  negated,
  significandOf,
  SPECIAL,
} from "./format.ts";
export { roundingMode } from "./round.ts";

import type { Ops } from "../../ops.ts";
import type { Wide } from "../../wide.ts";
import { enterClassed, goLong } from "../fpscr.ts";
import { CLASS_OF } from "./format.ts";

/** Last step of scalar arithmetic: exceptions, FR, FI, FPRF of the result. */
export function enterQuad(m: Ops, { high, low }: Wide): void {
  goLong(m);
  enterClassed(m, m.call(CLASS_OF, high, low));
}
