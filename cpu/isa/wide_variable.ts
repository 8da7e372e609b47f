/**
 * Variables of 128 bits.
 *
 * @module
 */
import type { Ops, Variable } from "./ops.ts";
import type { Wide } from "./wide.ts";

/** A variable of 128 bits. */
export interface WideVariable {
  readonly high: Variable;
  readonly low: Variable;
}

/** A variable with a value. */
export function wideVariable(m: Ops, { high, low }: Wide): WideVariable {
  return { high: m.variable(high), low: m.variable(low) };
}

/** Its value at this point. */
export function getWide(m: Ops, v: WideVariable): Wide {
  return { high: m.get(v.high), low: m.get(v.low) };
}

/** Gives it another value. */
export function setWide(m: Ops, v: WideVariable, { high, low }: Wide): void {
  m.set(v.high, high);
  m.set(v.low, low);
}
