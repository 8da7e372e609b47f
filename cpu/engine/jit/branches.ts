/**
 * Branches that a region carries out itself.
 *
 * @module
 */
import type { Instruction } from "../../isa/row.ts";

/** By name: the field of a relative target, if it has one. */
export const BRANCHES: Readonly<Record<string, string | undefined>> = {
  b: "LI",
  bc: "BD",
  bclr: undefined,
  bcctr: undefined,
};

/** Whether the instruction is a branch that a region carries out itself. */
export function isBranch({ name }: Instruction): boolean {
  return name in BRANCHES;
}
