/**
 * Who changes LPCR, and who is told: the question of 2013. With the owner
 * `machine` the machine handles H_SET_MODE and writes every vCPU's LPCR; see
 * `docs/architecture.md` for the other two.
 *
 * @module
 */
import type { Instant } from "./machine_options.ts";
import type { Partition } from "./partition.ts";

/** A change of a vCPU's LPCR. */
export interface LpcrChange {
  /** The hypercall or monitor method that made it. */
  readonly cause: string;
  readonly at: Instant;
}

/** What LPCR belongs to, with its time. */
export interface LpcrPartition extends Partition {
  now(): Instant;
}

/** Writes LPCR fields of vCPUs, and remembers who did. */
export class LpcrControl {
  readonly #partition: LpcrPartition;
  readonly #changes = new Map<number, LpcrChange>();

  constructor(partition: LpcrPartition) {
    this.#partition = partition;
  }

  /**
   * Replaces the bits of `mask` in the LPCR of every vCPU, each write carried
   * out on the vCPU's side, and tells subscribers what changed.
   */
  setAll(value: bigint, mask: bigint, cause: string): void {
    const { vcpus } = this.#partition.platform;
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      this.set(vcpu, { value, mask, cause });
    }
  }

  /** The same for one vCPU. */
  set(
    vcpu: number,
    { value, mask, cause }: { value: bigint; mask: bigint; cause: string },
  ): void {
    const { accelerator } = this.#partition;
    const before = accelerator.getOneReg(vcpu, "LPCR");
    accelerator.setOneReg(vcpu, "LPCR", value, { mask });
    const after = accelerator.getOneReg(vcpu, "LPCR");
    if (before === after) return;
    this.#changes.set(vcpu, { cause, at: this.#partition.now() });
    this.#partition.emit({
      name: "LPCR_CHANGE",
      data: {
        vcpu,
        before: `0x${before.toString(16)}`,
        after: `0x${after.toString(16)}`,
        owner: "machine",
        cause,
      },
    });
  }

  /** The last change of a vCPU's LPCR since reset, if there was one. */
  lastChange(vcpu: number): LpcrChange | undefined {
    return this.#changes.get(vcpu);
  }

  /** Forgets changes: the vCPUs are as after power-on. */
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
