/**
 * Registers of the legacy interface (virtio 1.3, 4.1.4.10): a header that is
 * little-endian always, and after it the configuration, whose bytes are in the
 * device's order.
 *
 * @module
 */
import type { DeviceCore } from "./core.ts";
import type { PciInterrupts } from "./pci_interrupts.ts";
import { type AccessBytes, type PciBar } from "./pci_face.ts";
import { DESCRIPTOR_BYTES } from "./descriptors.ts";
import { loadBytes, numberBytes, RegisterBlock } from "./registers.ts";
import type { QueueAddresses } from "./ring.ts";
import { usedEventOffset } from "./split_ring.ts";

/** Bytes of the header: without, and with MSI-X enabled. */
export const LEGACY_HEADER = { plain: 20, withVectors: 24 } as const;

/** Queues lie on pages, and their used rings begin on one (2.7.2). */
const QUEUE_ALIGNMENT = 4096;

/** Where the parts of a queue are that begins at an address. */
export function legacyQueueAddresses(
  start: number,
  size: number,
): QueueAddresses {
  const driver = start + size * DESCRIPTOR_BYTES;
  const end = driver + usedEventOffset(size) + 2;
  const device = Math.ceil(end / QUEUE_ALIGNMENT) * QUEUE_ALIGNMENT;
  return { descriptor: start, driver, device };
}

/** The legacy interface of a function. */
export class LegacyRegisters implements PciBar {
  readonly index = 0;
  readonly kind = "io";
  readonly bytes: number;
  readonly #core: DeviceCore;
  readonly #interrupts: PciInterrupts;
  readonly #header: RegisterBlock;
  #selected = 0;

  constructor(core: DeviceCore, interrupts: PciInterrupts) {
    this.#core = core;
    this.#interrupts = interrupts;
    const length = LEGACY_HEADER.withVectors + core.config("legacy").length;
    this.bytes = Math.max(32, 2 ** Math.ceil(Math.log2(length)));
    this.#header = this.#registers();
  }

  load(offset: number, bytes: AccessBytes): number {
    const header = this.#headerBytes();
    if (offset < header) return this.#header.load(offset, bytes);
    return loadBytes(this.#core.config("legacy"), offset - header, bytes);
  }

  store(offset: number, bytes: AccessBytes, value: number): void {
    const header = this.#headerBytes();
    if (offset < header) this.#header.store(offset, bytes, value);
    else {
      const data = numberBytes(value, bytes);
      this.#core.writeConfig(offset - header, data, "legacy");
    }
  }

  reset(): void {
    this.#selected = 0;
  }

  save(): number {
    return this.#selected;
  }

  restore(selected: number): void {
    this.#selected = selected;
  }

  /** The vectors' registers are there only while MSI-X is enabled. */
  #headerBytes(): number {
    return this.#interrupts.messagesEnabled
      ? LEGACY_HEADER.withVectors
      : LEGACY_HEADER.plain;
  }

  #registers(): RegisterBlock {
    const core = this.#core;
    const interrupts = this.#interrupts;
    const queue = () => core.queues[this.#selected];
    return new RegisterBlock([
      {
        offset: 0,
        bytes: 4,
        name: "device features",
        load: () => Number(BigInt.asUintN(32, core.offered)),
      },
      {
        offset: 4,
        bytes: 4,
        name: "driver features",
        load: () => Number(BigInt.asUintN(32, core.driverFeatures)),
        store: (value) => core.writeFeatures(0, value, "legacy"),
      },
      {
        offset: 8,
        bytes: 4,
        name: "queue address",
        load: () =>
          Number(queue()?.settings.descriptor ?? 0n) / QUEUE_ALIGNMENT,
        store: (value) => this.#placeQueue(value),
      },
      {
        offset: 12,
        bytes: 2,
        name: "queue size",
        load: () => queue()?.maximum ?? 0,
      },
      {
        offset: 14,
        bytes: 2,
        name: "queue select",
        load: () => this.#selected,
        store: (value) => {
          this.#selected = value;
        },
      },
      {
        offset: 16,
        bytes: 2,
        name: "queue notify",
        load: () => 0,
        store: (value) => core.notify(value, "legacy"),
      },
      {
        offset: 18,
        bytes: 1,
        name: "device status",
        load: () => core.status("legacy"),
        store: (value) => core.writeStatus(value, "legacy"),
      },
      {
        offset: 19,
        bytes: 1,
        name: "ISR status",
        load: () => interrupts.readIsr(),
      },
      {
        offset: 20,
        bytes: 2,
        name: "configuration vector",
        load: () => interrupts.configVector,
        store: (value) => {
          interrupts.configVector = value;
        },
      },
      {
        offset: 22,
        bytes: 2,
        name: "queue vector",
        load: () => queue()?.settings.vector ?? 0xffff,
        store: (value) =>
          queue()?.configure({ vector: interrupts.validVector(value) }),
      },
    ], LEGACY_HEADER.withVectors);
  }

  /** The driver gives a queue its pages; page 0 takes the queue away. */
  #placeQueue(page: number): void {
    const queue = this.#core.queues[this.#selected];
    if (queue === undefined) return;
    const { vector } = queue.settings;
    if (queue.settings.enabled) {
      this.#core.resetQueue(queue);
      queue.configure({ vector });
    }
    if (page === 0) return;
    const start = page * QUEUE_ALIGNMENT;
    const parts = legacyQueueAddresses(start, queue.maximum);
    queue.configure({
      descriptor: BigInt(parts.descriptor),
      driver: BigInt(parts.driver),
      device: BigInt(parts.device),
    });
    this.#core.enableQueue(queue);
  }
}
