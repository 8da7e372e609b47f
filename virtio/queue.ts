/**
 * A queue: what the driver set up, and the ring that came of it. Devices see
 * its `VirtQueue` face.
 *
 * @module
 */
import type { Chain, SavedChain } from "./chain.ts";
import type { QueueDescription, UsedChain, VirtQueue } from "./device.ts";
import { type Fault, type PendingFaults, QueueFaults } from "./faults.ts";
import { LiveRing, type LiveRingState } from "./live_ring.ts";
import type { QueueHost, RingAgreement } from "./queue_host.ts";
import type { QueueAddresses, RingProgress } from "./ring.ts";

/** MSI-X vector of none (virtio 1.3, 4.1.5.1.2). */
export const NO_VECTOR = 0xffff;

/** What the driver writes into a queue's registers. */
export interface QueueSettings {
  /** Addresses of the ring's parts, as `QueueAddresses` has them. */
  readonly descriptor: bigint;
  readonly driver: bigint;
  readonly device: bigint;
  readonly size: number;
  readonly enabled: boolean;
  /** MSI-X vector, or NO_VECTOR. */
  readonly vector: number;
}

/** What `Queue` saves. */
export interface QueueState {
  readonly settings: QueueSettings;
  readonly faults: PendingFaults;
  /** Undefined where there was no ring. */
  readonly ring: LiveRingState | undefined;
}

/** A queue of a device. */
export class Queue implements VirtQueue {
  readonly index: number;
  readonly name: string;
  /** Most entries that it can have. */
  readonly maximum: number;
  readonly #host: QueueHost;
  readonly #faults = new QueueFaults();
  #settings: QueueSettings;
  #ring: LiveRing | undefined;

  constructor(
    host: QueueHost,
    index: number,
    { name, maximum }: QueueDescription,
  ) {
    this.#host = host;
    this.index = index;
    this.name = name;
    this.maximum = maximum;
    this.#settings = initialSettings(maximum);
  }

  get size(): number {
    return this.#ring?.size ?? 0;
  }

  get settings(): QueueSettings {
    return this.#settings;
  }

  /** Where the ring's parts are; Infinity for what no memory has. */
  get addresses(): QueueAddresses {
    const { descriptor, driver, device } = this.#settings;
    return {
      descriptor: reachable(descriptor),
      driver: reachable(driver),
      device: reachable(device),
    };
  }

  /** The ring's form; undefined while there is no ring. */
  get form(): "split" | "packed" | undefined {
    return this.#ring?.form;
  }

  /** How far the ring has come; undefined while there is no ring. */
  get progress(): RingProgress | undefined {
    return this.#ring?.progress;
  }

  /** Chains that the driver gave and did not get back, oldest first. */
  get open(): readonly Chain[] {
    return this.#ring?.open ?? [];
  }

  /** Batches of completions that are held back. */
  get heldBatches(): number {
    return this.#ring?.heldBatches ?? 0;
  }

  /** Faults that wait for their occasion. */
  get faults(): PendingFaults {
    return this.#faults.save();
  }

  /** The driver writes registers. */
  configure(changes: Partial<QueueSettings>): void {
    this.#settings = { ...this.#settings, ...changes };
  }

  /** Makes the ring that the driver set up. Throws RingError. */
  start(agreement: RingAgreement): void {
    this.#ring = new LiveRing({
      host: this.#host,
      index: this.index,
      size: this.#settings.size,
      addresses: this.addresses,
      faults: this.#faults,
      agreement,
    });
  }

  /** The ring is gone, and the registers are as in the beginning. */
  reset(): void {
    this.#ring?.end();
    this.#ring = undefined;
    this.#settings = initialSettings(this.maximum);
    this.#faults.clear();
  }

  pop(): Chain | undefined {
    return this.#host.broken ? undefined : this.#ring?.pop();
  }

  unpop(chain: Chain): void {
    this.#ring?.unpop(chain);
  }

  push(chain: Chain, written: number): void {
    this.#ring?.pushAll([{ chain, written }]);
  }

  pushAll(used: readonly UsedChain[]): void {
    this.#ring?.pushAll(used);
  }

  ready(): boolean {
    return !this.#host.broken && (this.#ring?.ready() ?? false);
  }

  reopen(saved: SavedChain): Chain {
    if (this.#ring !== undefined) return this.#ring.reopen(saved);
    throw new RangeError(
      `Cannot reopen a chain: queue ${this.index} is not set up`,
    );
  }

  /** Whether an interrupt is due for what was published. Asked once for it. */
  takeInterrupt(): boolean {
    if (!this.#ring?.wantsInterrupt()) return false;
    return !(this.#faults.any && this.#faults.takeLostInterrupt());
  }

  /** The device's order is another one: what the driver was told is void. */
  orderChanged(): void {
    this.#ring?.orderChanged();
  }

  /** Says what the device wrote into chains that it may never give back. */
  flush(): void {
    this.#ring?.flush();
  }

  /** The device broke at this queue: the chain it worked on was not served. */
  rewind(): void {
    this.#ring?.rewind();
  }

  /** Publishes what is held back, unless the device is broken. */
  release(): void {
    this.#ring?.release();
  }

  /** Prepares a fault. Throws RangeError. */
  inject(fault: Fault): void {
    this.#faults.add(fault);
    if (fault.kind === "release") this.release();
  }

  save(): QueueState {
    return {
      settings: this.#settings,
      faults: this.#faults.save(),
      ring: this.#ring?.save(),
    };
  }

  /** Takes settings back, without a ring. */
  restore(state: QueueState): void {
    this.reset();
    this.#settings = { ...state.settings };
    this.#faults.restore(state.faults);
  }

  /** Takes the ring back. Throws RingError, or RangeError. */
  resume(state: QueueState, agreement: RingAgreement): void {
    if (state.ring === undefined) return;
    this.start(agreement);
    this.#ring?.restore(state.ring);
  }
}

function initialSettings(size: number): QueueSettings {
  return {
    size,
    enabled: false,
    vector: NO_VECTOR,
    descriptor: 0n,
    driver: 0n,
    device: 0n,
  };
}

function reachable(address: bigint): number {
  return address > Number.MAX_SAFE_INTEGER ? Infinity : Number(address);
}
