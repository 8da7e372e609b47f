/**
 * What rings of both forms do for a queue.
 *
 * @module
 */
import type { OrderSource } from "./accessor.ts";
import type { Chain, ChainParts } from "./chain.ts";
import { type Range, viewOrFault } from "./descriptors.ts";
import type { UsedChain } from "./device.ts";
import { RingError } from "./ring_error.ts";
import type { GuestMemory } from "./world.ts";

/** Where the driver put the three parts of a queue (virtio 1.3, 2.6). */
export interface QueueAddresses {
  /** Descriptor table, or descriptor ring. */
  readonly descriptor: number;
  /** Available ring, or driver event suppression. */
  readonly driver: number;
  /** Used ring, or device event suppression. */
  readonly device: number;
}

/** What a ring is made of. */
export interface RingOptions extends QueueAddresses {
  readonly size: number;
  readonly memory: GuestMemory;
  /** Whether a view of memory stays what it is: nothing translates. */
  readonly stable: boolean;
  readonly order: OrderSource;
  /** Whether VIRTIO_F_INDIRECT_DESC was agreed on. */
  readonly indirect: boolean;
  /** Whether VIRTIO_F_EVENT_IDX was agreed on. */
  readonly eventIndex: boolean;
}

/** How far a ring has come. */
export interface RingProgress {
  /** Next place of the available ring, or of the descriptor ring. */
  readonly available: number;
  /** Next place of the used ring, or of the descriptor ring. */
  readonly used: number;
  /** Packed rings: the wrap counters. */
  readonly availableWrap: boolean;
  readonly usedWrap: boolean;
  /** Used place at the last decision about an interrupt; -1: none counts. */
  readonly signalled: number;
  /** Whether the driver was told to kick. */
  readonly armed: boolean;
}

/** A ring as a queue uses it. Methods throw RingError, and then took nothing. */
export interface Ring {
  readonly form: "split" | "packed";
  /** Takes the next chain; where there is none, asks for a kick. */
  take(): ChainParts | undefined;
  /** Whether there is a next chain; where not, asks for a kick. */
  ready(): boolean;
  /** Undoes the last `take()`. */
  giveBack(chain: Chain): void;
  /** Publishes chains in such a way that the driver sees all or none. */
  put(used: readonly UsedChain[]): void;
  /** Whether the driver wants an interrupt for what was published since. */
  wantsInterrupt(): boolean;
  /** Forgets what it told the driver: it was told in another byte order. */
  forget(): void;
  progress(): RingProgress;
  /** Throws RangeError for progress that no ring of the size can have. */
  resume(progress: RingProgress): void;
}

/** Part of a ring: a view that is taken anew where memory is translated. */
export class RingPart {
  readonly #memory: GuestMemory;
  readonly #range: Range;
  readonly #stable: boolean;
  bytes: Uint8Array;

  constructor(options: RingOptions, address: number, { length, access }: {
    length: number;
    access: Range["access"];
  }) {
    this.#memory = options.memory;
    this.#stable = options.stable;
    this.#range = { address, length, access };
    this.bytes = this.#view();
  }

  refresh(): void {
    if (!this.#stable) this.bytes = this.#view();
  }

  /** Must be called after writing. */
  written(offset: number, length: number): void {
    this.#memory.written(this.#range.address + offset, length);
  }

  #view(): Uint8Array {
    try {
      return viewOrFault(this.#memory, this.#range);
    } catch (error) {
      if (!(error instanceof RingError)) throw error;
      const { address, length } = this.#range;
      throw new RingError(
        "ring-address",
        `Cannot use a ring: ${length} bytes at 0x${
          address.toString(16)
        } are not there`,
      );
    }
  }
}

/** Whether a number can be a place in a saved ring. */
export function checkPlaces(places: readonly number[], limit: number): void {
  for (const place of places) {
    if (!Number.isInteger(place) || place < 0 || place >= limit) {
      throw new RangeError(`Cannot restore a ring: no place in it: ${place}`);
    }
  }
}
