/**
 * Virtio over PCI (virtio 1.3, 4.1): a device as a PCI function.
 *
 * @module
 */
import type { ByteOrderPolicy } from "./byte_order.ts";
import { modernCapabilities } from "./capabilities.ts";
import { type CoreState, DeviceCore } from "./core.ts";
import type { VirtioDevice } from "./device.ts";
import { DEVICE_KINDS, type DeviceKind } from "./device_kinds.ts";
import { FEATURE, hasFeature, type RingOptions } from "./features.ts";
import { LegacyRegisters } from "./legacy_registers.ts";
import { ModernRegisters } from "./modern_registers.ts";
import type { PciBar, PciCapability, PciFace, PciIds } from "./pci_face.ts";
import { ISR, PciInterrupts } from "./pci_interrupts.ts";
import type { InterruptWires, VirtioWorld } from "./world.ts";

/** Which interfaces a function has: the old one, the new one, or both. */
export type PciForm = "legacy" | "transitional" | "modern";

/** All forms, the default first. */
export const PCI_FORMS: readonly PciForm[] = [
  "transitional",
  "legacy",
  "modern",
];

/** How a device is put on PCI. */
export interface VirtioPciOptions {
  /** The device's name in the monitor. */
  readonly name: string;
  readonly world: VirtioWorld;
  /** Default `transitional`. */
  readonly form?: PciForm;
  /** Default `ile-at-reset`. */
  readonly policy?: ByteOrderPolicy;
  readonly rings?: RingOptions;
  /** Default: one for each queue, and one for the configuration. */
  readonly msixVectors?: number;
}

/** What `VirtioPci` saves. */
export interface VirtioPciState {
  readonly core: CoreState;
  readonly interrupts: { readonly isr: number; readonly configVector: number };
  readonly legacy: number | undefined;
  readonly modern: readonly number[] | undefined;
  /** The bytes of capabilities that the guest can write. */
  readonly capabilities: readonly Uint8Array[];
}

/** Red Hat's number, which virtio's devices have. */
const VENDOR = 0x1af4;

/** First device id of those that are modern only (virtio 1.3, 4.1.2.1). */
const MODERN_ID = 0x1040;

/** A virtio device as a PCI function. */
export class VirtioPci implements PciFace {
  readonly form: PciForm;
  readonly core: DeviceCore;
  readonly ids: PciIds;
  readonly capabilities: readonly PciCapability[];
  readonly bars: readonly PciBar[];
  readonly msixVectors: number;
  readonly msixBar = 1;
  readonly #interrupts: PciInterrupts;
  readonly #legacy: LegacyRegisters | undefined;
  readonly #modern: ModernRegisters | undefined;

  constructor(device: VirtioDevice, options: VirtioPciOptions) {
    const { name, world, rings = {} } = options;
    this.form = options.form ?? "transitional";
    this.msixVectors = options.msixVectors ?? device.queues.length + 1;
    this.#interrupts = new PciInterrupts(this.msixVectors);
    const legacy = this.form !== "modern";
    const modern = this.form !== "legacy";
    const interrupts = this.#interrupts;
    this.core = new DeviceCore(device, {
      name,
      world,
      rings,
      policy: options.policy ?? "ile-at-reset",
      legacy,
      modern,
      transport: {
        interruptQueue: (queue) =>
          interrupts.raise(ISR.queue, queue.settings.vector),
        interruptConfig: () => interrupts.raiseConfig(),
        reset: () => this.#resetRegisters(),
      },
    });
    this.#legacy = legacy
      ? new LegacyRegisters(this.core, interrupts)
      : undefined;
    this.#modern = modern
      ? new ModernRegisters(this.core, interrupts)
      : undefined;
    this.bars = [this.#legacy, this.#modern].filter((bar) => bar !== undefined);
    this.capabilities = this.#modern
      ? modernCapabilities(this.#modern, this.bars)
      : [];
    this.ids = pciIds(device.kind, this.form);
  }

  /** ISR status, without reading it as the guest does. */
  get isr(): number {
    return this.#interrupts.isr;
  }

  /** MSI-X vector of configuration changes. */
  get configVector(): number {
    return this.#interrupts.configVector;
  }

  /** The queue that the registers show, of the interface that is in use. */
  get selectedQueue(): number {
    const modern = hasFeature(this.core.agreed, FEATURE.version1);
    const selected = modern ? undefined : this.#legacy?.save();
    return selected ?? this.#modern?.save()[2] ?? 0;
  }

  connect(wires: InterruptWires): void {
    this.#interrupts.connect(wires);
  }

  reset(): void {
    this.core.reset("outside");
  }

  save(): VirtioPciState {
    return {
      core: this.core.save(),
      interrupts: this.#interrupts.save(),
      legacy: this.#legacy?.save(),
      modern: this.#modern?.save(),
      capabilities: this.capabilities.map(({ bytes }) => bytes.slice()),
    };
  }

  restore(state: VirtioPciState): void {
    this.core.restore(state.core);
    this.#interrupts.restore(state.interrupts);
    if (state.legacy !== undefined) this.#legacy?.restore(state.legacy);
    if (state.modern !== undefined) this.#modern?.restore(state.modern);
    for (const [index, { bytes }] of this.capabilities.entries()) {
      const saved = state.capabilities[index];
      if (saved?.length === bytes.length) bytes.set(saved);
    }
  }

  #resetRegisters(): void {
    this.#interrupts.reset();
    this.#legacy?.reset();
    this.#modern?.reset();
  }
}

/** A function's numbers (virtio 1.3, 4.1.2). */
function pciIds(kind: DeviceKind, form: PciForm): PciIds {
  const { id, transitionalId, pciClass } = DEVICE_KINDS[kind];
  const modern = form === "modern";
  return {
    vendor: VENDOR,
    device: modern ? MODERN_ID + id : transitionalId,
    // A legacy driver takes revision 0 only.
    revision: modern ? 1 : 0,
    class: pciClass,
    subsystemVendor: VENDOR,
    subsystem: modern ? 0x40 + id : id,
  };
}
