/**
 * Who changes LPCR, and who is told: the question of 2013. With the owner
 * `machine` the machine handles H_SET_MODE and writes every vCPU's LPCR; see
 * `docs/architecture.md` for the other two.
 *
 * @module
 */
import { LPCR } from "../cpu/state.ts";
import type { Instant } from "./machine_options.ts";
import type { Partition } from "./partition.ts";

/** A change of a vCPU's LPCR. */
export interface LpcrChange {
  /** The hypercall or monitor method that made it. */
  readonly cause: string;
  readonly at: Instant;
}

/**
 * An ILE that a person holds: the guest's own wishes are answered with success,
 * kept here, and change nothing.
 */
export interface IlePin {
  /** LPCR[ILE] as it is held. */
  readonly little: boolean;
  /** What the guest asked for last. */
  readonly wanted: boolean;
}

/** What LPCR belongs to, with its time. */
export interface LpcrPartition extends Partition {
  now(): Instant;
}

/** Writes LPCR fields of vCPUs, and remembers who did. */
export class LpcrControl {
  readonly #partition: LpcrPartition;
  readonly #changes = new Map<number, LpcrChange>();
  readonly #pins = new Map<number, IlePin>();

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
    const pin = this.#pins.get(vcpu);
    if (pin === undefined || (mask & LPCR.ILE) === 0n) {
      return this.#write(vcpu, { value, mask, cause });
    }
    this.#pins.set(vcpu, { ...pin, wanted: (value & LPCR.ILE) !== 0n });
    this.#write(vcpu, { value, mask: mask & ~LPCR.ILE, cause });
  }

  /** The pin of a vCPU's ILE, if there is one. */
  pinOf(vcpu: number): IlePin | undefined {
    return this.#pins.get(vcpu);
  }

  /**
   * Holds a vCPU's ILE, or with undefined gives the guest what it last asked
   * for.
   */
  pin(vcpu: number, little: boolean | undefined, cause: string): void {
    const wanted = this.#wanted(vcpu);
    if (little === undefined) this.#pins.delete(vcpu);
    else this.#pins.set(vcpu, { little, wanted });
    const value = little ?? wanted ? LPCR.ILE : 0n;
    this.#write(vcpu, { value, mask: LPCR.ILE, cause });
  }

  /** A vCPU was started by another, whose ILE the guest wants it to have. */
  started(vcpu: number, caller: number): void {
    const wanted = this.#wanted(caller);
    const pin = this.#pins.get(vcpu);
    if (pin !== undefined) this.#pins.set(vcpu, { ...pin, wanted });
    this.#apply(vcpu, pin?.little ?? wanted);
  }

  #wanted(vcpu: number): boolean {
    const { accelerator } = this.#partition;
    return this.#pins.get(vcpu)?.wanted ??
      (accelerator.getOneReg(vcpu, "LPCR") & LPCR.ILE) !== 0n;
  }

  #apply(vcpu: number, little: boolean): void {
    const { accelerator } = this.#partition;
    const value = little ? LPCR.ILE : 0n;
    accelerator.setOneReg(vcpu, "LPCR", value, { mask: LPCR.ILE });
  }

  #write(
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

  /** The vCPUs are as after power-on, save for pins, which stay. */
  reset(): void {
    this.#changes.clear();
    for (const [vcpu, { little }] of this.#pins) {
      this.#pins.set(vcpu, { little, wanted: false });
      this.#apply(vcpu, little);
    }
  }

  savePins(): [vcpu: number, pin: IlePin][] {
    return structuredClone([...this.#pins]);
  }

  restorePins(state: readonly (readonly [number, IlePin])[]): void {
    this.#pins.clear();
    for (const [vcpu, pin] of state) this.#pins.set(vcpu, pin);
  }

  save(): [vcpu: number, change: LpcrChange][] {
    return structuredClone([...this.#changes]);
  }

  restore(state: readonly (readonly [number, LpcrChange])[]): void {
    this.#changes.clear();
    for (const [vcpu, change] of state) this.#changes.set(vcpu, change);
  }
}
