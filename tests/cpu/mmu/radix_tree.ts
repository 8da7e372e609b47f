/**
 * Radix trees made by hand in a test engine's RAM (Book III 6.7.10).
 *
 * @module
 */
import { LPCR } from "../../../cpu/state.ts";
import type { TestEngine } from "../engines.ts";
import { getDoubleword, putDoubleword } from "./attempt.ts";

/** Bits of a page table entry. */
export const PTE = {
  valid: 1n << 63n,
  leaf: 1n << 62n,
  reference: 0x100n,
  change: 0x80n,
  nonIdempotent: 0x20n,
  tolerant: 0x30n,
  privileged: 8n,
  read: 4n,
  readWrite: 2n,
  execute: 1n,
} as const;

const PROCESS_TABLE = 0x1_0000;
const ROOTS = 0x10_0000;
const NODES = 0x3_0000;

/** How the levels below the root of 2^13 entries divide the address. */
const LEVELS: Readonly<Record<number, readonly number[]>> = {
  39: [],
  30: [9],
  21: [9, 9],
  16: [9, 9, 5],
  12: [9, 9, 9],
};

/** A page to map. */
export interface RadixPage {
  readonly ea: bigint;
  readonly real: bigint;
  /** Log2 of its size: 12, 16, 21, 30. */
  readonly shift: number;
  readonly flags: bigint;
  /** Process; default 0. */
  readonly pid?: number;
}

/** Trees of 52 bits for processes 0 to 3, and their process table. */
export class RadixTrees {
  readonly #engine: Pick<TestEngine, "ram" | "set">;
  #next = NODES;

  constructor(engine: Pick<TestEngine, "ram" | "set">) {
    this.#engine = engine;
    for (let pid = 0; pid < 4; pid++) {
      this.setRoot(pid, { bits: 52, entries: 13 });
    }
    // A process table of 4 KiB has 256 entries.
    engine.set("PRTBL", BigInt(PROCESS_TABLE));
    engine.set("LPCR", LPCR.HR | LPCR.UPRT | LPCR.LPES);
  }

  /** Process table entry: the tree translates so many bits of the address. */
  setRoot(
    pid: number,
    { bits, entries }: { bits: number; entries: number },
  ): void {
    const rts = BigInt(bits - 31);
    putDoubleword(
      this.#engine,
      PROCESS_TABLE + 16 * pid,
      (rts >> 3n) << 61n | (rts & 7n) << 5n | BigInt(ROOTS + pid * 0x1_0000) |
        BigInt(entries),
    );
  }

  /** Maps a page. Gives the address of its entry. */
  map({ ea, real, shift, flags, pid = 0 }: RadixPage): number {
    const at = this.#descend({ ea, shift, pid });
    putDoubleword(this.#engine, at, PTE.valid | PTE.leaf | real | flags);
    return at;
  }

  /** Puts a directory entry of so many index bits where a page would be. */
  setDirectory(
    { ea, shift, bits }: { ea: bigint; shift: number; bits: number },
  ): void {
    const at = this.#descend({ ea, shift, pid: 0 });
    putDoubleword(this.#engine, at, PTE.valid | BigInt(bits));
  }

  #descend(
    { ea, shift, pid }: { ea: bigint; shift: number; pid: number },
  ): number {
    const within = ea & ((1n << 52n) - 1n);
    let left = 39;
    let at = ROOTS + pid * 0x1_0000 + Number(within >> 39n) * 8;
    for (const bits of LEVELS[shift] ?? []) {
      let entry = getDoubleword(this.#engine, at);
      if (entry === 0n) {
        entry = PTE.valid | BigInt(this.#next) | BigInt(bits);
        this.#next += 0x1000;
        putDoubleword(this.#engine, at, entry);
      }
      left -= bits;
      const index = Number(within >> BigInt(left)) & (2 ** bits - 1);
      at = Number(entry & 0x0fff_ffff_ffff_ff00n) + index * 8;
    }
    return at;
  }
}
