/**
 * What an engine does that has left FPSCR for later, once somebody looks at
 * it: the last operation is carried out again, on the operands that it had,
 * for its effect on FPSCR; then the comparison behind it.
 *
 * @module
 */
import type { Field, Ops, Value } from "../ops.ts";
import { type Subroutine, subroutine } from "../subroutine.ts";
import { compare } from "./compare.ts";
import { conclude, enterComparison } from "./fpscr.ts";

const deferred: Subroutine[] = [];

/** Lets the effect of a subroutine on FPSCR wait; gives it back. */
export function deferrable(subroutine: Subroutine): Subroutine {
  deferred.push(subroutine);
  return subroutine;
}

/** Number under which {@linkcode ENTER_DEFERRED} knows a subroutine. */
export function deferredNumber(subroutine: Subroutine): number {
  const index = deferred.indexOf(subroutine);
  if (index < 0) {
    throw new RangeError(`Cannot defer ${subroutine.name}: it is unknown`);
  }
  return index + 1;
}

/** Halves what the number may be until one is left. */
function choose(
  m: Ops,
  { number, least, most }: { number: Value; least: number; most: number },
  carryOut: (number: number) => void,
): void {
  if (least === most) return carryOut(least);
  const middle = (least + most) >> 1;
  m.if(
    m.leUnsigned(number, m.const(middle)),
    () => choose(m, { number, least, most: middle }, carryOut),
    () => choose(m, { number, least: middle + 1, most }, carryOut),
  );
}

/** (number, operands): the effect of a deferred operation on FPSCR. */
const ENTER_DEFERRED: Subroutine = subroutine(
  "float_enter_deferred",
  4,
  (m, number, ...operands) => {
    choose(m, { number, least: 1, most: deferred.length }, (n) => {
      const late = deferred[n - 1];
      if (late) m.call(late, ...operands.slice(0, late.parameters));
    });
    return m.const(0);
  },
);

/** Enters into FPSCR all that FP_DEFERRED holds. */
export const ENTER_ALL_DEFERRED: Subroutine = subroutine(
  "float_enter_all_deferred",
  0,
  (m) => {
    const numbers = m.reg("FP_DEFERRED_NUMBERS");
    const at = (index: number) => m.regAt("FP_DEFERRED", m.const(index));
    const byte = (n: number) => m.and(m.shr(numbers, 8 * n), m.const(0xff));
    m.if(m.nonZero(numbers), () => {
      m.setReg("FP_DEFERRED_NUMBERS", m.const(0));
      const [result, rounding] = [byte(0), byte(1)];
      m.if(m.nonZero(result), () => {
        m.call(ENTER_DEFERRED, result, at(0), at(1), at(2));
      });
      m.if(m.nonZero(rounding), () => {
        // The others are of no meaning.
        m.call(ENTER_DEFERRED, rounding, at(3), at(3), at(3));
      });
      m.if(m.nonZero(byte(2)), () => {
        enterComparison(m, compare(m, at(4), at(5), "unordered"));
      });
    });
    return m.const(0);
  },
);

/** A CR field and FPSCR[FPCC] from two numbers. */
export function compareInto(
  m: Ops,
  field: Field,
  { a, b, kind }: { a: Value; b: Value; kind: "ordered" | "unordered" },
): void {
  m.deferComparison({
    field,
    a,
    b,
    long() {
      const result = compare(m, a, b, kind);
      enterComparison(m, result);
      conclude(m, () => m.setCrField(field, result));
    },
  });
}
