/**
 * The accelerator's side of LPCR: fields of the register itself.
 *
 * @module
 */
import { LPCR } from "../../cpu/state.ts";
import type { Instant } from "../machine_options.ts";
import type { Partition } from "../partition.ts";
import type { IlePins } from "./ile_pins.ts";
import type { Mistake } from "./mistakes.ts";

/** A change of a vCPU's LPCR. */
export interface LpcrChange {
  /** The hypercall or monitor method that made it. */
  readonly cause: string;
  readonly at: Instant;
}

/** Bits of LPCR that are replaced, and why. */
export interface LpcrWrite {
  readonly value: bigint;
  readonly mask: bigint;
  readonly cause: string;
}

/** What LPCR belongs to, with its time. */
export interface LpcrPartition extends Partition {
  now(): Instant;
}

/** Writes the register, and remembers for people who did. */
export class LpcrFields {
  readonly #partition: LpcrPartition;
  readonly #pins: IlePins;
  readonly #mistakes: ReadonlySet<Mistake>;
  readonly #changes = new Map<number, LpcrChange>();

  constructor(
    partition: LpcrPartition,
    { pins, mistakes }: { pins: IlePins; mistakes: ReadonlySet<Mistake> },
  ) {
    this.#partition = partition;
    this.#pins = pins;
    this.#mistakes = mistakes;
  }

  /** LPCR as it is. The vCPU has to be synchronised for it. */
  read(vcpu: number): bigint {
    return this.#partition.accelerator.getOneReg(vcpu, "LPCR");
  }

  /**
   * Replaces the bits of the mask, on the vCPU's side; the guest's wish of ILE
   * only where nobody holds it. Gives the bits that were written.
   */
  write(vcpu: number, { value, mask, cause }: LpcrWrite): bigint {
    const admitted = this.#pins.admit(vcpu, value, mask);
    this.force(vcpu, { value, mask: admitted, cause });
    return admitted;
  }

  /** The same, whoever holds ILE. */
  force(vcpu: number, { value, mask, cause }: LpcrWrite): void {
    const { accelerator } = this.#partition;
    const before = this.read(vcpu);
    const forgets = this.#mistakes.has("interrupt-msr");
    const injected = forgets ? accelerator.getOneReg(vcpu, "INTR_MSR") : 0n;
    accelerator.setOneReg(vcpu, "LPCR", value, { mask });
    if (forgets) accelerator.setOneReg(vcpu, "INTR_MSR", injected);
    if (this.read(vcpu) === before) return;
    this.#changes.set(vcpu, { cause, at: this.#partition.now() });
  }

  /** Lets a vCPU's ILE be as it is held or wanted. */
  setIle(vcpu: number, little: boolean, cause: string): void {
    const value = little ? LPCR.ILE : 0n;
    this.force(vcpu, { value, mask: LPCR.ILE, cause });
  }

  /** The last change of a vCPU's LPCR since reset, if there was one. */
  lastChange(vcpu: number): LpcrChange | undefined {
    return this.#changes.get(vcpu);
  }

  reset(): void {
    this.#changes.clear();
  }

  save(): [vcpu: number, change: LpcrChange][] {
    return structuredClone([...this.#changes]);
  }

  restore(state: readonly (readonly [number, LpcrChange])[]): void {
    this.#changes.clear();
    for (const [vcpu, change] of state) this.#changes.set(vcpu, change);
  }
}
