/**
 * A queue: what the driver set up, and the ring that came of it. Devices see
 * its `VirtQueue` face.
 *
 * @module
 */
import type { OrderSource } from "./accessor.ts";
import { Chain, type ChainParts, type SavedChain } from "./chain.ts";
import { Completions, type SavedCompletions } from "./completions.ts";
import { ChainBuilder, DESCRIPTOR } from "./descriptors.ts";
import type { QueueDescription, UsedChain, VirtQueue } from "./device.ts";
import { type Fault, type PendingFaults, QueueFaults } from "./faults.ts";
import { PackedRing } from "./packed_ring.ts";
import {
  checkPlaces,
  type QueueAddresses,
  type Ring,
  type RingProgress,
} from "./ring.ts";
import { RingError } from "./ring_error.ts";
import { SplitRing } from "./split_ring.ts";
import type { GuestMemory, VirtioWorld } from "./world.ts";

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

/** What the driver and the device agreed on, as far as rings go. */
export interface RingAgreement {
  readonly memory: GuestMemory;
  /** Whether DMA addresses are translated, and so may change. */
  readonly translated: boolean;
  readonly packed: boolean;
  readonly indirect: boolean;
  readonly eventIndex: boolean;
  readonly inOrder: boolean;
}

/** What a queue needs of its device's core. */
export interface QueueHost {
  readonly name: string;
  readonly world: VirtioWorld;
  readonly order: OrderSource;
  /** Whether the device is broken: its queues stand still. */
  readonly broken: boolean;
  /** Changes with each piece of work of the device, which bounds it. */
  readonly work: number;
  /** Something was published: an interrupt may be due. */
  published(queue: Queue): void;
  /** The device took its share of the queue: it is to be called again. */
  callAgain(queue: Queue): void;
  /** Does work as the device's own. */
  run(work: () => void): void;
}

/** What `Queue` saves. */
export interface QueueState {
  readonly settings: QueueSettings;
  readonly sequence: number;
  readonly faults: PendingFaults;
  readonly progress: RingProgress | undefined;
  readonly completions: SavedCompletions | undefined;
}

/** A queue of a device. */
export class Queue implements VirtQueue {
  readonly index: number;
  readonly name: string;
  /** Most entries that it can have. */
  readonly maximum: number;
  readonly faults: QueueFaults = new QueueFaults();
  readonly #host: QueueHost;
  readonly #order: SwappableOrder;
  #settings: QueueSettings;
  #ring: Ring | undefined;
  #memory: GuestMemory | undefined;
  #completions = new Completions(false);
  #epoch = 0;
  #sequence = 0;
  /** Chains that the device has, or that wait behind a fault. */
  readonly #open = new Set<Chain>();
  #last: Chain | undefined;
  #work = -1;
  #budget = 0;

  constructor(
    host: QueueHost,
    index: number,
    { name, maximum }: QueueDescription,
  ) {
    this.#host = host;
    this.index = index;
    this.name = name;
    this.maximum = maximum;
    this.#order = new SwappableOrder(host.order);
    this.#settings = this.#initialSettings();
  }

  get size(): number {
    return this.#ring === undefined ? 0 : this.#settings.size;
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
    return this.#ring?.progress();
  }

  /** Chains that the driver gave and did not get back, oldest first. */
  get open(): readonly Chain[] {
    return [...this.#open];
  }

  /** Batches of completions that are held back. */
  get heldBatches(): number {
    return this.#completions.heldBatches;
  }

  /** The driver writes registers. */
  configure(changes: Partial<QueueSettings>): void {
    this.#settings = { ...this.#settings, ...changes };
  }

  /** Makes the ring that the driver set up. Throws RingError. */
  start(agreement: RingAgreement): void {
    const { memory, translated, packed, inOrder } = agreement;
    const { size } = this.#settings;
    if (!packed && (size & (size - 1)) !== 0) {
      throw new RingError(
        "ring-size",
        `Cannot use a ring: size is not a power of 2: ${size}`,
      );
    }
    const options = {
      ...this.addresses,
      size,
      memory,
      stable: !translated,
      order: this.#order,
      indirect: agreement.indirect,
      eventIndex: agreement.eventIndex,
    };
    this.#memory = memory;
    this.#ring = packed ? new PackedRing(options) : new SplitRing(options);
    this.#completions = new Completions(inOrder);
  }

  /** The ring is gone, and so are the chains that the device has of it. */
  stop(): void {
    this.#flush(this.#open);
    this.#epoch++;
    this.#ring = undefined;
    this.#memory = undefined;
    this.#last = undefined;
    this.#sequence = 0;
    this.#open.clear();
    this.#completions = new Completions(false);
  }

  /** `stop()`, and the registers are as they were in the beginning. */
  reset(): void {
    this.stop();
    this.#settings = this.#initialSettings();
    this.faults.clear();
  }

  pop(): Chain | undefined {
    const ring = this.#ring;
    if (ring === undefined || this.#host.broken) return undefined;
    if (!this.#mayTake()) return undefined;
    this.#last = undefined;
    const parts = this.#named(() => this.#take(ring));
    if (parts === undefined) return undefined;
    const chain = this.#newChain(parts, this.#sequence++);
    this.#completions.taken(chain);
    this.#last = chain;
    return chain;
  }

  unpop(chain: Chain): void {
    if (!this.#has(chain)) return;
    if (chain.sequence !== this.#sequence - 1) {
      throw new RangeError(
        `Cannot give a chain back: not the last one: ${chain.sequence}`,
      );
    }
    this.#withdraw(chain);
  }

  push(chain: Chain, written: number): void {
    this.pushAll([{ chain, written }]);
  }

  pushAll(used: readonly UsedChain[]): void {
    const valid = used.filter(({ chain }) => this.#has(chain));
    for (const { chain, written } of valid) {
      if (!(written >= 0 && written <= chain.writableBytes)) {
        throw new RangeError(
          `Cannot complete a request: ${written} bytes written, of ${chain.writableBytes}`,
        );
      }
      chain.state = "used";
    }
    this.#flush(valid.map(({ chain }) => chain));
    this.#deliver(this.#completions.ordered(valid));
  }

  ready(): boolean {
    if (this.#ring === undefined || this.#host.broken) return false;
    const ring = this.#ring;
    return this.#named(() => ring.ready());
  }

  reopen(saved: SavedChain): Chain {
    const memory = this.#memory;
    if (memory === undefined) {
      throw new RangeError(
        `Cannot reopen a chain: queue ${this.index} is not set up`,
      );
    }
    const { id, position, slots, sequence } = saved;
    const { size } = this.#settings;
    checkPlaces([position, slots - 1], size);
    checkPlaces([id], 65536);
    const builder = new ChainBuilder(memory, size);
    for (const { address, length } of saved.readable) {
      builder.add(address, length, 0);
    }
    for (const { address, length } of saved.writable) {
      builder.add(address, length, DESCRIPTOR.write);
    }
    const { readable, writable } = builder;
    return this.#newChain(
      { id, position, slots, readable, writable },
      sequence,
    );
  }

  /** Whether an interrupt is due for what was published. Asked once for it. */
  takeInterrupt(): boolean {
    if (this.#ring === undefined || !this.#ring.wantsInterrupt()) return false;
    return !(this.faults.any && this.faults.takeLostInterrupt());
  }

  /** The device's order is another one: what the ring was told is void. */
  orderChanged(): void {
    this.#ring?.forget();
  }

  /** The device broke: the chain that it took last was not served. */
  rewind(): void {
    this.#flush(this.#open);
    const last = this.#last;
    if (last?.state === "taken" && this.#work === this.#host.work) {
      this.#withdraw(last);
    }
  }

  /** Sends what was held back while the device was broken, or by a fault. */
  release(): void {
    if (this.#host.broken) return;
    for (const batch of this.#completions.release()) this.#publish(batch);
  }

  /** Prepares a fault. Throws RangeError. */
  inject(fault: Fault): void {
    this.faults.add(fault);
    if (fault.kind === "release") this.#host.run(() => this.release());
  }

  save(): QueueState {
    return {
      settings: this.#settings,
      sequence: this.#sequence,
      faults: this.faults.save(),
      progress: this.#ring?.progress(),
      completions: this.#ring && this.#completions.save(),
    };
  }

  /** Takes settings back, without a ring. */
  restore(state: QueueState): void {
    this.reset();
    this.#settings = { ...state.settings };
    this.faults.restore(state.faults);
  }

  /** Takes the ring's part back. Throws RingError, or RangeError. */
  resume(state: QueueState, agreement: RingAgreement): void {
    if (state.progress === undefined) return;
    this.start(agreement);
    this.#ring?.resume(state.progress);
    this.#sequence = state.sequence;
    if (state.completions === undefined) return;
    this.#completions.restore(state.completions, (chain) => {
      const reopened = this.reopen(chain);
      reopened.state = "used";
      return reopened;
    });
  }

  #initialSettings(): QueueSettings {
    return {
      size: this.maximum,
      enabled: false,
      vector: NO_VECTOR,
      descriptor: 0n,
      driver: 0n,
      device: 0n,
    };
  }

  /**
   * A request's answer may lie over the ring and make further requests, without
   * end: one piece of work takes the ring twice around at most.
   */
  #mayTake(): boolean {
    if (this.#work !== this.#host.work) {
      this.#work = this.#host.work;
      this.#budget = 2 * this.#settings.size;
    }
    if (this.#budget-- > 0) return true;
    this.#host.callAgain(this);
    return false;
  }

  #take(ring: Ring): ChainParts | undefined {
    if (!this.faults.any || !ring.ready() || !this.faults.takeSwapAvailable()) {
      return ring.take();
    }
    return this.#order.swapped(() => ring.take());
  }

  /** Names the queue in what the work throws of RingError. */
  #named<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof RingError) error.queue = this.index;
      throw error;
    }
  }

  #newChain(parts: ChainParts, sequence: number): Chain {
    const chain = new Chain(parts, {
      order: this.#host.order,
      sequence,
      epoch: this.#epoch,
    });
    this.#open.add(chain);
    return chain;
  }

  #has(chain: Chain): boolean {
    return chain.epoch === this.#epoch && chain.state === "taken";
  }

  #withdraw(chain: Chain): void {
    this.#flush([chain]);
    this.#ring?.giveBack(chain);
    this.#completions.withdrawn();
    this.#open.delete(chain);
    this.#sequence--;
    chain.state = "withdrawn";
    this.#last = undefined;
  }

  /** Publishes a batch, unless something holds it back. */
  #deliver(batch: readonly UsedChain[]): void {
    if (batch.length === 0) return;
    if (this.#host.broken || this.#completions.blocks) {
      this.#completions.hold(batch);
      return;
    }
    const delay = this.faults.any ? this.faults.takeDelay() : undefined;
    if (delay === undefined) {
      this.#publish(batch);
      return;
    }
    this.#completions.hold(batch);
    if (delay.nanoseconds !== undefined) {
      this.#releaseLater(batch, delay.nanoseconds);
    }
  }

  #releaseLater(batch: readonly UsedChain[], nanoseconds: number): void {
    const epoch = this.#epoch;
    this.#host.world.later?.(nanoseconds, () =>
      this.#host.run(() => {
        if (epoch !== this.#epoch || this.#host.broken) return;
        for (const due of this.#completions.release(batch)) this.#publish(due);
      }));
  }

  #publish(batch: readonly UsedChain[]): void {
    const ring = this.#ring;
    if (ring === undefined) return;
    if (this.faults.any) this.#publishWrongly(ring, batch);
    else ring.put(batch);
    for (const { chain } of batch) this.#open.delete(chain);
    this.#tell(batch);
    this.#host.published(this);
  }

  /** Says what the device wrote, also where it will not give the chain back. */
  #flush(chains: Iterable<Chain>): void {
    const memory = this.#memory;
    if (memory === undefined) return;
    for (const chain of chains) chain.writable.flush(memory);
  }

  #publishWrongly(ring: Ring, batch: readonly UsedChain[]): void {
    const length = this.faults.takeUsedLength();
    const shown = length === undefined
      ? batch
      : batch.map(({ chain }) => ({ chain, written: length }));
    if (this.faults.takeSwapUsed()) this.#order.swapped(() => ring.put(shown));
    else ring.put(shown);
  }

  #tell(batch: readonly UsedChain[]): void {
    const { world, name } = this.#host;
    if (!world.listens("VIRTIO_USED")) return;
    for (const { chain, written } of batch) {
      world.emit({
        name: "VIRTIO_USED",
        device: name,
        queue: this.index,
        data: { id: chain.id, written, sequence: chain.sequence },
      });
    }
  }
}

function reachable(address: bigint): number {
  return address > Number.MAX_SAFE_INTEGER ? Infinity : Number(address);
}

/** The device's order, or for once the other one. */
class SwappableOrder implements OrderSource {
  readonly #order: OrderSource;
  #swapped = false;

  constructor(order: OrderSource) {
    this.#order = order;
  }

  get little(): boolean {
    return this.#order.little !== this.#swapped;
  }

  swapped<T>(work: () => T): T {
    this.#swapped = true;
    try {
      return work();
    } finally {
      this.#swapped = false;
    }
  }
}
