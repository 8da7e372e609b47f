/**
 * Split rings (virtio 1.3, 2.7).
 *
 * @module
 */
import { loadU16, loadU32, loadU64, storeU16, storeU32 } from "./accessor.ts";
import type { ChainParts } from "./chain.ts";
import {
  ChainBuilder,
  DESCRIPTOR,
  DESCRIPTOR_BYTES,
  indirectTable,
} from "./descriptors.ts";
import type { UsedChain } from "./device.ts";
import { fence } from "./fence.ts";
import {
  checkPlaces,
  type Ring,
  type RingOptions,
  RingPart,
  type RingProgress,
} from "./ring.ts";
import { RingError } from "./ring_error.ts";

/** Offsets in the available and the used ring (virtio 1.3, 2.7.6 and 2.7.8). */
export const SPLIT = {
  flags: 0,
  index: 2,
  entries: 4,
  availableEntry: 2,
  usedEntry: 8,
  /** Flag of both rings: no kick, or no interrupt, is needed. */
  noNotify: 1,
} as const;

/** Where the used_event, after the available ring's entries, is. */
export function usedEventOffset(size: number): number {
  return SPLIT.entries + size * SPLIT.availableEntry;
}

/** Where the avail_event, after the used ring's entries, is. */
export function availableEventOffset(size: number): number {
  return SPLIT.entries + size * SPLIT.usedEntry;
}

/** A split ring as its device uses it. */
export class SplitRing implements Ring {
  readonly form = "split";
  readonly #options: RingOptions;
  readonly #size: number;
  readonly #descriptors: RingPart;
  readonly #available: RingPart;
  readonly #used: RingPart;
  #nextAvailable = 0;
  #nextUsed = 0;
  #signalled = -1;
  #armed = true;

  /** Throws RingError where the ring does not lie in memory. */
  constructor(options: RingOptions) {
    const { size, eventIndex } = options;
    const event = eventIndex ? 2 : 0;
    this.#options = options;
    this.#size = size;
    this.#descriptors = new RingPart(options, options.descriptor, {
      length: size * DESCRIPTOR_BYTES,
      access: "device-reads",
    });
    this.#available = new RingPart(options, options.driver, {
      length: usedEventOffset(size) + event,
      access: "device-reads",
    });
    this.#used = new RingPart(options, options.device, {
      length: availableEventOffset(size) + event,
      access: "device-writes",
    });
  }

  take(): ChainParts | undefined {
    if (!this.ready()) return undefined;
    const little = this.#options.order.little;
    const place = this.#nextAvailable % this.#size;
    const head = loadU16(
      this.#available.bytes,
      SPLIT.entries + place * SPLIT.availableEntry,
      little,
    );
    if (head >= this.#size) {
      throw new RingError(
        "head",
        `Cannot take a chain: available entry ${place} is ${head}, of ${this.#size} descriptors`,
      );
    }
    const parts = this.#find(head);
    this.#nextAvailable = this.#nextAvailable + 1 & 0xffff;
    this.#disarm();
    return parts;
  }

  ready(): boolean {
    this.#refresh();
    let count = this.#waiting();
    if (count === 0 && !this.#armed) {
      this.#arm();
      count = this.#waiting();
    }
    if (count > this.#size) {
      const index = this.#nextAvailable + count & 0xffff;
      throw new RingError(
        "available-index",
        `Cannot take a chain: available index ${index} is ${count} ahead, in a ring of ${this.#size}`,
      );
    }
    fence();
    return count > 0;
  }

  giveBack(): void {
    this.#nextAvailable = this.#nextAvailable - 1 & 0xffff;
  }

  put(used: readonly UsedChain[]): void {
    this.#refresh();
    const little = this.#options.order.little;
    const bytes = this.#used.bytes;
    for (const { chain, written } of used) {
      const at = SPLIT.entries +
        this.#nextUsed % this.#size * SPLIT.usedEntry;
      storeU32(bytes, at, chain.id, little);
      storeU32(bytes, at + 4, written, little);
      this.#used.written(at, SPLIT.usedEntry);
      this.#nextUsed = this.#nextUsed + 1 & 0xffff;
    }
    fence();
    storeU16(bytes, SPLIT.index, this.#nextUsed, little);
    this.#used.written(SPLIT.index, 2);
  }

  wantsInterrupt(): boolean {
    fence();
    this.#refresh();
    const little = this.#options.order.little;
    const bytes = this.#available.bytes;
    if (!this.#options.eventIndex) {
      const flags = loadU16(bytes, SPLIT.flags, little);
      return (flags & SPLIT.noNotify) === 0;
    }
    const event = loadU16(bytes, usedEventOffset(this.#size), little);
    const old = this.#signalled;
    this.#signalled = this.#nextUsed;
    return old < 0 || passed(event, old, this.#nextUsed);
  }

  forget(): void {
    this.#armed = false;
    this.#signalled = -1;
  }

  progress(): RingProgress {
    return {
      available: this.#nextAvailable,
      used: this.#nextUsed,
      availableWrap: false,
      usedWrap: false,
      signalled: this.#signalled,
      armed: this.#armed,
    };
  }

  resume({ available, used, signalled, armed }: RingProgress): void {
    checkPlaces([available, used, signalled + 1], 0x10001);
    this.#nextAvailable = available & 0xffff;
    this.#nextUsed = used & 0xffff;
    this.#signalled = signalled;
    this.#armed = armed;
  }

  /** The chain that begins at a place of the descriptor table. */
  #find(position: number): ChainParts {
    const { memory, order, indirect } = this.#options;
    const little = order.little;
    const chain = new ChainBuilder(memory, this.#size);
    let table = this.#descriptors.bytes;
    let entries = this.#size;
    let index = position;
    let inTable = false;
    while (true) {
      chain.count();
      const at = index * DESCRIPTOR_BYTES;
      const address = loadU64(table, at, little);
      const length = loadU32(table, at + 8, little);
      const flags = loadU16(table, at + 12, little);
      if ((flags & DESCRIPTOR.indirect) !== 0) {
        checkIndirect(flags, { index, inTable, allowed: indirect });
        table = indirectTable(memory, { address, length });
        entries = table.length / DESCRIPTOR_BYTES;
        index = 0;
        inTable = true;
        continue;
      }
      chain.add(address, length, flags);
      if ((flags & DESCRIPTOR.next) === 0) break;
      const next = loadU16(table, at + 14, little);
      if (next >= entries) {
        throw new RingError(
          "next",
          `Cannot take a chain: descriptor ${index} goes on at ${next}, of ${entries}`,
        );
      }
      index = next;
    }
    return {
      id: position,
      position,
      slots: 1,
      readable: chain.readable,
      writable: chain.writable,
    };
  }

  /** Chains that are available and not taken. */
  #waiting(): number {
    const index = loadU16(
      this.#available.bytes,
      SPLIT.index,
      this.#options.order.little,
    );
    return index - this.#nextAvailable & 0xffff;
  }

  /** Asks for kicks. The caller looks again after that: one may be missed. */
  #arm(): void {
    const { eventIndex, order } = this.#options;
    const at = eventIndex ? availableEventOffset(this.#size) : SPLIT.flags;
    const value = eventIndex ? this.#nextAvailable : 0;
    storeU16(this.#used.bytes, at, value, order.little);
    this.#used.written(at, 2);
    this.#armed = true;
    fence();
  }

  /** Asks for no kicks; the event index does so by staying behind. */
  #disarm(): void {
    if (!this.#armed) return;
    this.#armed = false;
    const { eventIndex, order } = this.#options;
    if (eventIndex) return;
    storeU16(this.#used.bytes, SPLIT.flags, SPLIT.noNotify, order.little);
    this.#used.written(SPLIT.flags, 2);
  }

  #refresh(): void {
    this.#descriptors.refresh();
    this.#available.refresh();
    this.#used.refresh();
  }
}

/** Whether `event` is among the indexes from `old` to before `now` (2.7.10). */
function passed(event: number, old: number, now: number): boolean {
  return (now - event - 1 & 0xffff) < (now - old & 0xffff);
}

/** Throws where a descriptor may not refer to a table. */
function checkIndirect(
  flags: number,
  { index, inTable, allowed }: {
    index: number;
    inTable: boolean;
    allowed: boolean;
  },
): void {
  if (!allowed) {
    throw new RingError(
      "indirect-not-negotiated",
      `Cannot take a chain: descriptor ${index} is indirect, which was not agreed on`,
    );
  }
  if (inTable) {
    throw new RingError(
      "indirect-nested",
      `Cannot take a chain: entry ${index} of an indirect table is indirect`,
    );
  }
  if ((flags & DESCRIPTOR.next) !== 0) {
    throw new RingError(
      "indirect-next",
      `Cannot take a chain: descriptor ${index} is indirect and goes on`,
    );
  }
}
