/**
 * MSI-X: a table of messages and the bits of those that wait, both in memory
 * that belongs to the function (PCI Local Bus 3.0, 6.8.2).
 *
 * @module
 */
import type { AccessBytes, PciBar } from "../../virtio/pci_face.ts";
import { type Fields, fieldsOf, numberOf } from "./check.ts";
import type { ConfigRegisters } from "./config_registers.ts";
import type { Message, MessagePort } from "./message.ts";

/** Bytes of the capability. */
export const MSIX_CAPABILITY_BYTES = 12;
const CAPABILITY_ID = 0x11;

/** Message Control, 2 bytes into the capability. */
const CONTROL = 2;
const ENABLE = 0x8000;
const FUNCTION_MASK = 0x4000;

/** Words of a table entry. */
const ENTRY = { addressLow: 0, addressHigh: 1, data: 2, control: 3 } as const;
const ENTRY_WORDS = 4;
/** Vector Control: the one bit of it that is not reserved. */
const MASKED = 1;

/** Most vectors that the capability can tell of. */
const LIMIT = 2048;

/** Plain data of {@linkcode Msix}. */
export interface MsixState {
  readonly table: Uint32Array;
  readonly pending: readonly number[];
}

/** A function's table and pending bits, and the BAR that they are in. */
export class Msix {
  readonly vectors: number;
  /** The BAR: the table in its first half, pending bits in the second. */
  readonly bar: PciBar;
  readonly #registers: ConfigRegisters;
  readonly #port: MessagePort;
  readonly #table: Uint32Array;
  readonly #pending = new Set<number>();
  #offset = 0;

  /** Throws RangeError for a number of vectors that cannot be. */
  constructor(
    { vectors, bar }: { vectors: number; bar: number },
    { registers, port }: { registers: ConfigRegisters; port: MessagePort },
  ) {
    if (!Number.isInteger(vectors) || vectors < 1 || vectors > LIMIT) {
      throw new RangeError(
        `Cannot make MSI-X table: number of vectors is not from 1 to ${LIMIT}: ${vectors}`,
      );
    }
    this.vectors = vectors;
    this.#registers = registers;
    this.#port = port;
    this.#table = new Uint32Array(vectors * ENTRY_WORDS);
    const tableBytes = 2 ** Math.ceil(Math.log2(16 * vectors));
    this.bar = {
      index: bar,
      kind: "mem32",
      bytes: Math.max(4096, 2 * tableBytes),
      load: (offset, bytes) => this.#load(offset, bytes),
      store: (offset, bytes, value) => this.#store(offset, bytes, value),
    };
    this.reset();
  }

  /** The capability, which is put into configuration space at an offset. */
  layOut(offset: number): Uint8Array {
    this.#offset = offset;
    this.#registers.allow(offset + CONTROL, 2, ENABLE | FUNCTION_MASK);
    const capability = new DataView(new ArrayBuffer(MSIX_CAPABILITY_BYTES));
    capability.setUint8(0, CAPABILITY_ID);
    capability.setUint16(CONTROL, this.vectors - 1, true);
    capability.setUint32(4, this.bar.index, true);
    capability.setUint32(8, this.bar.index | (this.bar.bytes / 2), true);
    return new Uint8Array(capability.buffer);
  }

  get enabled(): boolean {
    return (this.#control & ENABLE) !== 0;
  }

  get functionMasked(): boolean {
    return (this.#control & FUNCTION_MASK) !== 0;
  }

  /** Whether a vector's message waits until it is unmasked. */
  isPending(vector: number): boolean {
    return this.#pending.has(vector);
  }

  /** Whether a vector's own mask is set. */
  isMasked(vector: number): boolean {
    return (this.#word(vector, ENTRY.control) & MASKED) !== 0;
  }

  /** A vector's message. */
  message(vector: number): Message {
    return {
      addressHigh: this.#word(vector, ENTRY.addressHigh),
      addressLow: this.#word(vector, ENTRY.addressLow),
      data: this.#word(vector, ENTRY.data),
    };
  }

  /** Sets a vector's message, as RTAS does on the guest's behalf. */
  setMessage(vector: number, message: Message): void {
    const at = vector * ENTRY_WORDS;
    this.#table[at + ENTRY.addressHigh] = message.addressHigh;
    this.#table[at + ENTRY.addressLow] = message.addressLow;
    this.#table[at + ENTRY.data] = message.data;
  }

  /** Interrupts by a vector: now, or once it is unmasked. */
  send(vector: number): void {
    if (!this.enabled || vector < 0 || vector >= this.vectors) return;
    if (this.functionMasked || this.isMasked(vector)) this.#pending.add(vector);
    else this.#port.send(this.message(vector));
  }

  /** Sends what waits and no longer has to. */
  controlWritten(): void {
    if (this.#pending.size === 0 || !this.enabled || this.functionMasked) {
      return;
    }
    for (const vector of this.#pending) this.#release(vector);
  }

  /** All vectors masked, nothing waits. */
  reset(): void {
    this.#table.fill(0);
    for (let vector = 0; vector < this.vectors; vector++) {
      this.#table[vector * ENTRY_WORDS + ENTRY.control] = MASKED;
    }
    this.#pending.clear();
  }

  save(): MsixState {
    return { table: this.#table.slice(), pending: [...this.#pending] };
  }

  /** Throws TypeError or RangeError for what `save()` cannot have given. */
  restore(state: unknown): void {
    const fields: Fields = fieldsOf(state, "MSI-X state");
    const { table, pending } = fields;
    if (
      !(table instanceof Uint32Array) || table.length !== this.#table.length
    ) {
      throw new TypeError("Cannot restore PCI: not a table of all vectors");
    }
    if (!Array.isArray(pending)) {
      throw new TypeError("Cannot restore PCI: pending vectors are missing");
    }
    const vectors = pending.map((vector: unknown) =>
      numberOf({ vector }, "vector", this.vectors - 1)
    );
    this.#table.set(table);
    this.#pending.clear();
    vectors.forEach((vector) => this.#pending.add(vector));
  }

  get #control(): number {
    return this.#registers.get(this.#offset + CONTROL, 2);
  }

  #word(vector: number, word: number): number {
    return this.#table[vector * ENTRY_WORDS + word] ?? 0;
  }

  #release(vector: number): void {
    if (this.isMasked(vector)) return;
    this.#pending.delete(vector);
    this.#port.send(this.message(vector));
  }

  #load(offset: number, bytes: AccessBytes): number {
    const word = this.#wordAt(offset & ~3) >>> (8 * (offset & 3));
    return bytes === 4 ? word >>> 0 : word & ((1 << (8 * bytes)) - 1);
  }

  #wordAt(offset: number): number {
    const half = this.bar.bytes / 2;
    if (offset < half) return this.#table[offset / 4] ?? 0;
    let bits = 0;
    const first = 8 * (offset - half);
    for (let i = 0; i < 32; i++) {
      if (this.#pending.has(first + i)) bits |= 1 << i;
    }
    return bits;
  }

  /** Words of the table; anything else is undefined, and lost here. */
  #store(offset: number, bytes: AccessBytes, value: number): void {
    const index = offset / 4;
    if (bytes !== 4 || !Number.isInteger(index)) return;
    if (index >= this.#table.length) return;
    const isControl = index % ENTRY_WORDS === ENTRY.control;
    // Messages are of whole words: the address's low bits are 0.
    const isAddress = index % ENTRY_WORDS === ENTRY.addressLow;
    this.#table[index] = isControl
      ? value & MASKED
      : isAddress
      ? value & ~3
      : value;
    const vector = Math.floor(index / ENTRY_WORDS);
    if (isControl && this.#pending.has(vector) && this.enabled) {
      if (!this.functionMasked) this.#release(vector);
    }
  }
}
