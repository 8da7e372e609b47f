/**
 * A queue's ring from its set-up to its end: the chains that the device took
 * of it, and their way back.
 *
 * @module
 */
import { SwappableOrder } from "./_swappable_order.ts";
import { Chain, type ChainParts, type SavedChain } from "./chain.ts";
import type { SavedCompletions } from "./completions.ts";
import { Delivery } from "./delivery.ts";
import { ChainBuilder, DESCRIPTOR } from "./descriptors.ts";
import type { UsedChain } from "./device.ts";
import type { QueueFaults } from "./faults.ts";
import { PackedRing } from "./packed_ring.ts";
import type { QueueHost, RingAgreement } from "./queue_host.ts";
import {
  checkPlaces,
  type QueueAddresses,
  type Ring,
  type RingProgress,
} from "./ring.ts";
import { RingError } from "./ring_error.ts";
import { SplitRing } from "./split_ring.ts";
import type { GuestMemory } from "./world.ts";

/** What a ring is set up with. */
export interface LiveRingOptions {
  readonly host: QueueHost;
  /** Number of the queue. */
  readonly index: number;
  readonly size: number;
  readonly addresses: QueueAddresses;
  readonly agreement: RingAgreement;
  readonly faults: QueueFaults;
}

/** What `LiveRing` saves. */
export interface LiveRingState {
  readonly progress: RingProgress;
  readonly sequence: number;
  readonly completions: SavedCompletions;
}

/** A ring in use. */
export class LiveRing {
  readonly size: number;
  readonly #host: QueueHost;
  readonly #index: number;
  readonly #faults: QueueFaults;
  readonly #memory: GuestMemory;
  readonly #order: SwappableOrder;
  readonly #ring: Ring;
  readonly #delivery: Delivery;
  /** Chains that the driver gave and did not get back. */
  readonly #open = new Set<Chain>();
  #sequence = 0;
  /** The chain that the device works on, as far as one can tell. */
  #last: Chain | undefined;
  #work = -1;
  #budget = 0;

  /** Throws RingError where the ring cannot be. */
  constructor(options: LiveRingOptions) {
    const { host, index, size, faults, agreement, addresses } = options;
    const { packed, translated, inOrder } = agreement;
    if (!packed && (size & (size - 1)) !== 0) {
      throw new RingError(
        "ring-size",
        `Cannot use a ring: size is not a power of 2: ${size}`,
      );
    }
    this.size = size;
    this.#host = host;
    this.#index = index;
    this.#faults = faults;
    this.#memory = agreement.memory;
    const order = new SwappableOrder(host.order);
    this.#order = order;
    const ringOptions = {
      ...addresses,
      ...agreement,
      size,
      stable: !translated,
      order,
    };
    const ring = packed
      ? new PackedRing(ringOptions)
      : new SplitRing(ringOptions);
    this.#ring = ring;
    const given = (chain: Chain) => this.#open.delete(chain);
    const delivery = { host, index, ring, order, faults, inOrder, given };
    this.#delivery = new Delivery(delivery);
  }

  get form(): "split" | "packed" {
    return this.#ring.form;
  }

  get progress(): RingProgress {
    return this.#ring.progress();
  }

  /** Chains that the driver gave and did not get back, oldest first. */
  get open(): readonly Chain[] {
    return [...this.#open];
  }

  /** Batches of completions that are held back. */
  get heldBatches(): number {
    return this.#delivery.heldBatches;
  }

  /** `VirtQueue.pop()` of a device that is not broken. */
  pop(): Chain | undefined {
    if (!this.#mayTake()) return undefined;
    this.#last = undefined;
    const parts = this.#named(() => this.#take());
    if (parts === undefined) return undefined;
    const chain = this.#newChain(parts, this.#sequence++);
    this.#delivery.taken(chain);
    this.#last = chain;
    return chain;
  }

  /** `VirtQueue.ready()` of a device that is not broken. */
  ready(): boolean {
    return this.#named(() => this.#ring.ready());
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

  pushAll(used: readonly UsedChain[]): void {
    const valid = used.filter(({ chain }) => this.#has(chain));
    for (const { chain, written } of valid) {
      if (!(written >= 0 && written <= chain.writableBytes)) {
        throw new RangeError(
          `Cannot complete a request: ${written} bytes written, of ${chain.writableBytes}`,
        );
      }
    }
    for (const { chain } of valid) {
      chain.state = "used";
      chain.writable.flush(this.#memory);
    }
    this.#delivery.deliver(valid);
  }

  reopen(saved: SavedChain): Chain {
    const { id, position, slots, sequence } = saved;
    checkPlaces([position, slots - 1], this.size);
    checkPlaces([id], 65536);
    const builder = new ChainBuilder(this.#memory, this.size);
    for (const { address, length } of saved.readable) {
      builder.add(address, length, 0);
    }
    for (const { address, length } of saved.writable) {
      builder.add(address, length, DESCRIPTOR.write);
    }
    const { readable, writable } = builder;
    const parts = { id, position, slots, readable, writable };
    return this.#newChain(parts, sequence);
  }

  /** Whether the driver wants an interrupt for what was published. */
  wantsInterrupt(): boolean {
    return this.#ring.wantsInterrupt();
  }

  /** The device's order is another one: what the driver was told is void. */
  orderChanged(): void {
    this.#ring.forget();
  }

  /** Says what the device wrote into chains that it may never give back. */
  flush(): void {
    for (const chain of this.#open) chain.writable.flush(this.#memory);
  }

  /** The device broke: the chain that it worked on was not served. */
  rewind(): void {
    const last = this.#last;
    if (last?.state === "taken" && this.#work === this.#host.work) {
      this.#withdraw(last);
    }
  }

  /** Publishes what is held back, unless the device is broken. */
  release(): void {
    this.#delivery.release();
  }

  /** The ring is gone, and its chains are nobody's. */
  end(): void {
    this.flush();
    this.#delivery.end();
    this.#open.clear();
  }

  save(): LiveRingState {
    return {
      progress: this.#ring.progress(),
      sequence: this.#sequence,
      completions: this.#delivery.save(),
    };
  }

  /** Throws RingError, or RangeError for what `save()` cannot have given. */
  restore({ progress, sequence, completions }: LiveRingState): void {
    this.#ring.resume(progress);
    this.#sequence = sequence;
    this.#delivery.restore(completions, (saved) => {
      const chain = this.reopen(saved);
      chain.state = "used";
      return chain;
    });
  }

  /**
   * A request's answer may lie over the ring and make further requests, without
   * end: one piece of work takes the ring twice around at most.
   */
  #mayTake(): boolean {
    if (this.#work !== this.#host.work) {
      this.#work = this.#host.work;
      this.#budget = 2 * this.size;
    }
    if (this.#budget-- > 0) return true;
    this.#host.callAgain(this.#index);
    return false;
  }

  #take(): ChainParts | undefined {
    const ring = this.#ring;
    const faults = this.#faults;
    return faults.any && ring.ready() && faults.takeSwapAvailable()
      ? this.#order.swapped(() => ring.take())
      : ring.take();
  }

  /** Names the queue in what the work throws of RingError. */
  #named<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof RingError) error.queue = this.#index;
      throw error;
    }
  }

  #newChain(parts: ChainParts, sequence: number): Chain {
    const chain = new Chain(parts, { order: this.#host.order, sequence });
    this.#open.add(chain);
    return chain;
  }

  /** Whether the device has a chain, of this ring. */
  #has(chain: Chain): boolean {
    return chain.state === "taken" && this.#open.has(chain);
  }

  #withdraw(chain: Chain): void {
    chain.writable.flush(this.#memory);
    this.#ring.giveBack(chain);
    this.#delivery.withdrawn();
    this.#open.delete(chain);
    this.#sequence--;
    chain.state = "withdrawn";
    this.#last = undefined;
  }
}
