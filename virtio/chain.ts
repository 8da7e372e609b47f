/**
 * One request: a chain of buffers that the driver made available together.
 *
 * @module
 */
import type { OrderSource } from "./accessor.ts";
import type { Pieces } from "./_pieces.ts";
import { ReadStream, WriteStream } from "./stream.ts";

/** A buffer of a chain, by the address that the driver gave. */
export interface ChainBuffer {
  readonly address: number;
  readonly length: number;
}

/**
 * A chain that a device holds, in a saved machine. The ring does not say it
 * any more: a packed ring's places are written over by chains that the device
 * gives back earlier.
 */
export interface SavedChain {
  readonly id: number;
  readonly position: number;
  readonly slots: number;
  readonly sequence: number;
  readonly readable: readonly ChainBuffer[];
  readonly writable: readonly ChainBuffer[];
}

/** What a ring says of a chain when it takes one. */
export interface ChainParts {
  /** Index of the head (split ring), or the buffer's id (packed ring). */
  readonly id: number;
  /** The head's index (split ring), or the first slot's (packed ring). */
  readonly position: number;
  /** Places of the ring that the chain takes up: 1 in a split ring. */
  readonly slots: number;
  readonly readable: Pieces;
  readonly writable: Pieces;
}

/**
 * A request that the device took and owes the driver. Buffers may overlap:
 * Linux puts one page many times into one chain, and so a chain's bytes may
 * be more than the guest's memory.
 */
export class Chain {
  /** Index of the head (split ring), or the buffer's id (packed ring). */
  readonly id: number;
  /** The head's index (split ring), or the first slot's (packed ring). */
  readonly position: number;
  /** Places of the ring that the chain takes up. */
  readonly slots: number;
  /** The n-th chain of the queue since it was set up. */
  readonly sequence: number;
  /** What the device may read. */
  readonly readable: ReadStream;
  /** Where the device may write. */
  readonly writable: WriteStream;
  /** Bytes that the device may write in all. */
  readonly writableBytes: number;
  /** Bytes that the device may read in all. */
  readonly readableBytes: number;
  readonly #readable: Pieces;
  readonly #writable: Pieces;

  constructor(
    parts: ChainParts,
    { order, sequence }: { order: OrderSource; sequence: number },
  ) {
    this.id = parts.id;
    this.position = parts.position;
    this.slots = parts.slots;
    this.sequence = sequence;
    this.readable = new ReadStream(parts.readable, order);
    this.writable = new WriteStream(parts.writable, order);
    this.#readable = parts.readable;
    this.#writable = parts.writable;
    this.readableBytes = parts.readable.total;
    this.writableBytes = parts.writable.total;
  }

  /**
   * What became of it: the device still has it, the driver got it back as
   * used, or the queue took it back as if it had never been popped.
   */
  state: "taken" | "used" | "withdrawn" = "taken";

  /** For a device's `save()`; the queue's `reopen()` takes it. */
  save(): SavedChain {
    const { id, position, slots, sequence } = this;
    const readable = this.#readable.buffers();
    const writable = this.#writable.buffers();
    return { id, position, slots, sequence, readable, writable };
  }
}
