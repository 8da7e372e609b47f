/**
 * A device's registers as a mock driver uses them, legacy or modern.
 *
 * @module
 */
import { legacyQueueAddresses } from "./legacy_registers.ts";
import type { AccessBytes, PciFace } from "./pci_face.ts";
import type { QueueAddresses } from "./ring.ts";

/** Loads and stores in a function's BARs. */
export class MockBars {
  readonly #pci: PciFace;

  constructor(pci: PciFace) {
    this.#pci = pci;
  }

  load(bar: number, offset: number, bytes: AccessBytes): number {
    return this.#bar(bar).load(offset, bytes);
  }

  store(bar: number, offset: number, bytes: AccessBytes, value: number): void {
    this.#bar(bar).store(offset, bytes, value);
  }

  #bar(index: number) {
    const bar = this.#pci.bars.find((each) => each.index === index);
    if (bar === undefined) throw new RangeError(`No BAR ${index}`);
    return bar;
  }
}

/** How a driver sets up a queue. */
export interface MockQueuePlan {
  /** First free address: a page's. */
  readonly start: number;
  /** Most entries. */
  readonly size: number | undefined;
  /** MSI-X vector; undefined where MSI-X is not enabled. */
  readonly vector: number | undefined;
}

/** A queue that was set up. */
export interface MockQueuePlace extends QueueAddresses {
  readonly size: number;
}

/** What a driver does with registers of either interface. */
export interface MockRegisters {
  status: number;
  /** Reads, and so clears, the ISR status. */
  isr(): number;
  offered(): bigint;
  writeFeatures(features: bigint): void;
  /** Undefined where the device has no such queue. */
  setUpQueue(index: number, plan: MockQueuePlan): MockQueuePlace | undefined;
  kick(index: number): void;
  loadConfig(offset: number): number;
  storeConfig(offset: number, bytes: AccessBytes, value: number): void;
}

const PAGE = 4096;

/** Legacy registers (virtio 1.3, 4.1.4.10). */
export class MockLegacyRegisters implements MockRegisters {
  readonly #bars: MockBars;
  readonly #header: number;

  constructor(bars: MockBars, messages: boolean) {
    this.#bars = bars;
    this.#header = messages ? 24 : 20;
  }

  get status(): number {
    return this.#bars.load(0, 18, 1);
  }

  set status(value: number) {
    this.#bars.store(0, 18, 1, value);
  }

  isr(): number {
    return this.#bars.load(0, 19, 1);
  }

  offered(): bigint {
    return BigInt(this.#bars.load(0, 0, 4));
  }

  writeFeatures(features: bigint): void {
    this.#bars.store(0, 4, 4, Number(features));
  }

  setUpQueue(
    index: number,
    { start, vector }: MockQueuePlan,
  ): MockQueuePlace | undefined {
    this.#bars.store(0, 14, 2, index);
    const size = this.#bars.load(0, 12, 2);
    if (size === 0) return undefined;
    this.#bars.store(0, 8, 4, start / PAGE);
    if (vector !== undefined) this.#bars.store(0, 22, 2, vector);
    return { ...legacyQueueAddresses(start, size), size };
  }

  kick(index: number): void {
    this.#bars.store(0, 16, 2, index);
  }

  loadConfig(offset: number): number {
    return this.#bars.load(0, this.#header + offset, 1);
  }

  storeConfig(offset: number, bytes: AccessBytes, value: number): void {
    this.#bars.store(0, this.#header + offset, bytes, value);
  }
}

/** Modern registers (virtio 1.3, 4.1.4.3), where this device has them. */
export class MockModernRegisters implements MockRegisters {
  readonly #bars: MockBars;

  constructor(bars: MockBars) {
    this.#bars = bars;
  }

  get status(): number {
    return this.#bars.load(4, 0x14, 1);
  }

  set status(value: number) {
    this.#bars.store(4, 0x14, 1, value);
  }

  isr(): number {
    return this.#bars.load(4, 0x1000, 1);
  }

  offered(): bigint {
    const words = [0, 1].map((word) => {
      this.#bars.store(4, 0x00, 4, word);
      return BigInt(this.#bars.load(4, 0x04, 4));
    });
    return (words[1] ?? 0n) << 32n | (words[0] ?? 0n);
  }

  writeFeatures(features: bigint): void {
    for (const word of [0, 1]) {
      const value = BigInt.asUintN(32, features >> BigInt(32 * word));
      this.#bars.store(4, 0x08, 4, word);
      this.#bars.store(4, 0x0c, 4, Number(value));
    }
  }

  setUpQueue(index: number, plan: MockQueuePlan): MockQueuePlace | undefined {
    this.#bars.store(4, 0x16, 2, index);
    const maximum = this.#bars.load(4, 0x18, 2);
    if (maximum === 0) return undefined;
    const size = Math.min(maximum, plan.size ?? maximum);
    this.#bars.store(4, 0x18, 2, size);
    const descriptor = plan.start;
    const driver = descriptor + 16 * size;
    const device = driver + 4 * Math.ceil((2 * size + 6) / 4);
    for (
      const [at, address] of [[0x20, descriptor], [0x28, driver], [
        0x30,
        device,
      ]] as const
    ) {
      this.#bars.store(4, at, 4, address % 2 ** 32);
      this.#bars.store(4, at + 4, 4, Math.floor(address / 2 ** 32));
    }
    if (plan.vector !== undefined) this.#bars.store(4, 0x1a, 2, plan.vector);
    this.#bars.store(4, 0x1c, 2, 1);
    return { descriptor, driver, device, size };
  }

  /** Resets one queue (VIRTIO_F_RING_RESET). */
  resetQueue(index: number): void {
    this.#bars.store(4, 0x16, 2, index);
    this.#bars.store(4, 0x3a, 2, 1);
  }

  kick(index: number): void {
    this.#bars.store(4, 0x3000 + 4 * index, 2, index);
  }

  loadConfig(offset: number): number {
    return this.#bars.load(4, 0x2000 + offset, 1);
  }

  storeConfig(offset: number, bytes: AccessBytes, value: number): void {
    this.#bars.store(4, 0x2000 + offset, bytes, value);
  }
}
