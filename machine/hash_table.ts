/**
 * The partition's hash table, which the machine owns: the guest edits it by
 * hypercalls, vCPUs search it (Book III 6.7.9, LoPAPR 14.5.4.1).
 *
 * @module
 */
import { LOCKS, type MemoryLayout } from "../cpu/engine/layout.ts";
import { HASH_PAGE_SIZES, HPTE } from "../cpu/mmu/mod.ts";
import { SharedLock } from "./interrupt_controller/lock.ts";

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

/**
 * Entry-wise access to the table in shared memory, in the host's order. vCPUs
 * search it at any time, and note uses in second doublewords: an entry is valid
 * only while both its doublewords are its own.
 */
export class HashTable {
  /** Number of entries; 0 where the guest has no hash table. */
  readonly entries: number;
  readonly bytes: number;
  readonly #doublewords: BigUint64Array;
  readonly #buffer: ArrayBufferLike;
  readonly #offset: number;

  readonly #lock: SharedLock | undefined;

  /** The table of a memory, with its lock where there are several threads. */
  static of(buffer: ArrayBufferLike, layout: MemoryLayout): HashTable {
    const { hashTable, hashTableBytes, concurrent, pageUse } = layout;
    const lock = concurrent
      ? new SharedLock(buffer, pageUse + LOCKS.hashTable)
      : undefined;
    return new HashTable(buffer, hashTable, hashTableBytes, lock);
  }

  constructor(
    buffer: ArrayBufferLike,
    offset: number,
    bytes: number,
    lock?: SharedLock,
  ) {
    this.#lock = lock;
    this.bytes = bytes;
    this.entries = bytes / 16;
    this.#buffer = buffer;
    this.#offset = offset;
    this.#doublewords = new BigUint64Array(buffer, offset, bytes / 8);
  }

  /** Carries out what edits entries, while no other thread does. */
  exclusively<T>(action: () => T): T {
    if (!this.#lock) return action();
    this.#lock.acquire();
    try {
      return action();
    } finally {
      this.#lock.release();
    }
  }

  read(index: number): HashTableEntry {
    return {
      v: Atomics.load(this.#doublewords, 2 * index),
      r: Atomics.load(this.#doublewords, 2 * index + 1),
    };
  }

  isValid(index: number): boolean {
    return (Atomics.load(this.#doublewords, 2 * index) & 1n) !== 0n;
  }

  /** Enters what no search finds half of: in place of an invalid entry. */
  write(index: number, { v, r }: HashTableEntry): void {
    Atomics.store(this.#doublewords, 2 * index + 1, r);
    Atomics.store(this.#doublewords, 2 * index, v);
  }

  /**
   * Takes an entry out of searches. Whoever has found it may still note a use,
   * until all vCPUs have forgotten its translation.
   */
  invalidate(index: number): void {
    Atomics.store(this.#doublewords, 2 * index, 0n);
  }

  /** Clears the second doubleword of an invalid entry; gives what it was. */
  takeSecond(index: number): bigint {
    return Atomics.exchange(this.#doublewords, 2 * index + 1, 0n);
  }

  /** Changes the second doubleword, whatever uses are noted meanwhile. */
  updateSecond(index: number, change: (r: bigint) => bigint): void {
    const at = 2 * index + 1;
    for (let r = Atomics.load(this.#doublewords, at);;) {
      const found = Atomics.compareExchange(
        this.#doublewords,
        at,
        r,
        change(r),
      );
      if (found === r) return;
      r = found;
    }
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
