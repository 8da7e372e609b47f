/**
 * Why vCPUs have left the guest for the machine.
 *
 * @module
 */
import type { Exit } from "../cpu/accelerator.ts";

/** A reason to leave. */
export type ExitReason = Exit["reason"];

/** All reasons, in the order in which they are shown. */
export const EXIT_REASONS = [
  "hypercall",
  "mmio",
  "halt",
  "message",
  "budget",
  "kick",
  "attn",
  "checkstop",
] as const satisfies readonly ExitReason[];

/** Counts for each vCPU and reason. */
export class ExitCounts {
  readonly #counts: Record<ExitReason, number>[];

  constructor(vcpus: number) {
    this.#counts = Array.from({ length: vcpus }, none);
  }

  add(vcpu: number, reason: ExitReason): void {
    const counts = this.#counts[vcpu];
    if (counts) counts[reason]++;
  }

  of(vcpu: number): Readonly<Record<ExitReason, number>> {
    return this.#counts[vcpu] ?? none();
  }

  reset(): void {
    for (const counts of this.#counts) Object.assign(counts, none());
  }
}

function none(): Record<ExitReason, number> {
  return Object.fromEntries(
    EXIT_REASONS.map((reason) => [reason, 0]),
  ) as Record<ExitReason, number>;
}
