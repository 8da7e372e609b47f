/**
 * A table of translation control entries: what DMA addresses of one window
 * mean (LoPAPR 3.2.2.2, 14.5.4.2).
 *
 * @module
 */
import { fieldsOf, numberOf } from "./check.ts";

/** What a device does with memory. */
export type DmaAccess = "device-reads" | "device-writes";

/** Permissions in an entry's low bits. */
export const TCE = { read: 1, write: 2, all: 3 } as const;

/** Where a window lies and how it is divided. */
export interface TceWindow {
  /** Logical I/O bus number: the table's name in hypercalls. */
  readonly liobn: number;
  /** DMA address of the first byte. */
  readonly bus: number;
  readonly pageShift: number;
  readonly windowShift: number;
}

/** Plain data of {@linkcode TceTable}: the entries that are not 0. */
export interface TceTableState extends TceWindow {
  readonly indexes: Uint32Array;
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

/** Entries as the guest wrote them, and the way from DMA to real addresses. */
export class TceTable implements TceWindow {
  readonly liobn: number;
  readonly bus: number;
  readonly pageShift: number;
  readonly windowShift: number;
  readonly pageBytes: number;
  readonly entries: number;
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;

  constructor({ liobn, bus, pageShift, windowShift }: TceWindow) {
    this.liobn = liobn;
    this.bus = bus;
    this.pageShift = pageShift;
    this.windowShift = windowShift;
    this.pageBytes = 2 ** pageShift;
    this.entries = 2 ** (windowShift - pageShift);
    this.#high = new Uint32Array(this.entries);
    this.#low = new Uint32Array(this.entries);
  }

  /** Whether a DMA address is in the window. */
  covers(address: number): boolean {
    return address >= this.bus &&
      address < this.bus + this.entries * this.pageBytes;
  }

  /** Number of the entry for a DMA address of the window. */
  indexOf(address: number): number {
    return Math.floor((address - this.bus) / this.pageBytes);
  }

  get(index: number): bigint {
    return (BigInt(this.#high[index] ?? 0) << 32n) |
      BigInt(this.#low[index] ?? 0);
  }

  /** Sets `count` entries from `index` on to one value. */
  set(index: number, entry: bigint, count = 1): void {
    this.#high.fill(Number(entry >> 32n), index, index + count);
    this.#low.fill(Number(entry & 0xffff_ffffn), index, index + count);
  }

  /** The real address of a DMA address of the window; -1 where it has none. */
  translate(address: number, access: DmaAccess): number {
    const index = this.indexOf(address);
    const low = this.#low[index] ?? 0;
    const needed = access === "device-reads" ? TCE.read : TCE.write;
    if ((low & needed) === 0) return -1;
    const page = (this.#high[index] ?? 0) * 0x1_0000_0000 +
      ((low & ~TCE.all) >>> 0);
    return page + (address - this.bus) % this.pageBytes;
  }

  clear(): void {
    this.#high.fill(0);
    this.#low.fill(0);
  }

  /** How many entries give access. */
  mapped(): number {
    let count = 0;
    for (const low of this.#low) if ((low & TCE.all) !== 0) count++;
    return count;
  }

  save(): TceTableState {
    const { liobn, bus, pageShift, windowShift } = this;
    const indexes: number[] = [];
    for (let i = 0; i < this.entries; i++) {
      if (this.#low[i] !== 0 || this.#high[i] !== 0) indexes.push(i);
    }
    const pick = (words: Uint32Array) =>
      Uint32Array.from(indexes, (i) => words[i] ?? 0);
    return {
      liobn,
      bus,
      pageShift,
      windowShift,
      indexes: Uint32Array.from(indexes),
      high: pick(this.#high),
      low: pick(this.#low),
    };
  }

  /**
   * Takes the entries of a saved table, each of which `allows` must let pass.
   *
   * @throws {TypeError} If the state is malformed.
   * @throws {RangeError} If an entry is not allowed.
   */
  restore(state: unknown, allows: (entry: bigint) => boolean): void {
    const { indexes, high, low } = fieldsOf(state, "TCE table");
    const formed = indexes instanceof Uint32Array &&
      high instanceof Uint32Array && low instanceof Uint32Array &&
      high.length === indexes.length && low.length === indexes.length;
    if (!formed) throw new TypeError("Cannot restore PCI: not a TCE table");
    this.clear();
    indexes.forEach((index, i) => {
      numberOf({ index }, "index", this.entries - 1);
      this.#high[index] = high[i] ?? 0;
      this.#low[index] = low[i] ?? 0;
      if (!allows(this.get(index))) {
        throw new RangeError(
          `Cannot restore PCI: translation control entry: 0x${
            this.get(index).toString(16)
          }`,
        );
      }
    });
  }
}
