/**
 * How often the machine has asked for a vCPU's registers across the boundary to
 * its accelerator, and who asked: a vCPU that runs has to leave the guest for
 * it, so that each has its price. Arguments of the call that a vCPU waits with
 * are no such question.
 *
 * @module
 */

/** One kind of question to one vCPU. */
export interface Synchronisation {
  /** The hypercall, RTAS call, device or monitor method that asked. */
  readonly by: string;
  readonly count: number;
}

/** Different askers that are told apart: all of ours, and some. */
const MOST = 256;

/** Counts for each vCPU. */
export class Synchronisations {
  readonly #counts: Map<string, number>[];

  constructor(vcpus: number) {
    this.#counts = Array.from({ length: vcpus }, () => new Map());
  }

  add(vcpu: number, by: string): void {
    const counts = this.#counts[vcpu];
    if (!counts) return;
    const count = counts.get(by);
    if (count === undefined && counts.size >= MOST) return;
    counts.set(by, (count ?? 0) + 1);
  }

  of(vcpu: number): Synchronisation[] {
    return [...this.#counts[vcpu] ?? []].map(([by, count]) => ({ by, count }));
  }

  reset(): void {
    for (const counts of this.#counts) counts.clear();
  }
}
