/**
 * Completions on their way from the device to the ring: in the order of their
 * requests where VIRTIO_F_IN_ORDER was agreed on (virtio 1.3, 2.7.9), and held
 * back where the device is broken or a person asked for it.
 *
 * @module
 */
import type { Chain, SavedChain } from "./chain.ts";
import type { UsedChain } from "./device.ts";

/** A completion in a saved machine. */
export interface SavedCompletion {
  readonly chain: SavedChain;
  readonly written: number;
}

/** What waits, in a saved machine. */
export interface SavedCompletions {
  /** Sequence numbers of the requests that the device has, oldest first. */
  readonly taken: readonly number[];
  /** Done, but an older request is not. */
  readonly early: readonly SavedCompletion[];
  /** Held back. */
  readonly held: readonly (readonly SavedCompletion[])[];
}

/** Done requests that may not be seen yet. */
export class Completions {
  readonly #inOrder: boolean;
  /** In-order only: requests that are not published, oldest first. */
  #taken: number[] = [];
  readonly #early = new Map<number, UsedChain>();
  #held: (readonly UsedChain[])[] = [];

  constructor(inOrder: boolean) {
    this.#inOrder = inOrder;
  }

  /** Batches that are held back. */
  get heldBatches(): number {
    return this.#held.length;
  }

  taken(chain: Chain): void {
    if (this.#inOrder) this.#taken.push(chain.sequence);
  }

  /** The chain that was taken last is given back. */
  withdrawn(): void {
    this.#taken.pop();
  }

  /** What of it, and of what came before, may be published now. */
  ordered(used: readonly UsedChain[]): readonly UsedChain[] {
    if (!this.#inOrder) return used;
    for (const entry of used) this.#early.set(entry.chain.sequence, entry);
    const due: UsedChain[] = [];
    let oldest = this.#early.get(this.#taken[0] ?? -1);
    while (oldest !== undefined) {
      due.push(oldest);
      this.#early.delete(oldest.chain.sequence);
      this.#taken.shift();
      oldest = this.#early.get(this.#taken[0] ?? -1);
    }
    return due;
  }

  /** Whether a batch must wait because an older one does. */
  get blocks(): boolean {
    return this.#inOrder && this.#held.length > 0;
  }

  hold(batch: readonly UsedChain[]): void {
    this.#held.push(batch);
  }

  /** Takes everything that is held back, or the batch that was named. */
  release(batch?: readonly UsedChain[]): readonly (readonly UsedChain[])[] {
    if (batch === undefined || this.#inOrder) {
      const all = this.#held;
      this.#held = [];
      return all;
    }
    const place = this.#held.indexOf(batch);
    return place < 0 ? [] : this.#held.splice(place, 1);
  }

  save(): SavedCompletions {
    return {
      taken: [...this.#taken],
      early: [...this.#early.values()].map(saveCompletion),
      held: this.#held.map((batch) => batch.map(saveCompletion)),
    };
  }

  /** Takes chains back through the queue, which finds them in the ring. */
  restore(state: SavedCompletions, reopen: (saved: SavedChain) => Chain): void {
    const restored = ({ chain, written }: SavedCompletion): UsedChain => ({
      chain: reopen(chain),
      written,
    });
    this.#taken = [...state.taken];
    for (const saved of state.early) {
      this.#early.set(saved.chain.sequence, restored(saved));
    }
    this.#held = state.held.map((batch) => batch.map(restored));
  }
}

function saveCompletion({ chain, written }: UsedChain): SavedCompletion {
  return { chain: chain.save(), written };
}
