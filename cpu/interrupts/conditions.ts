/**
 * Questions about MSR and interrupts that several parts ask.
 *
 * @module
 */
import type { Condition, Ops, Value } from "../isa/ops.ts";
import {
  type Interrupt,
  type InterruptName,
  interruptNumber,
  INTERRUPTS,
} from "./table.ts";

/** Whether any bit of the mask is set. */
export function has(m: Ops, register: Value, mask: bigint): Condition {
  return m.nonZero(m.and(register, m.const(mask)));
}

/** Whether the interrupt of the number has a property. */
export function those(
  m: Ops,
  number: Value,
  property: (row: Interrupt) => boolean,
): Condition {
  let mask = 0n;
  INTERRUPTS.forEach((row, index) => {
    if (property(row)) mask |= 1n << BigInt(index + 1);
  });
  return has(m, m.shr(m.const(mask), number), 1n);
}

/** Whether the number is that of the interrupt. */
export function is(m: Ops, number: Value, name: InterruptName): Condition {
  return m.eq(number, m.const(interruptNumber(name)));
}

/** A partition's thread: no hypervisor state, LPCR[LPES] does not matter. */
export function inPartition(m: Ops): Condition {
  return m.nonZero(m.reg("PAPR"));
}
