/**
 * The partition's hash table, which the machine owns: the guest edits it by
 * hypercalls, vCPUs search it (Book III 6.7.9, LoPAPR 14.5.4.1).
 *
 * @module
 */
import { HASH_PAGE_SIZES, HPTE } from "../cpu/mmu/mod.ts";

/** A page table entry: its two doublewords. */
export interface HashTableEntry {
  readonly v: bigint;
  readonly r: bigint;
}

/** Entries of a group, of which a hash names one. */
export const GROUP_ENTRIES = 8;

/** Log2 of the table's bytes for that much RAM: about 1/128 of it. */
export function hashTableShift(ramBytes: number): number {
  return Math.max(18, Math.ceil(Math.log2(ramBytes)) - 7);
}

/** Entry-wise access to the table in shared memory, in the host's order. */
export class HashTable {
  /** Number of entries; 0 where the guest has no hash table. */
  readonly entries: number;
  readonly bytes: number;
  readonly #view: DataView;
  readonly #buffer: ArrayBufferLike;
  readonly #offset: number;

  constructor(buffer: ArrayBufferLike, offset: number, bytes: number) {
    this.bytes = bytes;
    this.entries = bytes / 16;
    this.#buffer = buffer;
    this.#offset = offset;
    this.#view = new DataView(buffer, offset, bytes);
  }

  read(index: number): HashTableEntry {
    return {
      v: this.#view.getBigUint64(index * 16, true),
      r: this.#view.getBigUint64(index * 16 + 8, true),
    };
  }

  isValid(index: number): boolean {
    return (this.#view.getUint8(index * 16) & 1) !== 0;
  }

  /** The second doubleword goes first, so that no search sees half of it. */
  write(index: number, { v, r }: HashTableEntry): void {
    this.#view.setBigUint64(index * 16 + 8, r, true);
    this.#view.setBigUint64(index * 16, v, true);
  }

  clear(): void {
    new Uint8Array(this.#buffer, this.#offset, this.bytes).fill(0);
  }

  save(): Uint8Array {
    return new Uint8Array(this.#buffer, this.#offset, this.bytes).slice();
  }

  /** Throws RangeError where the table is of another size. */
  restore(data: Uint8Array): void {
    if (data.length !== this.bytes) {
      throw new RangeError(
        `Cannot restore hash table: expected ${this.bytes} bytes, got ${data.length}`,
      );
    }
    new Uint8Array(this.#buffer, this.#offset, this.bytes).set(data);
  }
}

/** Log2 of the page that an entry maps, or 0 where it encodes none. */
export function pageShift({ v, r }: HashTableEntry): number {
  if ((v & HPTE.large) === 0n) return 12;
  for (const { actual, lp } of HASH_PAGE_SIZES) {
    if (lp === undefined) continue;
    const bits = Math.min(actual - 12, 8);
    if ((Number(r >> 12n) & ((1 << bits) - 1)) === lp) return actual;
  }
  return 0;
}
