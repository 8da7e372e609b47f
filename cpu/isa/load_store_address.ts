/**
 * Effective addresses of fixed-point storage access (Book I 1.10.3).
 *
 * @module
 */
import type { Field, Ops, Value } from "./ops.ts";

/** Operands of form X: (RA|0) + (RB). */
export interface Indexed {
  readonly RA: Field;
  readonly RB: Field;
}

/** Operands of the forms with a displacement: (RA|0) + SI, DS or DQ. */
export type Displaced =
  | { readonly RA: Field; readonly SI: Field }
  | { readonly RA: Field; readonly DS: Field }
  | { readonly RA: Field; readonly DQ: Field };

/** What is added to the base register. */
function offset(m: Ops, f: Indexed | Displaced): Value {
  if ("RB" in f) return m.gpr(f.RB);
  if ("SI" in f) return m.field(f.SI);
  return m.field("DS" in f ? f.DS : f.DQ);
}

/** The effective address: (RA|0) plus index or displacement. */
export function effectiveAddress(m: Ops, f: Indexed | Displaced): Value {
  return m.ea(m.add(m.gprOrZero(f.RA), offset(m, f)));
}

/** The effective address of an update form, which has no (RA|0). */
export function updatedAddress(m: Ops, f: Indexed | Displaced): Value {
  return m.ea(m.add(m.gpr(f.RA), offset(m, f)));
}
