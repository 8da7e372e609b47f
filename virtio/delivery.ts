/**
 * How completions get from the device into the ring, or are held back.
 *
 * @module
 */
import type { SwappableOrder } from "./_swappable_order.ts";
import type { Chain, SavedChain } from "./chain.ts";
import { Completions, type SavedCompletions } from "./completions.ts";
import type { UsedChain } from "./device.ts";
import type { QueueFaults } from "./faults.ts";
import type { QueueHost } from "./queue_host.ts";
import type { Ring } from "./ring.ts";

/** What a delivery is for. */
export interface DeliveryOptions {
  readonly host: QueueHost;
  /** Number of the queue. */
  readonly index: number;
  readonly ring: Ring;
  readonly order: SwappableOrder;
  readonly faults: QueueFaults;
  /** Whether VIRTIO_F_IN_ORDER was agreed on. */
  readonly inOrder: boolean;
  /** Told of each chain that is the driver's again. */
  readonly given: (chain: Chain) => void;
}

/** The way back of a ring's chains. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #completions: Completions;
  #ended = false;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#completions = new Completions(options.inOrder);
  }

  /** Batches that are held back. */
  get heldBatches(): number {
    return this.#completions.heldBatches;
  }

  /** The device took a chain. */
  taken(chain: Chain): void {
    this.#completions.taken(chain);
  }

  /** The chain that was taken last is as if it never had been. */
  withdrawn(): void {
    this.#completions.withdrawn();
  }

  /** Publishes completions, unless something holds them back. */
  deliver(used: readonly UsedChain[]): void {
    const batch = this.#completions.ordered(used);
    if (batch.length === 0) return;
    const { host, faults } = this.#options;
    if (host.broken || this.#completions.blocks) {
      this.#completions.hold(batch);
      return;
    }
    const delay = faults.any ? faults.takeDelay() : undefined;
    if (delay === undefined) {
      this.#publish(batch);
      return;
    }
    this.#completions.hold(batch);
    if (delay.nanoseconds === undefined) return;
    host.world.later?.(delay.nanoseconds, () => this.#release(batch));
  }

  /** Publishes what is held back, unless the device is broken. */
  release(): void {
    this.#release(undefined);
  }

  /** The ring is gone: nothing is published any more. */
  end(): void {
    this.#ended = true;
  }

  save(): SavedCompletions {
    return this.#completions.save();
  }

  restore(state: SavedCompletions, reopen: (saved: SavedChain) => Chain): void {
    this.#completions.restore(state, reopen);
  }

  #release(batch: readonly UsedChain[] | undefined): void {
    const { host } = this.#options;
    host.run(() => {
      if (this.#ended || host.broken) return;
      for (const due of this.#completions.release(batch)) this.#publish(due);
    });
  }

  #publish(batch: readonly UsedChain[]): void {
    const { host, index, ring, faults, given } = this.#options;
    if (faults.any) this.#publishWrongly(batch);
    else ring.put(batch);
    for (const { chain } of batch) given(chain);
    this.#tell(batch);
    host.published(index);
  }

  #publishWrongly(batch: readonly UsedChain[]): void {
    const { ring, order, faults } = this.#options;
    const length = faults.takeUsedLength();
    const shown = length === undefined
      ? batch
      : batch.map(({ chain }) => ({ chain, written: length }));
    if (faults.takeSwapUsed()) order.swapped(() => ring.put(shown));
    else ring.put(shown);
  }

  #tell(batch: readonly UsedChain[]): void {
    const { host: { world, name }, index } = this.#options;
    if (!world.listens("VIRTIO_USED")) return;
    for (const { chain: { id, sequence }, written } of batch) {
      world.emit({
        name: "VIRTIO_USED",
        device: name,
        queue: index,
        data: { id, written, sequence },
      });
    }
  }
}
