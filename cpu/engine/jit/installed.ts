/**
 * Regions that a thread can enter, in the table of its interpreter's functions.
 *
 * @module
 */
import type { HandlerTable } from "../handler_table.ts";
import {
  DECODED_PAGE_OWNER,
  DECODED_PAGE_SERIAL,
  FIRST_REGION_RECORD,
  keeperOf,
  type MemoryLayout,
  RECORD_BYTES,
  REGION_SLOT_SHIFT,
} from "../layout.ts";
import type { ReadyRegion } from "./background.ts";
import { entryExport } from "./compile.ts";
import { splitPlace, type UsedPage } from "./compiler.ts";
import { PLACES } from "./region.ts";
import { SHARED_FUNCTIONS, type SharedExports } from "./runtime.ts";

/** Bytes of WebAssembly that are kept; beyond, the oldest regions go. */
const MOST_BYTES = 48 * 1024 * 1024;

/** Records have sixteen bits for the place in the table. */
const MOST_SLOTS = 0xffff;

/** A way into a region. */
interface Entry {
  readonly record: number;
  readonly slot: number;
  /** By real address, in instructions. */
  readonly place: number;
}

interface Kept {
  entries: readonly Entry[];
  readonly wasmBytes: number;
}

/** What regions of one byte order are installed with. */
export interface InstalledOptions {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly table: HandlerTable;
  readonly littleEndian: boolean;
  readonly shared: SharedExports;
}

/** Keeps regions, the oldest first. */
export class InstalledRegions {
  readonly #options: InstalledOptions;
  readonly #view: DataView;
  readonly #kept: Kept[] = [];
  readonly #freeSlots: number[] = [];
  #nextSlot: number;
  #bytes = 0;

  constructor(options: InstalledOptions) {
    this.#options = options;
    this.#view = new DataView(options.memory.buffer);
    this.#nextSlot = options.table.count;
  }

  /**
   * Lets the records of a region's entries lead to it. Does nothing, and says
   * so, where the code is no longer what it was made from.
   */
  install(region: ReadyRegion): boolean {
    if (!this.#isCurrent(region)) return false;
    const instance = this.#instantiate(region.module);
    const pages = new Map(region.pages.map((page) => [page.number, page]));
    const entries: Entry[] = [];
    for (const [n, place] of region.entries.entries()) {
      const { page: number, at } = splitPlace(place);
      const page = pages.get(number);
      if (!page) continue;
      const slot = this.#takeSlot();
      const { handlers } = this.#options.shared;
      handlers.set(slot, instance.exports[entryExport(n)] as CallableFunction);
      const record = page.decoded + at * RECORD_BYTES;
      const word = this.#instruction(page, at);
      const handler = this.#options.table.decode(word, at);
      this.#view.setInt32(record + 4, word, true);
      this.#view.setUint32(record, slot * FIRST_REGION_RECORD + handler, true);
      const real = page.owner * PLACES + at;
      entries.push({ record, slot, place: real });
    }
    this.#kept.push({ entries, wasmBytes: region.wasmBytes });
    this.#bytes += region.wasmBytes;
    while (this.#bytes > MOST_BYTES) this.#dropOldest();
    return true;
  }

  #takeSlot(): number {
    const { handlers } = this.#options.shared;
    for (;;) {
      const free = this.#freeSlots.pop();
      if (free !== undefined) return free;
      if (this.#nextSlot < MOST_SLOTS) break;
      this.#dropOldest();
    }
    const slot = this.#nextSlot++;
    if (slot >= handlers.length) handlers.grow(1024);
    return slot;
  }

  /** Gives the oldest region's instructions back to the interpreter. */
  #dropOldest(): void {
    const oldest = this.#kept.shift();
    if (!oldest) throw new RangeError("Cannot drop region: there is none");
    this.#bytes -= oldest.wasmBytes;
    for (const entry of oldest.entries) this.#dropEntry(entry);
  }

  #dropEntry({ record, slot }: Entry): void {
    const there = this.#word(record);
    if (there >>> REGION_SLOT_SHIFT === slot) {
      this.#view.setUint32(record, there & (FIRST_REGION_RECORD - 1), true);
    }
    this.#options.shared.handlers.set(slot, null);
    this.#freeSlots.push(slot);
  }

  /** Gives one way in back to the interpreter; the place that it began at. */
  drop(slot: number): number | undefined {
    for (const kept of this.#kept) {
      const entry = kept.entries.find((one) => one.slot === slot);
      if (!entry) continue;
      kept.entries = kept.entries.filter((one) => one !== entry);
      this.#dropEntry(entry);
      return entry.place;
    }
    return undefined;
  }

  #word(at: number): number {
    return this.#view.getUint32(at, true);
  }

  #instruction({ owner }: UsedPage, at: number): number {
    const { layout, littleEndian } = this.#options;
    const page = layout.ram + (owner - 1) * 4096;
    return this.#view.getInt32(page + 4 * at, littleEndian);
  }

  /**
   * Whether a page is what its RAM page has been decoded to in this byte order:
   * pages of both are kept in one pool.
   */
  #isMapped({ decoded, owner }: UsedPage): boolean {
    const { layout, littleEndian } = this.#options;
    const map = keeperOf(layout, decoded)?.codeMap[littleEndian ? 1 : 0];
    return map !== undefined && this.#word(map + 4 * (owner - 1)) === decoded;
  }

  /** Whether the pages are still kept where they were, with the same words. */
  #isCurrent({ pages, words: buffer }: ReadyRegion): boolean {
    const kept = pages.every((page) =>
      this.#word(page.decoded + DECODED_PAGE_OWNER) === page.owner &&
      this.#word(page.decoded + DECODED_PAGE_SERIAL) === page.serial &&
      this.#isMapped(page)
    );
    if (!kept) return false;
    const byNumber = new Map(pages.map((page) => [page.number, page]));
    const words = new Int32Array(buffer);
    for (let i = 0; i < words.length; i += 2) {
      const { page: number, at } = splitPlace(words[i] ?? 0);
      const page = byNumber.get(number);
      if (!page || this.#instruction(page, at) !== words[i + 1]) return false;
    }
    return true;
  }

  #instantiate(module: WebAssembly.Module): WebAssembly.Instance {
    const { memory, shared } = this.#options;
    const env: Record<string, WebAssembly.ImportValue> = {
      memory,
      handlers: shared.handlers,
    };
    for (const name of SHARED_FUNCTIONS) {
      env[name] = shared[name] as WebAssembly.ImportValue;
    }
    return new WebAssembly.Instance(module, { env });
  }
}
