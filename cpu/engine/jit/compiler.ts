/**
 * Makes modules of regions from guest code in the shared memory. It needs
 * nothing else, so that it can work in another thread; what it has read may be
 * out of date when it is done, which whoever installs the region must look at.
 *
 * @module
 */
import { findDecodedPage } from "../code_tlb.ts";
import type { Mode } from "../emitter/frame.ts";
import type { HandlerTable } from "../handler_table.ts";
import {
  DECODED_PAGE_OWNER,
  DECODED_PAGE_SERIAL,
  FIRST_REGION_RECORD,
  keeperOf,
  type MemoryLayout,
  RECORD_BYTES,
} from "../layout.ts";
import { emitRegion } from "./compile.ts";
import { EffectsOf } from "./effects.ts";
import { discoverRegion, PLACES } from "./region.ts";

/** What is asked of a compiler. */
export interface CompileRequest {
  readonly littleEndian: boolean;
  /** Where the region is entered. */
  readonly address: bigint;
  /** The vCPU's code TLB in the context of the address. */
  readonly codeTlb: number;
  /**
   * The address's own page as it was when the region was asked for, number 0:
   * another may have its place in the code TLB by now.
   */
  readonly page?: UsedPage;
  /** Address of the vCPU's block. */
  readonly state: number;
  /** Whether the guest's data is in pages of 64 KB or more, mostly. */
  readonly widePages?: boolean;
  /** Instructions that the region may have, if fewer than usual. */
  readonly limit?: number;
}

/** A page that a region has code of. */
export interface UsedPage {
  /** Relative to the page of the address, in effective addresses. */
  readonly number: number;
  /** Address of its decoded form, and what tells it from later ones. */
  readonly decoded: number;
  readonly serial: number;
  /** Number of the RAM page, plus 1. */
  readonly owner: number;
}

/** A compiled region. */
export interface CompiledRegion {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly pages: readonly UsedPage[];
  /** Places of its entries, by number. */
  readonly entries: readonly number[];
  /** Places of its instructions, each followed by the word that was there. */
  readonly words: Int32Array<ArrayBuffer>;
}

/** Place within its page, and the page's number. */
export function splitPlace(place: number): { page: number; at: number } {
  return { page: Math.floor(place / PLACES), at: place & (PLACES - 1) };
}

/** Decodes the record at an address of the shared memory. */
export type DecodeRecord = (record: number) => void;

/** Guest code around an address, as a vCPU's code TLB maps it. */
class CodePages {
  readonly #view: DataView;
  readonly #layout: MemoryLayout;
  readonly #request: CompileRequest;
  readonly #decode: DecodeRecord | undefined;
  readonly #pages = new Map<number, UsedPage | undefined>();

  constructor(
    memory: WebAssembly.Memory,
    layout: MemoryLayout,
    request: CompileRequest,
    decode?: DecodeRecord,
  ) {
    this.#view = new DataView(memory.buffer);
    this.#layout = layout;
    this.#request = request;
    this.#decode = decode;
  }

  /** Pages that have been looked at. */
  get used(): UsedPage[] {
    return [...this.#pages.values()].flatMap((page) => page ?? []);
  }

  page(number: number): UsedPage | undefined {
    if (this.#pages.has(number)) return this.#pages.get(number);
    const page = this.#find(number);
    this.#pages.set(number, page);
    return page;
  }

  word(place: number): number | undefined {
    const { page: number, at } = splitPlace(place);
    const page = this.page(number);
    if (!page) return undefined;
    return this.#view.getInt32(
      this.#layout.ram + (page.owner - 1) * 4096 + 4 * at,
      this.#request.littleEndian,
    );
  }

  /** Whether the interpreter has carried out what is there. */
  isDecoded(place: number): boolean {
    if (this.#record(place) !== 0) return true;
    const { page: number, at } = splitPlace(place);
    const page = this.page(number);
    if (!page || !this.#decode) return false;
    this.#decode(page.decoded + at * RECORD_BYTES);
    return this.#record(place) !== 0;
  }

  /** Whether a region begins at a place. */
  isEntry(place: number): boolean {
    return this.#record(place) >= FIRST_REGION_RECORD;
  }

  #record(place: number): number {
    const { page: number, at } = splitPlace(place);
    const page = this.page(number);
    return page ? this.#word(page.decoded + at * RECORD_BYTES) : 0;
  }

  #word(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** Decoded form of a page by the code TLB. */
  #lookUp(number: number): number | undefined {
    const { address, codeTlb } = this.#request;
    const there = address + BigInt(4096 * number);
    return findDecodedPage(this.#view, codeTlb, {
      low: Number(BigInt.asUintN(32, there)),
      high: Number(BigInt.asUintN(32, there >> 32n)),
    });
  }

  #find(number: number): UsedPage | undefined {
    const known = number === 0 ? this.#request.page : undefined;
    const decoded = known?.decoded ?? this.#lookUp(number);
    if (decoded === undefined) return undefined;
    // An entry that is being written has its tag already.
    if (!keeperOf(this.#layout, decoded)) return undefined;
    const owner = this.#word(decoded + DECODED_PAGE_OWNER);
    if (owner === 0 || owner > this.#layout.ramBytes / 4096) return undefined;
    const serial = this.#word(decoded + DECODED_PAGE_SERIAL);
    // Its place may have been given to another, even of the other byte order.
    if (known && (known.owner !== owner || known.serial !== serial)) return;
    return { number, decoded, serial, owner };
  }
}

/** Compiles regions for one layout. */
export class RegionCompiler {
  readonly #memory: WebAssembly.Memory;
  readonly #layout: MemoryLayout;
  readonly #table: HandlerTable;
  readonly #effects = new Map<boolean, EffectsOf>();

  constructor(
    memory: WebAssembly.Memory,
    layout: MemoryLayout,
    table: HandlerTable,
  ) {
    this.#memory = memory;
    this.#layout = layout;
    this.#table = table;
  }

  /**
   * The region at the address; nothing where there is no instruction. With
   * `decode`, code that has never run belongs to it as well.
   */
  compile(
    request: CompileRequest,
    decode?: DecodeRecord,
  ): CompiledRegion | undefined {
    const mode: Mode = { littleEndian: request.littleEndian, sixtyFour: true };
    const pages = new CodePages(this.#memory, this.#layout, request, decode);
    const effects = this.#effectsFor(mode);
    const region = discoverRegion(
      {
        word: (place) => pages.word(place),
        decode: (word) => this.#table.instruction(word),
        effects: (instruction, word) => effects.get(instruction, word),
        isSeen: (place) => pages.isDecoded(place),
        isWanted: (place) => pages.isEntry(place),
      },
      Number(request.address & 0xfffn) >> 2,
      request.limit,
    );
    if (!region) return undefined;
    const bytes = emitRegion(region, {
      layout: this.#layout,
      mode,
      state: request.state,
      widePages: request.widePages ?? false,
      pages: new Map(pages.used.map((page) => [page.number, page])),
      handler: (word, place) => this.#table.decode(word, place),
    });
    const words = region.blocks.flatMap(({ body }) =>
      body.flatMap(({ place, word }) => [place, word])
    );
    const numbers = new Set(
      region.blocks.flatMap(({ body }) =>
        body.map(({ place }) => splitPlace(place).page)
      ),
    );
    return {
      bytes,
      pages: pages.used.filter(({ number }) => numbers.has(number)),
      entries: region.entries.map((n) => region.blocks[n]?.start ?? 0),
      words: Int32Array.from(words),
    };
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
