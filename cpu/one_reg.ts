/**
 * Writing one register of a vCPU from outside, on the vCPU's side: what every
 * accelerator's `setOneReg` does.
 *
 * @module
 */
import type { Registers } from "./registers.ts";
import { LPCR, MSR, type StateName } from "./state.ts";

/** Which bits of which element to replace; default all of the first. */
export interface OneRegOptions {
  readonly mask?: bigint;
  readonly index?: number;
}

/**
 * Replaces a register's bits. LPCR takes the MSR of injected interrupts along,
 * as KVM's does: a set of LPCR[ILE] that forgot it would break only those.
 */
export function writeOneReg(
  registers: Registers,
  name: StateName,
  value: bigint,
  { mask, index = 0 }: OneRegOptions = {},
): void {
  const old = mask === undefined ? 0n : registers.get(name, index) & ~mask;
  const bits = mask === undefined ? value : value & mask;
  registers.set(name, old | bits, index);
  if (name === "LPCR") followIle(registers);
}

function followIle(registers: Registers): void {
  const little = (registers.get("LPCR") & LPCR.ILE) !== 0n;
  const msr = registers.get("INTR_MSR") & ~MSR.LE;
  registers.set("INTR_MSR", little ? msr | MSR.LE : msr);
}
