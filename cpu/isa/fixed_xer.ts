/**
 * How fixed-point instructions set XER and CR0 (Book I 3.2.2, 3.3.8).
 *
 * @module
 */
import type { Condition, Field, Ops, Value } from "./ops.ts";

/** Sets CA32, and CA: from the carry out of bit 0, or bit 32 in 32-bit mode. */
export function setCarry(m: Ops, ca: Value, ca32: Value): void {
  m.setReg("CA32", ca32);
  m.setReg("CA", m.select(m.sixtyFour(), ca, ca32));
}

/** Sets OV and OV32, each 0 or 1, and makes SO sticky. */
export function setOverflow(m: Ops, ov: Value, ov32: Value): void {
  m.setReg("OV", ov);
  m.setReg("OV32", ov32);
  m.setReg("SO", m.or(m.reg("SO"), ov));
}

/** Sets OV and OV32 alike, as multiplication and division do. */
export function setOverflowIf(m: Ops, overflow: Condition): void {
  const ov = m.bit(overflow);
  setOverflow(m, ov, ov);
}

/** Writes a result and, where Rc = 1, CR0. After XER: CR0 copies SO. */
export function finish(
  m: Ops,
  target: Field,
  result: Value,
  rc: Field | undefined,
): void {
  m.setGpr(target, result);
  if (rc !== undefined) m.when(rc, () => m.record(result));
}
