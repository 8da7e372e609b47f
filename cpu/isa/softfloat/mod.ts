/**
 * Binary floating point as the book defines it (Book I 4.3 to 4.6), in integer
 * operations of the abstract machine: shared by the floating-point facility
 * and VSX.
 *
 * A number in flight is a {@linkcode Value} in double format, whatever its
 * precision; `widen` and `narrow` go from and to a single's 32 bits without
 * rounding or quieting. A `format` says what a result is rounded to
 * (`FORMAT.double`, `.single`, `.half`) with FPSCR[RN], or with a mode of its
 * own (`rounded(FORMAT.double, "odd")`). An instruction has three steps:
 *
 * 1. Compute. `add(m, a, b, FORMAT.double)` and its likes give the default
 *    result and leave exceptions, FR and FI in FP_FLAGS, which is 0 between
 *    instructions. Vector instructions compute element after element; the
 *    flags add up.
 * 2. Enter the flags into FPSCR, once: `enterScalar(m, result, format)` sets
 *    FR, FI, FPRF and exceptions; `enterInteger(m)` leaves FPRF (conversions
 *    to integers); `enterSticky(m)` sets exceptions only (vectors, xsmaxdp);
 *    `enterComparison(m, cc)` sets FPCC.
 * 3. `conclude(m, write, f.Rc)` writes the target unless an enabled exception
 *    forbids it, then CR1, then interrupts where one is due.
 *
 * `carryOut(m, SCALAR.add.double, …)` and its likes do all three together,
 * with a short way for the common case, and a quick one for engines that leave
 * FPSCR for later: what fadd and xsadddp want. `elementAdd` and its likes are
 * step 1 with a short way: what xvadddp and xvaddsp want.
 *
 * ```ts ignore
 * // xsadddp
 * m.require("VSX");
 * carryOut(m, SCALAR.add.double, {
 *   operands: [m.fpr(f.XA), m.fpr(f.XB)],
 *   write: (sum) => m.setFpr(f.XT, sum),
 * });
 *
 * // xvadddp
 * m.require("VSX");
 * const sums = m.elements(8, (i) =>
 *   elementAdd(m, m.element(8, a, i), m.element(8, b, i), FORMAT.double));
 * enterSticky(m);
 * conclude(m, () => m.setVsr(f.XT, sums));
 *
 * // xvaddsp: each element widened, added to single precision, narrowed
 * m.elements(4, (i) =>
 *   narrow(m, elementAdd(m, widen(m, m.element(4, a, i)), widen(m, m.element(4, b, i)), FORMAT.single)));
 * ```
 *
 * @module
 */
export * from "./arithmetic.ts";
export { compare, TEST_DIVIDE, TEST_SQUARE_ROOT } from "./compare.ts";
export {
  fromInteger,
  type IntegerFormat,
  type IntegerMode,
  roundToInteger,
  toInteger,
} from "./convert.ts";
export {
  classOf,
  DEFAULT_NAN,
  FORMAT,
  type Format,
  isNan,
  isSignaling,
  isSpecial,
  isZero,
  MODE,
  negated,
  rounded,
} from "./format.ts";
export {
  conclude,
  enterClassed,
  enterComparison,
  enterInteger,
  enterScalar,
  enterSticky,
  EXCEPTIONS,
  flag,
  FPSCR,
  goLong,
  INVALID,
  moveToFpscr,
  recordStatus,
  summarize,
} from "./fpscr.ts";
export { compareInto, deferredNumber, ENTER_ALL_DEFERRED } from "./deferred.ts";
export * from "./scalar.ts";
export {
  convertToInteger,
  type IntegerName,
  INTEGERS,
  roundIntoInteger,
} from "./quick_convert.ts";
export { PATIENT } from "./quick.ts";
export {
  carryOutVectors,
  QUICK_VECTORS,
  type QuickVectors,
} from "./quick_vectors.ts";
export { NARROW, narrow, WIDEN, widen } from "./single.ts";
