/**
 * The machine's side of LPCR: what it believes each vCPU's register to be, and
 * since when.
 *
 * @module
 */
import type { Instant } from "../machine_options.ts";

/** How the machine came to know a value. */
export type LpcrSource = "power-on" | "written" | "read" | "told";

/** A vCPU's LPCR as the machine knows it. */
export interface LpcrCopy {
  readonly value: bigint;
  readonly source: LpcrSource;
  readonly at: Instant;
}

/** Keeps a copy for each vCPU. */
export class LpcrCopies {
  #copies: LpcrCopy[] = [];
  #first: readonly bigint[] = [];

  /** The machine has just set the registers to their values at power-on. */
  reset(values: readonly bigint[], at: Instant): void {
    this.#copies = values.map((value) => ({ value, source: "power-on", at }));
    this.#first = values;
  }

  of(vcpu: number): LpcrCopy {
    const copy = this.#copies[vcpu];
    if (!copy) throw new RangeError(`Cannot find vCPU: ${vcpu}`);
    return copy;
  }

  /** What the machine saw first of all. */
  first(vcpu: number): bigint {
    return this.#first[vcpu] ?? 0n;
  }

  set(vcpu: number, copy: LpcrCopy): void {
    this.#copies[vcpu] = copy;
  }

  save(): { copies: LpcrCopy[]; first: bigint[] } {
    return structuredClone({ copies: this.#copies, first: [...this.#first] });
  }

  restore(
    { copies, first }: ReturnType<LpcrCopies["save"]>,
  ): void {
    this.#copies = structuredClone(copies);
    this.#first = [...first];
  }
}
