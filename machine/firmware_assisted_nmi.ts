/**
 * Firmware-assisted non-maskable interrupts (LoPAPR 7.3.14): a guest that has
 * called ibm,nmi-register takes system resets at an address of its own.
 *
 * R3 then points to a save area in RTAS's memory whose first doubleword is
 * what R3 was: that is how PowerVM and KVM do it, and what Linux expects of
 * system resets too, although PAPR asks for it with machine checks only.
 *
 * @module
 */
import type { Accelerator } from "../cpu/accelerator.ts";
import { MSR } from "../cpu/state.ts";
import type { GuestRam } from "./ram.ts";

/** Addresses that the guest has registered. */
export interface NmiHandlers {
  readonly systemReset: number;
  readonly machineCheck: number;
}

/** Offset of the save areas in RTAS's memory, behind its code. */
const SAVE_AREAS = 0x40;
const SAVE_AREA_BYTES = 16;

/** SRR1 bits that tell causes instead of holding MSR's. */
const SRR1_CAUSE = 0x783f_0000n;

/** What was registered, and the taking of a system reset by it. */
export class FirmwareAssistedNmi {
  readonly #accelerator: Accelerator;
  readonly #ram: GuestRam;
  #handlers: NmiHandlers | undefined;
  /** Real address of RTAS's memory, set at each boot. */
  rtasBase = 0;

  constructor(accelerator: Accelerator, ram: GuestRam) {
    this.#accelerator = accelerator;
    this.#ram = ram;
  }

  /** Whether the guest has registered its handlers. */
  get isRegistered(): boolean {
    return this.#handlers !== undefined;
  }

  register(handlers: NmiHandlers): void {
    this.#handlers = handlers;
  }

  reset(): void {
    this.#handlers = undefined;
  }

  /** Lets a vCPU, which is not running, go on in the guest's handler. */
  takeSystemReset(vcpu: number): void {
    if (!this.#handlers) return;
    const { systemReset } = this.#handlers;
    const accelerator = this.#accelerator;
    const msr = accelerator.getOneReg(vcpu, "MSR");
    const injected = accelerator.getOneReg(vcpu, "INTR_MSR");
    const area = this.rtasBase + SAVE_AREAS + SAVE_AREA_BYTES * vcpu;
    this.#ram.setU64(area, accelerator.getOneReg(vcpu, "GPR", 3));
    accelerator.setOneReg(vcpu, "GPR", BigInt(area), { index: 3 });
    accelerator.setOneReg(vcpu, "SRR0", accelerator.getOneReg(vcpu, "NIA"));
    accelerator.setOneReg(vcpu, "SRR1", msr & ~SRR1_CAUSE);
    accelerator.setOneReg(
      vcpu,
      "MSR",
      MSR.SF | (msr & MSR.ME) | (injected & MSR.LE),
    );
    accelerator.setOneReg(vcpu, "NIA", BigInt(systemReset));
  }

  save(): NmiHandlers | null {
    return this.#handlers ?? null;
  }

  restore(handlers: NmiHandlers | null): void {
    this.#handlers = handlers ?? undefined;
  }
}
