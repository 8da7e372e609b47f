/**
 * Descriptors as they lie in memory, and the buffers they make (virtio 1.3,
 * 2.7.5 and 2.8.5). Everything in them is the guest's, and so is bounded here.
 *
 * @module
 */
import { Pieces } from "./_pieces.ts";
import { RingError } from "./ring_error.ts";
import type { GuestMemory } from "./world.ts";

/** Bytes of a descriptor, in a ring of either form. */
export const DESCRIPTOR_BYTES = 16;

/** Flags of a descriptor (virtio 1.3, 2.7.5 and 2.8.1). */
export const DESCRIPTOR = {
  next: 0x0001,
  write: 0x0002,
  indirect: 0x0004,
  /** Packed rings only. */
  available: 0x0080,
  /** Packed rings only. */
  used: 0x8000,
} as const;

/**
 * Most descriptors of a chain, unless the ring has more. The book's bound is
 * the ring's size, but Linux goes beyond it with indirect tables.
 */
export const MAX_CHAIN_DESCRIPTORS = 1024;

/** Most bytes of a chain (virtio 1.3, 2.7.5). */
const MAX_CHAIN_BYTES = 2 ** 32;

/** Most views of a chain: a descriptor becomes several if it is translated. */
const MAX_CHAIN_PIECES = 65536;

/** Entries of an indirect table that can be named by a `next` of 16 bits. */
const MAX_TABLE_ENTRIES = 65536;

/** What a chain's descriptors are checked against. */
export interface ChainRules {
  readonly memory: GuestMemory;
  /** Whether VIRTIO_F_INDIRECT_DESC was agreed on. */
  readonly indirect: boolean;
}

/** Buffers of a chain while its descriptors are read. */
export class ChainBuilder {
  readonly readable = new Pieces();
  readonly writable = new Pieces();
  readonly #memory: GuestMemory;
  #left: number;

  constructor(memory: GuestMemory, limit: number) {
    this.#memory = memory;
    this.#left = Math.max(limit, MAX_CHAIN_DESCRIPTORS);
  }

  /** Counts a descriptor. Throws where the chain has too many, or a loop. */
  count(): void {
    if (--this.#left < 0) {
      throw new RingError(
        "loop",
        "Cannot take a chain: it is over-long, or loops",
      );
    }
  }

  /** Adds a descriptor's buffer. */
  add(address: number, length: number, flags: number): void {
    const write = (flags & DESCRIPTOR.write) !== 0;
    if (length === 0) {
      throw new RingError(
        "length",
        `Cannot take a chain: buffer at ${hex(address)} is empty`,
      );
    }
    if (!write && this.writable.total > 0) {
      throw new RingError(
        "direction",
        "Cannot take a chain: a buffer to read comes after one to write",
      );
    }
    const pieces = write ? this.writable : this.readable;
    if (this.readable.total + this.writable.total + length > MAX_CHAIN_BYTES) {
      throw new RingError("length", "Cannot take a chain: over 4 GiB");
    }
    const access = write ? "device-writes" : "device-reads";
    if (this.#memory.span === undefined) {
      pieces.add(
        address,
        viewOrFault(this.#memory, { address, length, access }),
      );
    } else this.#addTranslated(pieces, { address, length, access });
  }

  #addTranslated(pieces: Pieces, range: Range): void {
    let { address, length } = range;
    while (length > 0) {
      if (pieces.views.length >= MAX_CHAIN_PIECES) {
        throw new RingError("length", "Cannot take a chain: too many pages");
      }
      const part = spanOrFault(this.#memory, { ...range, address, length });
      pieces.add(
        address,
        viewOrFault(this.#memory, { ...range, address, length: part }),
      );
      address += part;
      length -= part;
    }
  }
}

/** A range of DMA addresses and what the device wants with it. */
export interface Range {
  readonly address: number;
  readonly length: number;
  readonly access: "device-reads" | "device-writes";
}

/** A view of guest memory, or RingError (`"address"`) where it is not there. */
export function viewOrFault(memory: GuestMemory, range: Range): Uint8Array {
  const { address, length, access } = range;
  if (Number.isSafeInteger(address + length)) {
    try {
      return memory.view(address, length, access);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw notThere(range);
}

function spanOrFault(memory: GuestMemory, range: Range): number {
  const { address, length, access } = range;
  if (Number.isSafeInteger(address + length)) {
    try {
      const part = memory.span?.(address, length, access) ?? length;
      return Math.max(1, Math.min(part, length));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw notThere(range);
}

function notThere({ address, length, access }: Range): RingError {
  return new RingError(
    "address",
    `Cannot take a chain: ${length} bytes at ${hex(address)} are not there ${
      access === "device-reads" ? "to read" : "to write"
    }`,
  );
}

/** An indirect table's bytes; at most those that a `next` can name. */
export function indirectTable(
  memory: GuestMemory,
  { address, length }: { address: number; length: number },
): Uint8Array {
  if (length === 0 || length % DESCRIPTOR_BYTES !== 0) {
    throw new RingError(
      "indirect-length",
      `Cannot take a chain: indirect table has ${length} bytes`,
    );
  }
  const reached = Math.min(length, MAX_TABLE_ENTRIES * DESCRIPTOR_BYTES);
  const range: Range = { address, length: reached, access: "device-reads" };
  if (memory.span === undefined) return viewOrFault(memory, range);
  const table = new Uint8Array(reached);
  for (let at = 0; at < reached;) {
    const rest = { ...range, address: address + at, length: reached - at };
    const part = spanOrFault(memory, rest);
    table.set(viewOrFault(memory, { ...rest, length: part }), at);
    at += part;
  }
  return table;
}

/** An address as people write it. */
export function hex(address: number): string {
  return Number.isFinite(address)
    ? `0x${address.toString(16)}`
    : "an address above 2^53";
}
