/**
 * Who changes LPCR, and who is told. The owner `machine` handles H_SET_MODE and
 * writes every vCPU's LPCR; under the other two the accelerator does so, and
 * the machine reads the register when a device is reset
 * (`accelerator-poll`), or is told of the call (`accelerator-propagate`).
 *
 * Either way a field is written under a mask on the vCPU's side, so that two
 * writers of different fields never undo each other, and a guest finds the
 * same world. What differs is what the machine knows, and when.
 *
 * @module
 */
import { LPCR } from "../../cpu/state.ts";
import { LpcrCopies, type LpcrCopy, type LpcrSource } from "./copies.ts";
import {
  type LpcrChange,
  LpcrFields,
  type LpcrPartition,
  type LpcrWrite,
} from "./fields.ts";
import { type IlePin, IlePins } from "./ile_pins.ts";
import type { Mistake } from "./mistakes.ts";
import { LPCR_OWNERS, type LpcrOwner } from "./owner.ts";

export type { LpcrChange, LpcrPartition, LpcrWrite } from "./fields.ts";

/** Plain data of an {@linkcode LpcrControl}. */
export interface LpcrState {
  readonly changes: readonly (readonly [number, LpcrChange])[];
  readonly pins: readonly (readonly [number, IlePin])[];
  readonly known: ReturnType<LpcrCopies["save"]>;
}

/** What a started vCPU takes over from the one that starts it. */
const INHERITED = LPCR.ILE | LPCR.AIL | LPCR.HR | LPCR.UPRT | LPCR.GTSE;

/** Whose H_SET_MODE it is to carry out. */
export type LpcrSide = "machine" | "accelerator";

/** Writes LPCR fields of vCPUs, and keeps what the machine knows of them. */
export class LpcrControl {
  readonly owner: LpcrOwner;
  readonly mistakes: ReadonlySet<Mistake>;
  readonly #partition: LpcrPartition;
  readonly #pins = new IlePins();
  readonly #fields: LpcrFields;
  readonly #copies = new LpcrCopies();

  constructor(
    partition: LpcrPartition,
    { owner = "machine", mistakes = [] }: {
      owner?: LpcrOwner | undefined;
      mistakes?: readonly Mistake[] | undefined;
    } = {},
  ) {
    this.#partition = partition;
    this.owner = owner;
    this.mistakes = new Set(mistakes);
    this.#fields = new LpcrFields(partition, {
      pins: this.#pins,
      mistakes: this.mistakes,
    });
    this.reset();
  }

  /** Who carries H_SET_MODE out. */
  get handler(): LpcrSide {
    return LPCR_OWNERS[this.owner].handles;
  }

  /**
   * H_SET_MODE of a vCPU: replaces the bits of `mask` in the LPCR of every
   * vCPU, those included that have not been started yet.
   */
  setMode(caller: number, write: LpcrWrite): void {
    const { vcpus } = this.#partition.platform;
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      if (vcpu !== caller && this.mistakes.has("calling-vcpu-only")) continue;
      if (this.handler === "machine") this.set(vcpu, write);
      else this.#fields.write(vcpu, write);
    }
  }

  /** The accelerator has carried such a call out, and the machine hears of it. */
  told(write: LpcrWrite): void {
    const { vcpus } = this.#partition.platform;
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      const mask = this.#pins.of(vcpu) ? write.mask & ~LPCR.ILE : write.mask;
      this.#learn(vcpu, { ...write, mask }, "told");
    }
  }

  /** The machine replaces bits of every vCPU's LPCR. */
  setAll(value: bigint, mask: bigint, cause: string): void {
    const { vcpus } = this.#partition.platform;
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      this.set(vcpu, { value, mask, cause });
    }
  }

  /** The same for one vCPU. */
  set(vcpu: number, write: LpcrWrite): void {
    this.#partition.synchronised(vcpu, write.cause);
    const whole = this.mistakes.has("no-synchronise")
      ? this.#fromCopy(vcpu, write)
      : write;
    const mask = this.#fields.write(vcpu, whole);
    this.#learn(vcpu, { ...whole, mask }, "written");
  }

  /** All of the register, as it would be if the copy of it were right. */
  #fromCopy(vcpu: number, { value, mask, cause }: LpcrWrite): LpcrWrite {
    const { value: copy } = this.#copies.of(vcpu);
    const whole = copy & ~mask | value & mask;
    return { value: whole, mask: (1n << 64n) - 1n, cause };
  }

  /** The order of a vCPU's interrupts as the machine knows it: LPCR[ILE]. */
  isLittleEndian(vcpu: number, asker: string): boolean {
    return (this.#known(vcpu, asker) & LPCR.ILE) !== 0n;
  }

  #known(vcpu: number, asker: string): bigint {
    if (this.mistakes.has("device-order")) return this.#copies.first(vcpu);
    if (this.owner === "accelerator-poll") return this.poll(vcpu, asker);
    return this.#copies.of(vcpu).value;
  }

  /** Reads the register, and so learns what the accelerator has done. */
  poll(vcpu: number, asker: string): bigint {
    this.#partition.synchronised(vcpu, asker);
    const value = this.#fields.read(vcpu);
    this.#learn(vcpu, { value, mask: ~0n, cause: asker }, "read");
    return value;
  }

  /** The machine's copy of a vCPU's LPCR. */
  copyOf(vcpu: number): LpcrCopy {
    return this.#copies.of(vcpu);
  }

  /** The pin of a vCPU's ILE, if there is one. */
  pinOf(vcpu: number): IlePin | undefined {
    return this.#pins.of(vcpu);
  }

  /**
   * Holds a vCPU's ILE, or with undefined gives the guest what it last asked
   * for.
   */
  pin(vcpu: number, little: boolean | undefined, cause: string): void {
    const wanted = this.#wanted(vcpu, cause);
    this.#pins.set(vcpu, little === undefined ? undefined : { little, wanted });
    this.#setIle(vcpu, little ?? wanted, cause);
  }

  /**
   * A vCPU was started by another: it takes over what the guest has asked for,
   * and how it translates.
   */
  started(vcpu: number, caller: number): void {
    const cause = "start-cpu";
    const wanted = this.#wanted(caller, cause);
    const reached = !this.mistakes.has("calling-vcpu-only");
    const mask = reached ? INHERITED : INHERITED & ~(LPCR.ILE | LPCR.AIL);
    const value = this.poll(caller, cause) & ~LPCR.ILE |
      (wanted ? LPCR.ILE : 0n);
    this.set(vcpu, { value, mask, cause });
    const pin = this.#pins.of(vcpu);
    if (pin) this.#setIle(vcpu, pin.little, cause);
  }

  #wanted(vcpu: number, asker: string): boolean {
    const pin = this.#pins.of(vcpu);
    if (pin) return pin.wanted;
    this.#partition.synchronised(vcpu, asker);
    return (this.#fields.read(vcpu) & LPCR.ILE) !== 0n;
  }

  #setIle(vcpu: number, little: boolean, cause: string): void {
    this.#partition.synchronised(vcpu, cause);
    this.#fields.setIle(vcpu, little, cause);
    const value = little ? LPCR.ILE : 0n;
    this.#learn(vcpu, { value, mask: LPCR.ILE, cause }, "written");
  }

  /** The machine knows bits of a vCPU's LPCR anew; tells if it is news. */
  #learn(
    vcpu: number,
    { value, mask, cause }: LpcrWrite,
    source: LpcrSource,
  ): void {
    const { value: before } = this.#copies.of(vcpu);
    const after = BigInt.asUintN(64, before & ~mask | value & mask);
    const at = this.#partition.now();
    this.#copies.set(vcpu, { value: after, source, at });
    if (before === after) return;
    this.#partition.emit({
      name: "LPCR_CHANGE",
      data: {
        vcpu,
        before: `0x${before.toString(16)}`,
        after: `0x${after.toString(16)}`,
        source,
        cause,
      },
    });
  }

  /** The last change of a vCPU's LPCR since reset, if there was one. */
  lastChange(vcpu: number): LpcrChange | undefined {
    return this.#fields.lastChange(vcpu);
  }

  /** The vCPUs are as after power-on, save for pins, which stay. */
  reset(): void {
    for (const [vcpu, { little }] of this.#pins.all) {
      this.#pins.set(vcpu, { little, wanted: false });
      this.#fields.setIle(vcpu, little, "reset");
    }
    this.#fields.reset();
    const { vcpus } = this.#partition.platform;
    const values = Array.from(
      { length: vcpus },
      (_, vcpu) => this.#fields.read(vcpu),
    );
    this.#copies.reset(values, this.#partition.now());
  }

  save(): LpcrState {
    return {
      changes: this.#fields.save(),
      pins: this.#pins.save(),
      known: this.#copies.save(),
    };
  }

  restore({ changes, pins, known }: LpcrState): void {
    this.#fields.restore(changes);
    this.#pins.restore(pins);
    this.#copies.restore(known);
  }
}
