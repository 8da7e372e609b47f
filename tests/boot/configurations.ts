/**
 * The platforms that a partition can have.
 *
 * @module
 */
import type { MachineOptions } from "../../machine/machine_options.ts";

/** A processor with what it can be combined with. */
export type Configuration = Pick<
  MachineOptions,
  "cpu" | "mmu" | "interruptController"
>;

/** POWER8 has neither radix nor XIVE. */
export const CONFIGURATIONS: readonly Configuration[] = [
  { cpu: "power9", mmu: "radix", interruptController: "xive" },
  { cpu: "power9", mmu: "radix", interruptController: "xics" },
  { cpu: "power9", mmu: "hash", interruptController: "xive" },
  { cpu: "power9", mmu: "hash", interruptController: "xics" },
  { cpu: "power8", mmu: "hash", interruptController: "xics" },
];

/** "POWER9, radix, XIVE" */
export function nameOf(
  { cpu, mmu, interruptController }: Configuration,
): string {
  return `${cpu.toUpperCase()}, ${mmu}, ${interruptController.toUpperCase()}`;
}

/** What most tests use that are not about the platform. */
export const DEFAULT_CONFIGURATION = {
  cpu: "power9",
  mmu: "radix",
  interruptController: "xive",
} as const satisfies Configuration;
