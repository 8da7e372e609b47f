/**
 * Registers of the modern interface (virtio 1.3, 4.1.4.3): little-endian, in
 * one memory BAR whose parts the capabilities name.
 *
 * @module
 */
import type { DeviceCore } from "./core.ts";
import { FEATURE, hasFeature } from "./features.ts";
import type { AccessBytes, PciBar } from "./pci_face.ts";
import type { PciInterrupts } from "./pci_interrupts.ts";
import type { Queue, QueueSettings } from "./queue.ts";
import {
  loadBytes,
  numberBytes,
  type Register,
  RegisterBlock,
} from "./registers.ts";

/** A part of the BAR. */
export interface ModernPart {
  readonly offset: number;
  readonly bytes: number;
}

/** Bytes of the common configuration, to the end of queue_reset. */
const COMMON_BYTES = 0x40;

/** A queue's notification address is this much after that of the one before. */
export const NOTIFY_MULTIPLIER = 4;

const PAGE = 0x1000;

/** Registers that are one half of a queue's address, by field and offset. */
const ADDRESS_FIELDS = [
  ["descriptor", 0x20],
  ["driver", 0x28],
  ["device", 0x30],
] as const;

/** The modern interface of a function. */
export class ModernRegisters implements PciBar {
  readonly index = 4;
  readonly kind = "mem64-prefetchable";
  readonly bytes: number;
  /** Where in the BAR the parts are. */
  readonly parts: Readonly<
    Record<"common" | "isr" | "device" | "notify", ModernPart>
  >;
  readonly #core: DeviceCore;
  readonly #interrupts: PciInterrupts;
  readonly #common: RegisterBlock;
  #deviceFeatureSelect = 0;
  #driverFeatureSelect = 0;
  #selected = 0;

  constructor(core: DeviceCore, interrupts: PciInterrupts) {
    this.#core = core;
    this.#interrupts = interrupts;
    this.parts = {
      common: { offset: 0, bytes: COMMON_BYTES },
      isr: { offset: PAGE, bytes: 1 },
      device: { offset: 2 * PAGE, bytes: core.config("modern").length },
      notify: {
        offset: 3 * PAGE,
        bytes: NOTIFY_MULTIPLIER * core.queues.length,
      },
    };
    const { offset, bytes } = this.parts.notify;
    this.bytes = 2 ** Math.ceil(Math.log2(Math.max(4 * PAGE, offset + bytes)));
    this.#common = new RegisterBlock([
      ...this.#deviceRegisters(),
      ...this.#queueRegisters(),
    ], COMMON_BYTES);
  }

  load(offset: number, bytes: AccessBytes): number {
    const { common, isr, device } = this.parts;
    if (offset + bytes <= common.bytes) return this.#common.load(offset, bytes);
    if (offset === isr.offset) return this.#interrupts.readIsr();
    if (!inside(offset, device)) return 0;
    return loadBytes(
      this.#core.config("modern"),
      offset - device.offset,
      bytes,
    );
  }

  store(offset: number, bytes: AccessBytes, value: number): void {
    const { common, device, notify } = this.parts;
    if (inside(offset, notify)) {
      const index = Math.floor((offset - notify.offset) / NOTIFY_MULTIPLIER);
      this.#core.notify(index, "modern");
    } else if (offset + bytes <= common.bytes) {
      this.#common.store(offset, bytes, value);
    } else if (inside(offset, device)) {
      this.#core.writeConfig(
        offset - device.offset,
        numberBytes(value, bytes),
        "modern",
      );
    }
  }

  reset(): void {
    this.#deviceFeatureSelect = 0;
    this.#driverFeatureSelect = 0;
    this.#selected = 0;
  }

  save(): readonly number[] {
    return [
      this.#deviceFeatureSelect,
      this.#driverFeatureSelect,
      this.#selected,
    ];
  }

  restore(selectors: readonly number[]): void {
    this.#deviceFeatureSelect = selectors[0] ?? 0;
    this.#driverFeatureSelect = selectors[1] ?? 0;
    this.#selected = selectors[2] ?? 0;
  }

  #deviceRegisters(): Register[] {
    const core = this.#core;
    const interrupts = this.#interrupts;
    return [
      {
        offset: 0x00,
        bytes: 4,
        name: "device_feature_select",
        load: () => this.#deviceFeatureSelect,
        store: (value) => {
          this.#deviceFeatureSelect = value;
        },
      },
      {
        offset: 0x04,
        bytes: 4,
        name: "device_feature",
        load: () => featureWord(core.offered, this.#deviceFeatureSelect),
      },
      {
        offset: 0x08,
        bytes: 4,
        name: "driver_feature_select",
        load: () => this.#driverFeatureSelect,
        store: (value) => {
          this.#driverFeatureSelect = value;
        },
      },
      {
        offset: 0x0c,
        bytes: 4,
        name: "driver_feature",
        load: () => featureWord(core.driverFeatures, this.#driverFeatureSelect),
        store: (value) =>
          core.writeFeatures(this.#driverFeatureSelect, value, "modern"),
      },
      {
        offset: 0x10,
        bytes: 2,
        name: "config_msix_vector",
        load: () => interrupts.configVector,
        store: (value) => {
          interrupts.configVector = value;
        },
      },
      {
        offset: 0x12,
        bytes: 2,
        name: "num_queues",
        load: () => core.queues.length,
      },
      {
        offset: 0x14,
        bytes: 1,
        name: "device_status",
        load: () => core.status("modern"),
        store: (value) => core.writeStatus(value, "modern"),
      },
      {
        offset: 0x15,
        bytes: 1,
        name: "config_generation",
        load: () => core.generation,
      },
      {
        offset: 0x16,
        bytes: 2,
        name: "queue_select",
        load: () => this.#selected,
        store: (value) => {
          this.#selected = value;
        },
      },
    ];
  }

  #queueRegisters(): Register[] {
    const core = this.#core;
    const interrupts = this.#interrupts;
    const queue = () => core.queues[this.#selected];
    return [
      {
        offset: 0x18,
        bytes: 2,
        name: "queue_size",
        load: () => queue()?.settings.size ?? 0,
        store: (value) => this.#setSize(value),
      },
      {
        offset: 0x1a,
        bytes: 2,
        name: "queue_msix_vector",
        load: () => queue()?.settings.vector ?? 0xffff,
        store: (value) =>
          queue()?.configure({ vector: interrupts.validVector(value) }),
      },
      {
        offset: 0x1c,
        bytes: 2,
        name: "queue_enable",
        load: () => queue()?.settings.enabled ? 1 : 0,
        store: (value) => this.#enable(value),
      },
      {
        offset: 0x1e,
        bytes: 2,
        name: "queue_notify_off",
        load: () => queue()?.index ?? 0,
      },
      ...ADDRESS_FIELDS.flatMap(([field, offset]) =>
        this.#addressRegisters(field, offset)
      ),
      {
        offset: 0x3a,
        bytes: 2,
        name: "queue_reset",
        // A queue is reset before the write is over, so it is never 1.
        load: () => 0,
        store: (value) => this.#resetQueue(value),
      },
    ];
  }

  /** The two halves of a queue's address. */
  #addressRegisters(
    field: "descriptor" | "driver" | "device",
    offset: number,
  ): Register[] {
    const half = (shift: bigint): Register => ({
      offset: offset + Number(shift / 8n),
      bytes: 4,
      name: `queue_${field}_${shift === 0n ? "low" : "high"}`,
      load: () => Number(BigInt.asUintN(32, address() >> shift)),
      store: (value) => {
        const kept = address() & ~(0xffff_ffffn << shift);
        this.#set({ [field]: kept | BigInt(value) << shift });
      },
    });
    const address = () =>
      this.#core.queues[this.#selected]?.settings[field] ?? 0n;
    return [half(0n), half(32n)];
  }

  /** A queue that is enabled does not change any more (4.1.4.3.2). */
  #set(changes: Partial<QueueSettings>): void {
    const queue = this.#core.queues[this.#selected];
    if (queue !== undefined && !queue.settings.enabled) {
      queue.configure(changes);
    }
  }

  #setSize(size: number): void {
    const queue = this.#core.queues[this.#selected];
    if (queue === undefined || size < 1 || size > queue.maximum) return;
    this.#set({ size });
  }

  #enable(value: number): void {
    const queue = this.#core.queues[this.#selected];
    if (queue === undefined || value !== 1 || queue.settings.enabled) return;
    this.#core.enableQueue(queue);
  }

  #resetQueue(value: number): void {
    const queue: Queue | undefined = this.#core.queues[this.#selected];
    const agreed = hasFeature(this.#core.agreed, FEATURE.ringReset);
    if (queue === undefined || value !== 1 || !agreed) return;
    this.#core.resetQueue(queue);
  }
}

function inside(offset: number, part: ModernPart): boolean {
  return offset >= part.offset && offset < part.offset + part.bytes;
}

/** 32 bits of features; there are none from word 2 on. */
function featureWord(features: bigint, word: number): number {
  return word > 1
    ? 0
    : Number(BigInt.asUintN(32, features >> BigInt(32 * word)));
}
