/**
 * Finds hot places, has their regions compiled and puts them in the way of the
 * interpreter.
 *
 * Heat is found by sampling: whenever a vCPU's budget is used up, it stands at
 * the target of a branch, most likely in a loop or a function that takes most
 * of the time.
 *
 * @module
 */
import { MSR, STATE } from "../../state.ts";
import type { Mode } from "../emitter/frame.ts";
import type { HandlerTable } from "../handler_table.ts";
import {
  CODE_TLB,
  DECODED_PAGE_OWNER,
  DECODED_PAGE_SERIAL,
  FIRST_REGION_RECORD,
  type MemoryLayout,
  RECORD_BYTES,
} from "../layout.ts";
import { entryExport } from "./compile.ts";
import {
  type CompiledRegion,
  type CompileRequest,
  RegionCompiler,
  splitPlace,
  type UsedPage,
} from "./compiler.ts";
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
  /** Samples of one place that make it hot; default 2. */
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

/** What has been seen of a page of RAM. */
interface SeenPage {
  /** Samples by place. */
  readonly samples: Map<number, number>;
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
  readonly #compiler: RegionCompiler;
  readonly #pages = new Map<number, SeenPage>();
  #slots: number;

  constructor(options: JitOptions, mode: Mode, shared: SharedExports) {
    this.#options = options;
    this.#mode = mode;
    this.#view = new DataView(options.memory.buffer);
    this.#shared = shared;
    this.#compiler = new RegionCompiler(
      options.memory,
      options.layout,
      options.table,
    );
    this.#slots = options.table.count;
  }

  /** Looks at where a vCPU stands; may have a region compiled. */
  sample(vcpu: number): void {
    const state = this.#options.layout.vcpus[vcpu]?.state;
    if (state === undefined) return;
    const nia = this.#view.getBigUint64(state + STATE.NIA.offset, true);
    const decoded = this.#decodedPage(state, nia);
    if (decoded === undefined) return;
    const place = Number(nia & 0xfffn) >> 2;
    if (this.#isInstalled(decoded, place)) return;
    const owner = this.#word(decoded + DECODED_PAGE_OWNER);
    if (owner === 0) return;
    const { samples } = this.#seen(owner);
    const count = (samples.get(place) ?? 0) + 1;
    samples.set(place, count);
    if (count < (this.#options.threshold ?? 2)) return;
    this.#compile({
      littleEndian: this.#mode.littleEndian,
      address: nia,
      codeTlb: this.#word(state + STATE.TLB_CODE.offset),
    });
  }

  #compile(request: CompileRequest): void {
    const start = performance.now();
    const region = this.#compiler.compile(request);
    if (!region) return;
    const emitted = performance.now();
    this.#install(region, new WebAssembly.Module(region.bytes));
    this.statistics.emitTime += emitted - start;
    this.statistics.compileTime += performance.now() - emitted;
  }

  #word(at: number): number {
    return this.#view.getUint32(at, true);
  }

  #seen(owner: number): SeenPage {
    let page = this.#pages.get(owner);
    if (!page) {
      page = { samples: new Map() };
      this.#pages.set(owner, page);
    }
    return page;
  }

  /** The decoded page of an address, if the code TLB has it. */
  #decodedPage(state: number, nia: bigint): number | undefined {
    const tlb = this.#word(state + STATE.TLB_CODE.offset);
    if (tlb === 0) return undefined;
    const index = Number((nia >> 12n) & BigInt(CODE_TLB.entries - 1));
    const entry = tlb + index * CODE_TLB.entryBytes;
    const tag = this.#view.getBigUint64(entry, true);
    return tag === (nia & ~0xfffn) ? this.#word(entry + 8) : undefined;
  }

  #isInstalled(decoded: number, place: number): boolean {
    return this.#word(decoded + place * RECORD_BYTES) >= FIRST_REGION_RECORD;
  }

  /** Lets the records of a region's entries lead to it, if all is as it was. */
  #install(region: CompiledRegion, module: WebAssembly.Module): void {
    if (!this.#isCurrent(region)) return;
    const { bytes, entries, words } = region;
    const instance = this.#instantiate(module);
    const pages = new Map(region.pages.map((page) => [page.number, page]));
    for (const [n, place] of entries.entries()) {
      const { page: number, at } = splitPlace(place);
      const page = pages.get(number);
      if (!page) continue;
      const slot = this.#slots++;
      const { handlers } = this.#shared;
      if (slot >= handlers.length) handlers.grow(1024);
      handlers.set(slot, instance.exports[entryExport(n)] as CallableFunction);
      const record = page.decoded + at * RECORD_BYTES;
      const word = this.#instruction(page, at);
      const handler = this.#options.table.decode(word, at);
      this.#view.setInt32(record + 4, word, true);
      this.#view.setUint32(record, slot * FIRST_REGION_RECORD + handler, true);
    }
    this.statistics.regions++;
    this.statistics.wasmBytes += bytes.length;
    this.statistics.instructions += words.length / 2;
  }

  #instruction({ owner }: UsedPage, at: number): number {
    return this.#view.getInt32(
      this.#options.layout.ram + (owner - 1) * 4096 + 4 * at,
      this.#mode.littleEndian,
    );
  }

  /** Whether the pages are still kept where they were, with the same words. */
  #isCurrent({ pages, words }: CompiledRegion): boolean {
    const kept = pages.every(({ decoded, serial, owner }) =>
      this.#word(decoded + DECODED_PAGE_OWNER) === owner &&
      this.#word(decoded + DECODED_PAGE_SERIAL) === serial
    );
    if (!kept) return false;
    const byNumber = new Map(pages.map((page) => [page.number, page]));
    for (let i = 0; i < words.length; i += 2) {
      const { page: number, at } = splitPlace(words[i] ?? 0);
      const page = byNumber.get(number);
      if (!page || this.#instruction(page, at) !== words[i + 1]) return false;
    }
    return true;
  }

  #instantiate(module: WebAssembly.Module): WebAssembly.Instance {
    const env: Record<string, WebAssembly.ImportValue> = {
      memory: this.#options.memory,
      handlers: this.#shared.handlers,
    };
    for (const name of SHARED_FUNCTIONS) {
      env[name] = this.#shared[name] as WebAssembly.ImportValue;
    }
    return new WebAssembly.Instance(module, { env });
  }
}

/** Whether a thread's mode is one that regions are made for. */
export function hasRegions(msr: bigint): boolean {
  return (msr & MSR.SF) !== 0n && (msr & (MSR.SE | MSR.BE)) === 0n;
}
