/**
 * Packed rings (virtio 1.3, 2.8).
 *
 * @module
 */
import { loadU16, loadU32, loadU64, storeU16, storeU32 } from "./accessor.ts";
import type { Chain, ChainParts } from "./chain.ts";
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

/** Offsets in a descriptor of a packed ring (virtio 1.3, 2.8.13). */
export const PACKED = { address: 0, length: 8, id: 12, flags: 14 } as const;

/** An event suppression structure (virtio 1.3, 2.8.14). */
export const EVENT_SUPPRESSION = {
  bytes: 4,
  place: 0,
  flags: 2,
  /** Flags: always, never, at the place only. */
  enable: 0,
  disable: 1,
  atPlace: 2,
  flagsMask: 3,
  wrapBit: 0x8000,
} as const;

/** A packed ring as its device uses it. */
export class PackedRing implements Ring {
  readonly form = "packed";
  readonly #options: RingOptions;
  readonly #size: number;
  readonly #descriptors: RingPart;
  readonly #driverEvent: RingPart;
  readonly #deviceEvent: RingPart;
  #nextAvailable = 0;
  #availableWrap = true;
  #nextUsed = 0;
  #usedWrap = true;
  /** Places used since the last decision about an interrupt; -1: unknown. */
  #unsignalled = -1;
  #armed = true;

  /** Throws RingError where the ring does not lie in memory. */
  constructor(options: RingOptions) {
    this.#options = options;
    this.#size = options.size;
    this.#descriptors = new RingPart(options, options.descriptor, {
      length: options.size * DESCRIPTOR_BYTES,
      access: "device-writes",
    });
    const length = EVENT_SUPPRESSION.bytes;
    this.#driverEvent = new RingPart(options, options.driver, {
      length,
      access: "device-reads",
    });
    this.#deviceEvent = new RingPart(options, options.device, {
      length,
      access: "device-writes",
    });
  }

  take(): ChainParts | undefined {
    if (!this.ready()) return undefined;
    const parts = this.#find(this.#nextAvailable);
    this.#nextAvailable += parts.slots;
    if (this.#nextAvailable >= this.#size) {
      this.#nextAvailable -= this.#size;
      this.#availableWrap = !this.#availableWrap;
    }
    this.#disarm();
    return parts;
  }

  ready(): boolean {
    this.#refresh();
    let available = this.#isAvailable();
    if (!available && !this.#armed) {
      this.#arm();
      available = this.#isAvailable();
    }
    fence();
    return available;
  }

  giveBack(chain: Chain): void {
    this.#nextAvailable -= chain.slots;
    if (this.#nextAvailable < 0) {
      this.#nextAvailable += this.#size;
      this.#availableWrap = !this.#availableWrap;
    }
  }

  put(used: readonly UsedChain[]): void {
    this.#refresh();
    const little = this.#options.order.little;
    const bytes = this.#descriptors.bytes;
    const first = this.#nextUsed * DESCRIPTOR_BYTES;
    const firstFlags = this.#usedFlags(used[0]);
    for (const [index, entry] of used.entries()) {
      const at = this.#nextUsed * DESCRIPTOR_BYTES;
      storeU32(bytes, at + PACKED.length, entry.written, little);
      storeU16(bytes, at + PACKED.id, entry.chain.id, little);
      if (index > 0) {
        storeU16(bytes, at + PACKED.flags, this.#usedFlags(entry), little);
      }
      this.#descriptors.written(at, DESCRIPTOR_BYTES);
      this.#nextUsed += entry.chain.slots;
      if (this.#nextUsed >= this.#size) {
        this.#nextUsed -= this.#size;
        this.#usedWrap = !this.#usedWrap;
      }
      if (this.#unsignalled >= 0) this.#unsignalled += entry.chain.slots;
    }
    if (used.length === 0) return;
    fence();
    storeU16(bytes, first + PACKED.flags, firstFlags, little);
    this.#descriptors.written(first + PACKED.flags, 2);
  }

  wantsInterrupt(): boolean {
    fence();
    this.#refresh();
    const { order, eventIndex } = this.#options;
    const little = order.little;
    const bytes = this.#driverEvent.bytes;
    const since = this.#unsignalled;
    this.#unsignalled = 0;
    const mode = loadU16(bytes, EVENT_SUPPRESSION.flags, little) &
      EVENT_SUPPRESSION.flagsMask;
    if (mode === EVENT_SUPPRESSION.disable) return false;
    if (mode !== EVENT_SUPPRESSION.atPlace || !eventIndex) return true;
    if (since < 0 || since >= this.#size) return true;
    const event = loadU16(bytes, EVENT_SUPPRESSION.place, little);
    const wrap = (event & EVENT_SUPPRESSION.wrapBit) !== 0;
    const place = (event & ~EVENT_SUPPRESSION.wrapBit) -
      (wrap === this.#usedWrap ? 0 : this.#size);
    return place >= this.#nextUsed - since && place < this.#nextUsed;
  }

  forget(): void {
    this.#armed = false;
    this.#unsignalled = -1;
  }

  progress(): RingProgress {
    return {
      available: this.#nextAvailable,
      used: this.#nextUsed,
      availableWrap: this.#availableWrap,
      usedWrap: this.#usedWrap,
      signalled: this.#unsignalled,
      armed: this.#armed,
    };
  }

  resume(progress: RingProgress): void {
    checkPlaces([progress.available, progress.used], this.#size);
    checkPlaces([progress.signalled + 1], Number.MAX_SAFE_INTEGER);
    this.#nextAvailable = progress.available;
    this.#nextUsed = progress.used;
    this.#availableWrap = progress.availableWrap;
    this.#usedWrap = progress.usedWrap;
    this.#unsignalled = progress.signalled;
    this.#armed = progress.armed;
  }

  /** The chain that begins at a place of the descriptor ring. */
  #find(position: number): ChainParts {
    const { memory, order } = this.#options;
    const little = order.little;
    const chain = new ChainBuilder(memory, this.#size);
    const bytes = this.#descriptors.bytes;
    for (let slots = 1; slots <= this.#size; slots++) {
      const place = (position + slots - 1) % this.#size;
      const at = place * DESCRIPTOR_BYTES;
      const address = loadU64(bytes, at, little);
      const length = loadU32(bytes, at + PACKED.length, little);
      const id = loadU16(bytes, at + PACKED.id, little);
      const flags = loadU16(bytes, at + PACKED.flags, little);
      chain.count();
      if ((flags & DESCRIPTOR.indirect) !== 0) {
        this.#checkIndirect(flags, { place, first: slots === 1 });
        this.#addTable(chain, indirectTable(memory, { address, length }));
      } else chain.add(address, length, flags);
      if ((flags & DESCRIPTOR.next) !== 0) continue;
      const { readable, writable } = chain;
      return { id, position, slots, readable, writable };
    }
    throw new RingError(
      "loop",
      `Cannot take a chain: it goes on through all ${this.#size} descriptors`,
    );
  }

  /** An indirect table has no `next`: all of it is the chain (2.8.8). */
  #addTable(chain: ChainBuilder, table: Uint8Array): void {
    const little = this.#options.order.little;
    for (let at = 0; at < table.length; at += DESCRIPTOR_BYTES) {
      chain.count();
      const flags = loadU16(table, at + PACKED.flags, little);
      if ((flags & DESCRIPTOR.indirect) !== 0) {
        throw new RingError(
          "indirect-nested",
          `Cannot take a chain: entry ${
            at / DESCRIPTOR_BYTES
          } of an indirect table is indirect`,
        );
      }
      const length = loadU32(table, at + PACKED.length, little);
      chain.add(loadU64(table, at, little), length, flags);
    }
  }

  #checkIndirect(
    flags: number,
    { place, first }: { place: number; first: boolean },
  ): void {
    if (!this.#options.indirect) {
      throw new RingError(
        "indirect-not-negotiated",
        `Cannot take a chain: descriptor ${place} is indirect, which was not agreed on`,
      );
    }
    if (!first || (flags & DESCRIPTOR.next) !== 0) {
      throw new RingError(
        "indirect-next",
        `Cannot take a chain: descriptor ${place} is indirect and one of several`,
      );
    }
  }

  #isAvailable(): boolean {
    const flags = loadU16(
      this.#descriptors.bytes,
      this.#nextAvailable * DESCRIPTOR_BYTES + PACKED.flags,
      this.#options.order.little,
    );
    const available = (flags & DESCRIPTOR.available) !== 0;
    const used = (flags & DESCRIPTOR.used) !== 0;
    return available !== used && available === this.#availableWrap;
  }

  /** Both bits as the wrap counter, and whether anything was written (2.8.1). */
  #usedFlags(entry: UsedChain | undefined): number {
    const wrap = this.#usedWrap ? DESCRIPTOR.available | DESCRIPTOR.used : 0;
    return wrap | (entry && entry.written > 0 ? DESCRIPTOR.write : 0);
  }

  /** Asks for kicks. The caller looks again after that: one may be missed. */
  #arm(): void {
    const atPlace = this.#options.eventIndex;
    const place = this.#nextAvailable |
      (this.#availableWrap ? EVENT_SUPPRESSION.wrapBit : 0);
    this.#tellDriver(
      atPlace ? EVENT_SUPPRESSION.atPlace : EVENT_SUPPRESSION.enable,
      atPlace ? place : 0,
    );
    this.#armed = true;
    fence();
  }

  #disarm(): void {
    if (!this.#armed) return;
    this.#armed = false;
    this.#tellDriver(EVENT_SUPPRESSION.disable, 0);
  }

  #tellDriver(flags: number, place: number): void {
    const little = this.#options.order.little;
    const bytes = this.#deviceEvent.bytes;
    storeU16(bytes, EVENT_SUPPRESSION.place, place, little);
    fence();
    storeU16(bytes, EVENT_SUPPRESSION.flags, flags, little);
    this.#deviceEvent.written(0, EVENT_SUPPRESSION.bytes);
  }

  #refresh(): void {
    this.#descriptors.refresh();
    this.#driverEvent.refresh();
    this.#deviceEvent.refresh();
  }
}
