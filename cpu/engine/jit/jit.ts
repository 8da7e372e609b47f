/**
 * Finds hot pages, has their regions compiled and puts them in the way of the
 * interpreter.
 *
 * Heat is found by sampling: whenever a vCPU's budget is used up, it stands at
 * the target of a branch, most likely in a loop or a function that takes most
 * of the time. A few samples in one page make it worth a region.
 *
 * @module
 */
import { Registers } from "../../registers.ts";
import { MSR, STATE } from "../../state.ts";
import type { Mode } from "../emitter/frame.ts";
import type { HandlerTable } from "../handler_table.ts";
import {
  CODE_TLB,
  DECODED_PAGE_OWNER,
  FIRST_REGION_RECORD,
  type MemoryLayout,
  RECORD_BYTES,
} from "../layout.ts";
import { emitRegion, REGION_EXPORT } from "./compile.ts";
import { InlinableRows } from "./inlinable.ts";
import { discoverRegions, PLACES, type Region } from "./region.ts";
import { SHARED_FUNCTIONS } from "./runtime.ts";

/** What regions need of the interpreter's instance. */
export type SharedExports = Readonly<Record<string, unknown>> & {
  readonly handlers: WebAssembly.Table;
};

/** What a {@linkcode Jit} works with. */
export interface JitOptions {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly table: HandlerTable;
  /** Samples in one page that make it hot; default 2. */
  readonly threshold?: number;
}

/** Figures for people. */
export interface JitStatistics {
  regions: number;
  instructions: number;
  wasmBytes: number;
  /** Milliseconds spent emitting and compiling. */
  emitTime: number;
  compileTime: number;
}

interface Page {
  samples: number;
  readonly places: Set<number>;
  /** Entries of the region that it has. */
  entries: ReadonlySet<number>;
}

/** Makes regions for one byte order of 64-bit code. */
export class Jit {
  readonly statistics: JitStatistics = {
    regions: 0,
    instructions: 0,
    wasmBytes: 0,
    emitTime: 0,
    compileTime: 0,
  };
  readonly #options: JitOptions;
  readonly #mode: Mode;
  readonly #view: DataView;
  readonly #shared: SharedExports;
  readonly #inlinable: InlinableRows;
  readonly #pages = new Map<number, Page>();
  #slots: number;

  constructor(options: JitOptions, mode: Mode, shared: SharedExports) {
    this.#options = options;
    this.#mode = mode;
    this.#view = new DataView(options.memory.buffer);
    this.#shared = shared;
    this.#inlinable = new InlinableRows(options.layout, mode);
    this.#slots = options.table.count;
  }

  /** Looks at where a vCPU stands; may compile its page. */
  sample(vcpu: number): void {
    const at = this.#options.layout.vcpus[vcpu]?.state;
    if (at === undefined) return;
    const registers = new Registers(this.#options.memory, at);
    const nia = registers.get("NIA");
    const decoded = this.#decodedPage(at, nia);
    if (decoded === undefined) return;
    const number = this.#view.getUint32(decoded + DECODED_PAGE_OWNER, true) - 1;
    if (number < 0) return;
    const place = Number(nia & 0xfffn) >> 2;
    const page = this.#page(number);
    if (page.entries.has(place) && this.#isInstalled(decoded, place)) return;
    page.samples++;
    page.places.add(place);
    if (page.samples >= (this.#options.threshold ?? 2)) {
      this.#compile(number, decoded, page);
    }
  }

  #page(number: number): Page {
    let page = this.#pages.get(number);
    if (!page) {
      page = { samples: 0, places: new Set(), entries: new Set() };
      this.#pages.set(number, page);
    }
    return page;
  }

  /** The decoded page of an address, if the code TLB has it. */
  #decodedPage(state: number, nia: bigint): number | undefined {
    const tlb = this.#view.getUint32(state + STATE.TLB_CODE.offset, true);
    const index = Number((nia >> 12n) & BigInt(CODE_TLB.entries - 1));
    const entry = tlb + index * CODE_TLB.entryBytes;
    if (tlb === 0) return undefined;
    const tag = this.#view.getBigUint64(entry, true);
    return tag === (nia & ~0xfffn)
      ? this.#view.getUint32(entry + 8, true)
      : undefined;
  }

  #isInstalled(decoded: number, place: number): boolean {
    const handler = this.#view.getUint32(
      decoded + place * RECORD_BYTES,
      true,
    );
    return handler >= FIRST_REGION_RECORD;
  }

  #compile(number: number, decoded: number, page: Page): void {
    page.samples = 0;
    const { layout, table } = this.#options;
    const from = layout.ram + number * 4096;
    const littleEndian = this.#mode.littleEndian;
    const regions = discoverRegions({
      word: (place) => this.#view.getInt32(from + 4 * place, littleEndian),
      decode: (word) => table.instruction(word),
      isInlinable: (placed) =>
        this.#inlinable.has(placed, table.decode(placed.word, placed.place)),
    }, [...page.places]);
    page.entries = new Set([
      ...page.places,
      ...regions.flatMap(({ entries }) => entries),
    ]);
    for (const region of regions) {
      const slot = this.#compileRegion(region);
      for (const place of region.entries) {
        this.#install(decoded, place, slot, from);
      }
    }
  }

  /** Gives the handler number of a new region. */
  #compileRegion(region: Region): number {
    const { layout } = this.#options;
    const start = performance.now();
    const bytes = emitRegion(region, {
      layout,
      mode: this.#mode,
    });
    const emitted = performance.now();
    const slot = this.#instantiate(new WebAssembly.Module(bytes));
    const { statistics } = this;
    statistics.regions++;
    statistics.wasmBytes += bytes.length;
    statistics.emitTime += emitted - start;
    statistics.compileTime += performance.now() - emitted;
    for (const { body } of region.blocks) {
      statistics.instructions += body.length;
    }
    return slot;
  }

  /** Lets the record at a place lead to the region. */
  #install(decoded: number, place: number, slot: number, from: number): void {
    if (place >= PLACES) return;
    const record = decoded + place * RECORD_BYTES;
    const word = this.#view.getInt32(from + 4 * place, this.#mode.littleEndian);
    const handler = this.#options.table.decode(word, place);
    this.#view.setInt32(record + 4, word, true);
    this.#view.setUint32(
      record,
      slot * FIRST_REGION_RECORD + handler,
      true,
    );
  }

  #instantiate(module: WebAssembly.Module): number {
    const env: Record<string, WebAssembly.ImportValue> = {
      memory: this.#options.memory,
      handlers: this.#shared.handlers,
    };
    const share = (name: string) => {
      env[name] = this.#shared[name] as WebAssembly.ImportValue;
    };
    for (const bytes of [1, 2, 4, 8, 16]) share(SHARED_FUNCTIONS.load(bytes));
    for (const bytes of [1, 2, 4, 8]) share(SHARED_FUNCTIONS.store(bytes));
    share(SHARED_FUNCTIONS.resolve);
    const instance = new WebAssembly.Instance(module, { env });
    const { handlers } = this.#shared;
    const slot = this.#slots++;
    if (slot >= handlers.length) handlers.grow(256);
    handlers.set(slot, instance.exports[REGION_EXPORT] as CallableFunction);
    return slot;
  }
}

/** Whether a thread's mode is one that regions are made for. */
export function hasRegions(msr: bigint): boolean {
  return (msr & MSR.SF) !== 0n && (msr & (MSR.SE | MSR.BE)) === 0n;
}
