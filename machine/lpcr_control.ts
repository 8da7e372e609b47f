/**
 * Who changes LPCR, and who is told: the question of 2013. With the owner
 * `machine` the machine handles H_SET_MODE and writes every vCPU's LPCR; see
 * `docs/architecture.md` for the other two.
 *
 * @module
 */
import type { Partition } from "./partition.ts";

/** Writes LPCR fields of the whole partition. */
export class LpcrControl {
  readonly #partition: Partition;

  constructor(partition: Partition) {
    this.#partition = partition;
  }

  /**
   * Replaces the bits of `mask` in the LPCR of every vCPU, each write carried
   * out on the vCPU's side, and tells subscribers what changed.
   */
  setAll(value: bigint, mask: bigint, cause: string): void {
    const { accelerator, platform } = this.#partition;
    for (let vcpu = 0; vcpu < platform.vcpus; vcpu++) {
      const before = accelerator.getOneReg(vcpu, "LPCR");
      accelerator.setOneReg(vcpu, "LPCR", value, { mask });
      const after = accelerator.getOneReg(vcpu, "LPCR");
      if (before === after) continue;
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
  }
}
