/**
 * Instructions that programs for several vCPUs use most.
 *
 * @module
 */
import { op } from "../engine/programs.ts";

/** A branch of so many instructions where a condition of CR0 does not hold. */
export function branchUnless(
  bit: "lt" | "gt" | "eq",
  instructions: number,
): number {
  const BI = { lt: 0, gt: 1, eq: 2 }[bit];
  return op("bc", { BO: 4, BI, BD: 4 * instructions });
}

/** A branch of so many instructions while CTR, counted down, is not 0. */
export function countDown(instructions: number): number {
  return op("bc", { BO: 16, BI: 0, BD: 4 * instructions });
}

export const compare = (RA: number, RB: number): number =>
  op("cmp", { BF: 0, L: 1, RA, RB });
export const addi = (RT: number, RA: number, SI: number): number =>
  op("addi", { RT, RA, SI });
export const ld = (RT: number, RA: number): number =>
  op("ld", { RT, RA, DS: 0 });
export const std = (RS: number, RA: number): number =>
  op("std", { RS, RA, DS: 0 });
export const SYNC: number = op("sync", { L: 0 });
export const LWSYNC: number = op("sync", { L: 1 });
export const PTESYNC: number = op("sync", { L: 2 });
export const EIEIO: number = op("eieio");
export const ISYNC: number = op("isync");

/** Adds one to the doubleword at RA atomically; uses a scratch register. */
export function increment(RA: number, scratch: number): number[] {
  return [
    op("ldarx", { RT: scratch, RA: 0, RB: RA }),
    addi(scratch, scratch, 1),
    op("stdcx.", { RS: scratch, RA: 0, RB: RA }),
    branchUnless("eq", -3),
  ];
}

/** Waits until the doubleword at RA equals RB; uses a scratch register. */
export function waitFor(RA: number, RB: number, scratch: number): number[] {
  return [ld(scratch, RA), compare(scratch, RB), branchUnless("eq", -2)];
}
