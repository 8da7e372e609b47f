/**
 * Makes modules of regions from copies of guest pages: all that it needs to
 * know is in the request, so that it can work in another thread.
 *
 * @module
 */
import type { Mode } from "../emitter/frame.ts";
import type { HandlerTable } from "../handler_table.ts";
import type { MemoryLayout } from "../layout.ts";
import { emitRegion } from "./compile.ts";
import { EffectsOf } from "./effects.ts";
import { discoverRegion, PLACES, type Region } from "./region.ts";

/** A page of guest code as the vCPU sees it. */
export interface PageCopy {
  /** Relative to the page of the entry, in effective addresses. */
  readonly number: number;
  /** Address of its decoded form, and what tells it from later ones. */
  readonly decoded: number;
  readonly serial: number;
  /** Its instruction words, in the guest's order. */
  readonly words: Int32Array<ArrayBuffer>;
  /** Places of it that have been seen to be jumped to. */
  readonly wanted: readonly number[];
}

/** What is asked of a compiler. */
export interface CompileRequest {
  readonly littleEndian: boolean;
  /** Place in page 0 at which the region is entered. */
  readonly entry: number;
  readonly pages: readonly PageCopy[];
}

/** A compiled region. */
export interface CompiledRegion {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Places of its entries, by number. */
  readonly entries: readonly number[];
  /** Places of the instructions that went into it. */
  readonly places: Int32Array<ArrayBuffer>;
}

/** Compiles regions for one layout. */
export class RegionCompiler {
  readonly #layout: MemoryLayout;
  readonly #table: HandlerTable;
  readonly #effects = new Map<boolean, EffectsOf>();

  constructor(layout: MemoryLayout, table: HandlerTable) {
    this.#layout = layout;
    this.#table = table;
  }

  /** The region at the entry; nothing where there is no instruction. */
  compile(request: CompileRequest): CompiledRegion | undefined {
    const mode: Mode = { littleEndian: request.littleEndian, sixtyFour: true };
    const region = this.#discover(request, mode);
    if (!region) return undefined;
    const bytes = emitRegion(region, {
      layout: this.#layout,
      mode,
      pages: new Map(request.pages.map((page) => [page.number, page])),
      handler: (word, place) => this.#table.decode(word, place),
    });
    return {
      bytes,
      entries: region.entries.map((n) => region.blocks[n]?.start ?? 0),
      places: Int32Array.from(
        region.blocks.flatMap(({ body }) => body.map(({ place }) => place)),
      ),
    };
  }

  #discover(
    { pages, entry }: CompileRequest,
    mode: Mode,
  ): Region | undefined {
    const byNumber = new Map(pages.map((page) => [page.number, page]));
    const wanted = new Set(
      pages.flatMap((page) =>
        page.wanted.map((place) => page.number * PLACES + place)
      ),
    );
    const effects = this.#effectsFor(mode);
    return discoverRegion({
      word: (place) =>
        byNumber.get(Math.floor(place / PLACES))?.words[place & (PLACES - 1)],
      decode: (word) => this.#table.instruction(word),
      effects: (instruction, word) => effects.get(instruction, word),
      isWanted: (place) => wanted.has(place),
    }, entry);
  }

  #effectsFor(mode: Mode): EffectsOf {
    let effects = this.#effects.get(mode.littleEndian);
    if (!effects) {
      effects = new EffectsOf(this.#layout, mode);
      this.#effects.set(mode.littleEndian, effects);
    }
    return effects;
  }
}
