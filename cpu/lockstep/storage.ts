/**
 * RAM and hash table of two engines, kept alike where the machine writes, and
 * compared where the engines do.
 *
 * Which pages an engine has stored to is told by its data TLBs; what these have
 * forgotten again is found by a sweep that goes over all storage, some of it
 * after each run.
 *
 * @module
 */
import { DATA_ENTRY } from "../engine/emitter/memory.ts";
import {
  CONTEXTS,
  DATA_TLB,
  DATA_TLB_ENTRIES,
  type MemoryLayout,
} from "../engine/layout.ts";

const PAGE = 4096;
const PAGE_WORDS = PAGE / 4;

/** Ranges that are noted one by one; beyond that, all is copied. */
const MOST_RANGES = 4096;

/** A range of the shared memory. */
interface Range {
  readonly start: number;
  readonly bytes: number;
}

/** Storage of the machine, and of the engine that is compared with it. */
export class TwinStorage {
  readonly #layout: MemoryLayout;
  /** Hash table and RAM: what lies between is the machine's alone. */
  readonly #whole: readonly [Range, Range];
  readonly #first: Int32Array;
  readonly #second: Int32Array;
  /** What the machine has written since the last run. */
  #written: Range[] = [];
  #all = true;
  /** How far the sweep has come, in bytes of both. */
  #swept = 0;

  constructor(
    layout: MemoryLayout,
    [first, second]: readonly [WebAssembly.Memory, WebAssembly.Memory],
  ) {
    this.#layout = layout;
    this.#first = new Int32Array(first.buffer);
    this.#second = new Int32Array(second.buffer);
    this.#whole = [
      { start: layout.hashTable, bytes: layout.hashTableBytes },
      { start: layout.ram, bytes: layout.ramBytes },
    ];
  }

  /** All of it has been written anew. */
  allWritten(): void {
    this.#all = true;
  }

  /** The machine has written to RAM, or is about to. */
  ramWritten(address: number, bytes: number): void {
    if (this.#written.length > MOST_RANGES) this.#all = true;
    else this.#written.push({ start: this.#layout.ram + address, bytes });
  }

  /** The machine has changed its hash table, perhaps. */
  hashTableWritten(): void {
    const { hashTable, hashTableBytes } = this.#layout;
    if (hashTableBytes === 0) return;
    this.#written.push({ start: hashTable, bytes: hashTableBytes });
  }

  /** Gives the second engine what the machine has written. */
  copyWritten(): void {
    const ranges = this.#all ? this.#whole : this.#written;
    for (const { start, bytes } of ranges) {
      const end = Math.ceil((start + bytes) / 4);
      for (let at = start >>> 2; at < end; at += PAGE_WORDS) {
        const to = Math.min(at + PAGE_WORDS, end);
        // What nobody has touched stays untouched.
        if (this.#differs(at, to) < 0) continue;
        this.#second.set(this.#first.subarray(at, to), at);
      }
    }
    this.#written = [];
    this.#all = false;
  }

  /** Where pages that either engine may store to differ; else undefined. */
  compareStored(): number | undefined {
    const pages = new Set<number>();
    for (const words of [this.#first, this.#second]) {
      this.#addStored(words, pages);
    }
    for (const page of pages) {
      const at = this.#differs(page * PAGE_WORDS, (page + 1) * PAGE_WORDS);
      if (at >= 0) return at * 4;
    }
    return undefined;
  }

  /** Compares some more bytes of all storage. */
  sweep(bytes: number): number | undefined {
    const [first, second] = this.#whole;
    const range = this.#swept < first.bytes ? first : second;
    const skipped = range === first ? 0 : first.bytes;
    const from = range.start + this.#swept - skipped;
    const to = Math.min(from + bytes, range.start + range.bytes);
    const at = this.#differs(from >>> 2, to >>> 2);
    this.#swept = (this.#swept + to - from) % (first.bytes + second.bytes);
    return at < 0 ? undefined : at * 4;
  }

  /** The first word in [from, to) that differs, or -1. */
  #differs(from: number, to: number): number {
    const [first, second] = [this.#first, this.#second];
    for (let at = from; at < to; at++) if (first[at] !== second[at]) return at;
    return -1;
  }

  #addStored(words: Int32Array, pages: Set<number>): void {
    for (const { dataTlb } of this.#layout.vcpus) {
      const count = CONTEXTS * DATA_TLB_ENTRIES;
      for (let i = 0; i < count; i++) {
        const entry = (dataTlb + i * DATA_TLB.entryBytes) >>> 2;
        const tag = words[entry + (DATA_ENTRY.write >>> 2)] ?? -1;
        // A tag is a page's address, or all ones.
        if (tag & 1) continue;
        const addend = words[entry + (DATA_ENTRY.addend >>> 2)] ?? 0;
        pages.add(((tag + addend) >>> 0) / PAGE);
      }
    }
  }
}
