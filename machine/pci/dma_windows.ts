/**
 * The windows through which the functions of a host bridge reach memory: one
 * that there is from the start, and one that the guest can create (LoPAPR
 * 7.3.31, "Dynamic DMA Windows").
 *
 * @module
 */
import { DMA } from "./address_map.ts";
import { arrayOf, fieldsOf, numberOf } from "./check.ts";
import { TCE, TceTable, type TceTableState } from "./tce_table.ts";

/** What of guest RAM translation needs. */
export interface RamBounds {
  contains(address: number | bigint, bytes: number): boolean;
}

/** The tables by their LIOBNs. */
export class DmaWindows {
  readonly #ram: RamBounds;
  #tables: TceTable[] = [];

  constructor(ram: RamBounds) {
    this.#ram = ram;
    this.reset();
  }

  get tables(): readonly TceTable[] {
    return this.#tables;
  }

  /** How many windows can be created now. */
  get available(): number {
    return this.find(DMA.dynamic.liobn) ? 0 : 1;
  }

  find(liobn: number): TceTable | undefined {
    return this.#tables.find((table) => table.liobn === liobn);
  }

  /** The window that a DMA address is in. */
  at(address: number): TceTable | undefined {
    return this.#tables.find((table) => table.covers(address));
  }

  /**
   * Creates the one window that can be. Undefined where there is one, or it
   * would have more entries than a table may.
   *
   * @throws {RangeError} If there are no pages of that size.
   */
  create(pageShift: number, windowShift: number): TceTable | undefined {
    checkShifts(pageShift, windowShift);
    const entries = 2 ** (windowShift - pageShift);
    if (this.available === 0 || entries > DMA.largestWindow) return undefined;
    const table = new TceTable({ ...DMA.dynamic, pageShift, windowShift });
    this.#tables.push(table);
    return table;
  }

  /** Removes a window; false where there is none of the number. */
  remove(liobn: number): boolean {
    const before = this.#tables.length;
    this.#tables = this.#tables.filter((table) => table.liobn !== liobn);
    return this.#tables.length < before;
  }

  /** Only the first window again, with nothing in it. */
  reset(): void {
    const fixed = this.find(DMA.fixed.liobn) ?? new TceTable(DMA.fixed);
    fixed.clear();
    this.#tables = [fixed];
  }

  /**
   * Whether an entry may be in a table: where it gives access, it has to name
   * a page that is in memory whole.
   */
  allows({ pageBytes }: TceTable, entry: bigint): boolean {
    if ((entry & BigInt(TCE.all)) === 0n) return true;
    const page = entry & ~BigInt(TCE.all);
    return page % BigInt(pageBytes) === 0n &&
      this.#ram.contains(page, pageBytes);
  }

  save(): TceTableState[] {
    return this.#tables.map((table) => table.save());
  }

  /** Throws TypeError or RangeError for what `save()` cannot have given. */
  restore(state: unknown): void {
    const length = Array.isArray(state) ? Math.min(state.length, 2) : 0;
    const tables = arrayOf(state, { what: "DMA windows", length }).map(
      (entry) => this.#restored(entry),
    );
    if (new Set(tables.map(({ liobn }) => liobn)).size !== length) {
      throw new RangeError("Cannot restore PCI: DMA windows occur twice");
    }
    this.#tables = tables;
  }

  #restored(state: unknown): TceTable {
    const fields = fieldsOf(state, "DMA window");
    const isFixed = fields.liobn === DMA.fixed.liobn;
    if (!isFixed && fields.liobn !== DMA.dynamic.liobn) {
      throw new RangeError(`Cannot restore PCI: DMA window: ${fields.liobn}`);
    }
    const pageShift = numberOf(fields, "pageShift", 63);
    const windowShift = numberOf(fields, "windowShift", 63);
    checkShifts(pageShift, windowShift);
    if (2 ** (windowShift - pageShift) > DMA.largestWindow) {
      throw new RangeError(
        `Cannot restore PCI: DMA window is too large: 2^${windowShift}`,
      );
    }
    const table = new TceTable(
      isFixed ? DMA.fixed : { ...DMA.dynamic, pageShift, windowShift },
    );
    table.restore(state, (entry) => this.allows(table, entry));
    return table;
  }
}

function checkShifts(pageShift: number, windowShift: number): void {
  if (!DMA.pageShifts.some((shift) => shift === pageShift)) {
    throw new RangeError(
      `Cannot create DMA window: no pages of the size: 2^${pageShift}`,
    );
  }
  if (windowShift < pageShift) {
    throw new RangeError(
      `Cannot create DMA window: smaller than a page: 2^${windowShift}`,
    );
  }
}
