/**
 * The driver's side of rings, for tests. It does what a driver should; tests
 * that want a hostile one write over what it has made.
 *
 * @module
 */
import { DESCRIPTOR, DESCRIPTOR_BYTES } from "./descriptors.ts";
import type { MockMemory } from "./mock_world.ts";
import { EVENT_SUPPRESSION, PACKED } from "./packed_ring.ts";
import type { QueueAddresses } from "./ring.ts";
import { availableEventOffset, SPLIT, usedEventOffset } from "./split_ring.ts";

/** A buffer that a driver offers. */
export interface MockBuffer {
  readonly address: number;
  readonly length: number;
  /** Whether the device is to write it. */
  readonly write: boolean;
}

/** What came back. */
export interface MockUsed {
  readonly id: number;
  readonly written: number;
}

/** What a driver's ring is made of. */
export interface MockRingOptions extends QueueAddresses {
  readonly memory: MockMemory;
  readonly size: number;
  readonly little: boolean;
  readonly eventIndex: boolean;
}

/** A ring as a driver uses it. */
export interface MockRing {
  readonly options: MockRingOptions;
  /**
   * Offers a chain, and gives its id. With `table`, an address of 16 bytes a
   * buffer, the descriptors go there. Throws RangeError where the ring is full.
   */
  add(buffers: readonly MockBuffer[], table?: number): number;
  /** Whether the device wants a kick for what was added since it was asked. */
  needsKick(): boolean;
  /** Takes what the device gave back. */
  take(): MockUsed | undefined;
  /** Tells the device whether to interrupt. */
  interrupts(on: boolean): void;
}

/** Makes the driver's side of a ring whose memory is all zero. */
export function mockRing(
  form: "split" | "packed",
  options: MockRingOptions,
): MockRing {
  return form === "split"
    ? new MockSplitRing(options)
    : new MockPackedRing(options);
}

class MockSplitRing implements MockRing {
  readonly options: MockRingOptions;
  readonly #free: number[];
  readonly #chains = new Map<number, number[]>();
  #available = 0;
  #kicked = 0;
  #used = 0;
  #interrupts = true;

  constructor(options: MockRingOptions) {
    this.options = options;
    this.#free = Array.from({ length: options.size }, (_, index) => index);
  }

  add(buffers: readonly MockBuffer[], table?: number): number {
    const { driver, size, little, memory, descriptor } = this.options;
    const indexes = this.#free.splice(
      0,
      table === undefined ? buffers.length : 1,
    );
    const head = indexes[0];
    if (head === undefined || indexes.length < buffers.length && !table) {
      throw new RangeError("Cannot add a chain: ring is full");
    }
    if (table === undefined) {
      writeChain(this.options, { at: descriptor, buffers, indexes });
    } else {
      const all = buffers.map((_, index) => index);
      writeChain(this.options, { at: table, buffers, indexes: all });
      writeDescriptor(this.options, descriptor + head * DESCRIPTOR_BYTES, {
        address: table,
        length: buffers.length * DESCRIPTOR_BYTES,
        flags: DESCRIPTOR.indirect,
        next: 0,
      });
    }
    this.#chains.set(head, indexes);
    const entry = driver + SPLIT.entries + 2 * (this.#available % size);
    memory.setU16(entry, head, little);
    this.#available = this.#available + 1 & 0xffff;
    memory.setU16(driver + SPLIT.index, this.#available, little);
    return head;
  }

  needsKick(): boolean {
    const { device, size, little, memory, eventIndex } = this.options;
    const old = this.#kicked;
    this.#kicked = this.#available;
    if (!eventIndex) {
      return (memory.u16(device, little) & SPLIT.noNotify) === 0;
    }
    const event = memory.u16(device + availableEventOffset(size), little);
    return (this.#available - event - 1 & 0xffff) <
      (this.#available - old & 0xffff);
  }

  take(): MockUsed | undefined {
    const { device, driver, size, little, memory, eventIndex } = this.options;
    if (memory.u16(device + SPLIT.index, little) === this.#used) {
      return undefined;
    }
    const at = device + SPLIT.entries + 8 * (this.#used % size);
    const id = memory.u32(at, little);
    const written = memory.u32(at + 4, little);
    const chain = this.#chains.get(id);
    if (chain === undefined) throw new RangeError(`Unknown id: ${id}`);
    this.#chains.delete(id);
    this.#free.push(...chain);
    this.#used = this.#used + 1 & 0xffff;
    if (eventIndex && this.#interrupts) {
      memory.setU16(driver + usedEventOffset(size), this.#used, little);
    }
    return { id, written };
  }

  interrupts(on: boolean): void {
    const { driver, size, little, memory, eventIndex } = this.options;
    this.#interrupts = on;
    if (!eventIndex) {
      memory.setU16(driver + SPLIT.flags, on ? 0 : SPLIT.noNotify, little);
    } else {
      const event = on ? this.#used : this.#used - 1 & 0xffff;
      memory.setU16(driver + usedEventOffset(size), event, little);
    }
  }
}

class MockPackedRing implements MockRing {
  readonly options: MockRingOptions;
  readonly #ids: number[];
  /** Slots of the chain of an id. */
  readonly #slots = new Map<number, number>();
  #free: number;
  #available = 0;
  #availableWrap = true;
  #added = 0;
  #used = 0;
  #usedWrap = true;
  /** Whether the device is to interrupt for the next one, not for each. */
  #atPlace = false;

  constructor(options: MockRingOptions) {
    this.options = options;
    this.#free = options.size;
    this.#ids = Array.from({ length: options.size }, (_, index) => index);
  }

  add(buffers: readonly MockBuffer[], table?: number): number {
    const slots = table === undefined ? buffers.length : 1;
    const id = this.#ids.shift();
    if (id === undefined || slots > this.#free) {
      throw new RangeError("Cannot add a chain: ring is full");
    }
    const shown = table === undefined ? buffers : [this.#table(buffers, table)];
    const writes: (() => void)[] = [];
    for (const [index, buffer] of shown.entries()) {
      const more = index + 1 < slots ? DESCRIPTOR.next : 0;
      const indirect = table === undefined ? 0 : DESCRIPTOR.indirect;
      writes.push(this.#slot(buffer, { id, flags: more | indirect }));
    }
    // The first slot's flags make all of them available, so they go last.
    for (const write of writes.reverse()) write();
    this.#free -= slots;
    this.#added += slots;
    this.#slots.set(id, slots);
    return id;
  }

  needsKick(): boolean {
    const { device, size, little, memory, eventIndex } = this.options;
    const added = this.#added;
    this.#added = 0;
    const flags = memory.u16(device + EVENT_SUPPRESSION.flags, little);
    if (flags === EVENT_SUPPRESSION.disable) return false;
    if (flags !== EVENT_SUPPRESSION.atPlace || !eventIndex) return true;
    const event = memory.u16(device + EVENT_SUPPRESSION.place, little);
    const wrap = (event & EVENT_SUPPRESSION.wrapBit) !== 0;
    const place = (event & 0x7fff) - (wrap === this.#availableWrap ? 0 : size);
    return place >= this.#available - added && place < this.#available;
  }

  take(): MockUsed | undefined {
    const { descriptor, size, little, memory } = this.options;
    const at = descriptor + this.#used * DESCRIPTOR_BYTES;
    const flags = memory.u16(at + PACKED.flags, little);
    const available = (flags & DESCRIPTOR.available) !== 0;
    const used = (flags & DESCRIPTOR.used) !== 0;
    if (available !== used || used !== this.#usedWrap) return undefined;
    const id = memory.u16(at + PACKED.id, little);
    const written = memory.u32(at + PACKED.length, little);
    const slots = this.#slots.get(id);
    if (slots === undefined) throw new RangeError(`Unknown id: ${id}`);
    this.#slots.delete(id);
    this.#ids.push(id);
    this.#free += slots;
    this.#used += slots;
    if (this.#used >= size) {
      this.#used -= size;
      this.#usedWrap = !this.#usedWrap;
    }
    if (this.#atPlace) this.interrupts(true);
    return { id, written };
  }

  interrupts(on: boolean): void {
    const { driver, little, memory, eventIndex } = this.options;
    const mode = !on
      ? EVENT_SUPPRESSION.disable
      : eventIndex
      ? EVENT_SUPPRESSION.atPlace
      : EVENT_SUPPRESSION.enable;
    this.#atPlace = mode === EVENT_SUPPRESSION.atPlace;
    const wrap = this.#usedWrap ? EVENT_SUPPRESSION.wrapBit : 0;
    memory.setU16(driver, this.#used | wrap, little);
    memory.setU16(driver + EVENT_SUPPRESSION.flags, mode, little);
  }

  #table(buffers: readonly MockBuffer[], table: number): MockBuffer {
    for (const [index, { address, length, write }] of buffers.entries()) {
      writeDescriptor(this.options, table + index * DESCRIPTOR_BYTES, {
        address,
        length,
        flags: 0,
        next: write ? DESCRIPTOR.write : 0,
      });
    }
    const length = buffers.length * DESCRIPTOR_BYTES;
    return { address: table, length, write: false };
  }

  /** Takes the next slot; what it gives writes the descriptor. */
  #slot(
    { address, length, write }: MockBuffer,
    { id, flags }: { id: number; flags: number },
  ): () => void {
    const at = this.options.descriptor + this.#available * DESCRIPTOR_BYTES;
    const wrap = this.#availableWrap ? DESCRIPTOR.available : DESCRIPTOR.used;
    const all = flags | wrap | (write ? DESCRIPTOR.write : 0);
    this.#available++;
    if (this.#available === this.options.size) {
      this.#available = 0;
      this.#availableWrap = !this.#availableWrap;
    }
    return () =>
      writeDescriptor(this.options, at, {
        address,
        length,
        flags: id,
        next: all,
      });
  }
}

/** Writes a descriptor; in packed rings its last two fields are id and flags. */
export function writeDescriptor(
  { memory, little }: { memory: MockMemory; little: boolean },
  at: number,
  fields: { address: number; length: number; flags: number; next: number },
): void {
  memory.setU64(at, BigInt(fields.address), little);
  memory.setU32(at + 8, fields.length, little);
  memory.setU16(at + 12, fields.flags, little);
  memory.setU16(at + 14, fields.next, little);
}

/** Writes a split ring's chain at the indexes of a table. */
function writeChain(
  options: MockRingOptions,
  { at, buffers, indexes }: {
    at: number;
    buffers: readonly MockBuffer[];
    indexes: readonly number[];
  },
): void {
  for (const [place, { address, length, write }] of buffers.entries()) {
    const next = indexes[place + 1];
    const flags = (write ? DESCRIPTOR.write : 0) |
      (next === undefined ? 0 : DESCRIPTOR.next);
    writeDescriptor(options, at + (indexes[place] ?? 0) * DESCRIPTOR_BYTES, {
      address,
      length,
      flags,
      next: next ?? 0,
    });
  }
}
