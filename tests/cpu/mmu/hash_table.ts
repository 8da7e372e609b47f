/**
 * A hash table and an SLB made by hand in a test engine (Book III 6.7.8,
 * 6.7.9).
 *
 * @module
 */
import { LPCR } from "../../../cpu/state.ts";
import type { TestEngine } from "../engines.ts";

/** Bits of SLBV. */
export const SEGMENT = {
  oneTerabyte: 1n << 62n,
  Ks: 0x800n,
  Kp: 0x400n,
  N: 0x200n,
  base64K: 0x110n,
  base16M: 0x100n,
} as const;

/** Bits of an entry. */
export const ENTRY = {
  secondary: 2n,
  reference: 0x100n,
  change: 0x80n,
  guarded: 8n,
  noExecute: 4n,
} as const;

/** A segment. */
export interface TestSegment {
  readonly ea: bigint;
  readonly vsid: bigint;
  readonly flags?: bigint;
}

/** A page in a segment. */
export interface TestPage {
  readonly ea: bigint;
  readonly real: bigint;
  /** Log2 of base and actual page size; default 12. */
  readonly base?: number;
  readonly actual?: number;
  /** LP as the entry encodes it; default: none, 4K. */
  readonly lp?: bigint;
  /** Second doubleword besides: pp, key, N, G. */
  readonly flags?: bigint;
  readonly secondary?: boolean;
  /** Place in the group; default 0. */
  readonly slot?: number;
}

/** 256 KiB: 2048 groups. */
export const HASH_TABLE_BYTES = 256 << 10;

const GROUPS = BigInt(HASH_TABLE_BYTES / 128);

/** Hash table and SLB of an engine. */
export class HashedMemory {
  readonly #engine: TestEngine;
  readonly #segments: TestSegment[] = [];

  constructor(engine: TestEngine) {
    this.#engine = engine;
    engine.set("LPCR", LPCR.LPES);
  }

  /** Puts a segment into the next SLB entry. */
  addSegment(segment: TestSegment): void {
    const index = this.#segments.push(segment) - 1;
    const { ea, vsid, flags = 0n } = segment;
    const large = (flags & SEGMENT.oneTerabyte) !== 0n;
    const esid = ea & -(1n << (large ? 40n : 28n));
    this.#engine.set("SLBE", esid | 0x0800_0000n, index);
    this.#engine.set(
      "SLBV",
      flags | vsid << (large ? 24n : 12n),
      index,
    );
  }

  /** Enters a page. Gives the number of the entry. */
  addPage(page: TestPage): number {
    const segment = this.#segments.find(({ ea, flags = 0n }) => {
      const bits = (flags & SEGMENT.oneTerabyte) !== 0n ? 40n : 28n;
      return ea >> bits === page.ea >> bits;
    });
    if (!segment) throw new RangeError("Cannot enter page: no segment");
    const { vsid, flags: segmentFlags = 0n } = segment;
    const { base = 12, lp, secondary = false, slot = 0 } = page;
    const large = (segmentFlags & SEGMENT.oneTerabyte) !== 0n;
    const bits = large ? 40n : 28n;
    const inSegment = page.ea & ((1n << bits) - 1n);
    const number = inSegment >> BigInt(base);
    let hash = vsid ^ number ^ (large ? vsid << 25n : 0n);
    if (secondary) hash = ~hash;
    const entry = Number((hash & (GROUPS - 1n)) * 8n) + slot;
    const avpn = vsid << (bits - 16n) |
      ((number << BigInt(base)) >> 16n);
    const first = (large ? 1n << 62n : 0n) |
      BigInt.asUintN(64, avpn & ~0x7fn) | (lp === undefined ? 0n : 4n) |
      (secondary ? ENTRY.secondary : 0n) | 1n;
    const second = page.real | (lp ?? 0n) << 12n | (page.flags ?? 2n);
    this.#engine.hashTable[2 * entry] = first;
    this.#engine.hashTable[2 * entry + 1] = second;
    return entry;
  }

  /** Second doubleword of an entry. */
  second(entry: number): bigint {
    return this.#engine.hashTable[2 * entry + 1] ?? 0n;
  }
}
