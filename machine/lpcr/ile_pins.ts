/**
 * LPCR[ILE] of vCPUs as a person holds it against the guest.
 *
 * @module
 */
import { LPCR } from "../../cpu/state.ts";

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

/** The pins of all vCPUs. They stand before every write, whoever writes. */
export class IlePins {
  readonly #pins = new Map<number, IlePin>();

  of(vcpu: number): IlePin | undefined {
    return this.#pins.get(vcpu);
  }

  /** Every vCPU that is held. */
  get all(): readonly [vcpu: number, pin: IlePin][] {
    return [...this.#pins];
  }

  set(vcpu: number, pin: IlePin | undefined): void {
    if (pin) this.#pins.set(vcpu, pin);
    else this.#pins.delete(vcpu);
  }

  /** Keeps the guest's wish; gives the bits that may be written. */
  admit(vcpu: number, value: bigint, mask: bigint): bigint {
    const pin = this.#pins.get(vcpu);
    if (pin === undefined || (mask & LPCR.ILE) === 0n) return mask;
    this.#pins.set(vcpu, { ...pin, wanted: (value & LPCR.ILE) !== 0n });
    return mask & ~LPCR.ILE;
  }

  save(): [vcpu: number, pin: IlePin][] {
    return structuredClone([...this.#pins]);
  }

  restore(state: readonly (readonly [number, IlePin])[]): void {
    this.#pins.clear();
    for (const [vcpu, pin] of state) this.#pins.set(vcpu, pin);
  }
}
