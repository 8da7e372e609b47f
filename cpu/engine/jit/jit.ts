/**
 * Finds hot places, has their regions compiled and puts them in the way of the
 * interpreter.
 *
 * Heat is found by sampling: whenever a vCPU's budget is used up, it stands at
 * the target of a branch, most likely in a loop or a function that takes most
 * of the time. Where a region has used it up, there is nothing to be seen
 * there; but regions have left for other places before, and one that they keep
 * leaving for is where one is missing.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import { findDecodedPage } from "../code_tlb.ts";
import type { HandlerTable } from "../handler_table.ts";
import { TIMED_HELPERS } from "../helpers.ts";
import { TIMED_CALLS } from "../run_loop/region_counts.ts";
import {
  DECODED_PAGE_OWNER,
  DECODED_PAGE_SERIAL,
  FIRST_REGION_RECORD,
  type MemoryLayout,
  RECORD_BYTES,
  REGION_RESERVE,
} from "../layout.ts";
import type { Answer, RegionSupply } from "./background.ts";
import type { DecodeRecord } from "./compiler.ts";
import { InstalledRegions } from "./installed.ts";
import { usesWidePages } from "./page_sizes.ts";
import { PLACES } from "./region.ts";
import type { SharedExports } from "./runtime.ts";
import { Yields } from "./yields.ts";

/** What a {@linkcode Jit} works with. */
export interface JitOptions {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly table: HandlerTable;
  readonly supply: RegionSupply;
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
  /** Milliseconds in regions: those of some calls, times how few they are. */
  regionTime: number;
  /** The same of what regions call: handlers, and accesses that are slow. */
  helperTime: number;
  /** Ways in that were taken back, for little was done behind them. */
  unproductive: number;
  /** Defects of the compiler, as it told them last, and how often. */
  faults: number;
  fault: string | undefined;
}

/** What finds and decodes code, of an interpreter's exports. */
interface Decoder {
  /** Decoded page of an address; 0 where its fetch raises. */
  fetch(state: number, address: bigint): number;
  decodeRecord(state: number, record: number): void;
}

/** Places whose samples are counted at a time. */
const MOST_PLACES = 20_000;

/**
 * Samples, about 0.4 s, after which each counts half: what is met more rarely
 * would take minutes to pay for being compiled.
 */
const HALF_LIFE = 2048;

/** Samples of a place that never makes a region, between two attempts. */
const LONGEST_PAUSE = 10_000;

/**
 * Milliseconds that a call which regions make may seem to have taken: more is
 * most likely the host's, which did something else meanwhile, and would count
 * as often as there are calls of which the time is not taken.
 */
const LONGEST_HELPER = 0.05;

/** Makes regions of 64-bit code for one thread. */
export class Jit {
  readonly statistics: JitStatistics = {
    regions: 0,
    instructions: 0,
    wasmBytes: 0,
    emitTime: 0,
    compileTime: 0,
    regionTime: 0,
    helperTime: 0,
    unproductive: 0,
    faults: 0,
    fault: undefined,
  };
  readonly #options: JitOptions;
  readonly #view: DataView;
  /** By byte order, where there is an interpreter for it. */
  readonly #installed = new Map<boolean, InstalledRegions>();
  readonly #decoders = new Map<boolean, Decoder>();
  readonly #yields = new Map<boolean, Yields>();
  /** Samples by real address of the place, in instructions. */
  readonly #samples = new Map<number, number>();
  #looks = 0;
  /** How often a place has made no region. */
  readonly #failures = new Map<number, number>();
  /** Places for which a region has been asked for. */
  readonly #open = new Set<number>();

  constructor(options: JitOptions) {
    this.#options = options;
    this.#view = new DataView(options.memory.buffer);
  }

  #begun = 0;

  /** A call of a region begins of which the time is taken. */
  regionBegins(): void {
    this.#begun = performance.now();
  }

  /** It has come back, from the region at a place in its interpreter's table. */
  regionEnds(littleEndian: boolean, slot: number, instructions: number): void {
    const took = performance.now() - this.#begun;
    this.statistics.regionTime += TIMED_CALLS * took;
    this.#yields.get(littleEndian)?.note(slot, instructions);
  }

  #helperBegun = 0;
  /** What a call that regions make took, until it is known without it. */
  #helperTook: number | undefined;

  /** A call that a region makes begins of which the time is taken. */
  helperBegins(): void {
    this.#helperBegun = performance.now();
  }

  /** It has come back; the next such time is that of nothing. */
  helperEnds(): void {
    const took = Math.min(
      performance.now() - this.#helperBegun,
      LONGEST_HELPER,
    );
    if (this.#helperTook === undefined) {
      this.#helperTook = took;
      return;
    }
    this.statistics.helperTime += TIMED_HELPERS * (this.#helperTook - took);
    this.#helperTook = undefined;
  }

  /** Makes regions for an interpreter of 64-bit code too. */
  attach(littleEndian: boolean, shared: SharedExports): void {
    const { memory, layout, table } = this.#options;
    this.#decoders.set(littleEndian, shared as unknown as Decoder);
    this.#yields.set(littleEndian, new Yields());
    this.#installed.set(
      littleEndian,
      new InstalledRegions({ memory, layout, table, littleEndian, shared }),
    );
  }

  /**
   * Compiles what a vCPU is going to run, whether it has run before or not. An
   * answer must be there at once; a defect of the compiler is thrown.
   */
  ahead(vcpu: number, littleEndian: boolean): void {
    const state = this.#options.layout.vcpus[vcpu]?.state;
    const decoder = this.#decoders.get(littleEndian);
    if (state === undefined || !decoder) return;
    const nia = this.#view.getBigUint64(state + STATE.NIA.offset, true);
    const page = decoder.fetch(state, nia);
    if (page === 0) {
      // It raises again when the vCPU gets there.
      this.#view.setUint32(state + STATE.EXCEPTION.offset, 0, true);
      return;
    }
    const decode = (record: number) => decoder.decodeRecord(state, record);
    const record = page + (Number(nia & 0xfffn) >> 2) * RECORD_BYTES;
    // A region that begins there would be lost.
    if (this.#word(record) === 0) decode(record);
    this.#look(state, littleEndian, { at: "NIA", decode });
    if (this.statistics.fault) throw new Error(this.statistics.fault);
  }

  /** Looks at where a vCPU stands; may have a region compiled. */
  sample(vcpu: number, littleEndian: boolean): void {
    this.#takeAnswers();
    const state = this.#options.layout.vcpus[vcpu]?.state;
    if (state === undefined || !this.#installed.has(littleEndian)) return;
    const left = this.#word(state + STATE.REGION_LEFT_AT.offset) | 0;
    const inRegion = left !== 0 && left <= REGION_RESERVE;
    // A budget that may be exceeded ends where a region begins.
    const isSeen = !inRegion && this.#look(state, littleEndian, { at: "NIA" });
    if (!isSeen) this.#look(state, littleEndian, { at: "REGION_LEFT_FOR" });
    if (++this.#looks % HALF_LIFE === 0) this.#forgetHalf();
    this.#view.setBigUint64(state + STATE.REGION_LEFT_FOR.offset, 0n, true);
  }

  /**
   * Counts the place whose address a register has; gives whether it is one that
   * no region begins at.
   */
  #look(
    state: number,
    littleEndian: boolean,
    { at: register, decode }: {
      at: "NIA" | "REGION_LEFT_FOR";
      decode?: DecodeRecord;
    },
  ): boolean {
    const codeTlb = this.#word(state + STATE.TLB_CODE.offset);
    const low = this.#word(state + STATE[register].offset);
    const high = this.#word(state + STATE[register].offset + 4);
    if (register === "REGION_LEFT_FOR" && (low | high) === 0) return false;
    if (codeTlb === 0) return false;
    const decoded = findDecodedPage(this.#view, codeTlb, { low, high });
    if (decoded === undefined) return false;
    const at = (low & 0xfff) >> 2;
    const record = this.#word(decoded + at * RECORD_BYTES);
    if (record >= FIRST_REGION_RECORD) return false;
    const owner = this.#word(decoded + DECODED_PAGE_OWNER);
    if (owner === 0) return false;
    const place = owner * PLACES + at;
    const count = (this.#samples.get(place) ?? 0) + 1;
    if (this.#samples.size > MOST_PLACES) this.#samples.clear();
    this.#samples.set(place, count);
    const { threshold = 2, supply } = this.#options;
    if (count < threshold && !decode) return true;
    if (!supply.isFree || this.#open.has(place)) return true;
    this.#open.add(place);
    const address = BigInt(high) << 32n | BigInt(low);
    supply.ask({
      client: place,
      request: {
        littleEndian,
        address,
        codeTlb,
        page: {
          number: 0,
          decoded,
          serial: this.#word(decoded + DECODED_PAGE_SERIAL),
          owner,
        },
        state,
        widePages: usesWidePages(
          this.#view,
          this.#word(state + STATE.TLB_DATA.offset),
        ),
      },
      ...decode && { decode },
    });
    this.#takeAnswers();
    return true;
  }

  #forgetHalf(): void {
    this.#dropUnproductive();
    for (const [place, count] of this.#samples) {
      if (count > 1) this.#samples.set(place, count >> 1);
      else if (count >= 0) this.#samples.delete(place);
    }
  }

  /** What a region does there is not worth its call: it is left alone now. */
  #dropUnproductive(): void {
    for (const [littleEndian, yields] of this.#yields) {
      for (const slot of yields.takeUnproductive()) {
        const place = this.#installed.get(littleEndian)?.drop(slot);
        if (place === undefined) continue;
        this.#samples.set(place, -LONGEST_PAUSE);
        this.statistics.unproductive++;
      }
    }
  }

  #takeAnswers(): void {
    const { supply } = this.#options;
    for (let next = supply.take(); next; next = supply.take()) {
      const { client, request, region, fault } = next;
      if (fault !== undefined) {
        this.statistics.faults++;
        this.statistics.fault = fault;
      }
      this.#open.delete(client);
      this.#samples.set(client, -this.#pauseAfter(next));
      if (!region) continue;
      const { statistics } = this;
      statistics.emitTime += region.emitTime;
      statistics.compileTime += region.compileTime;
      const installed = this.#installed.get(request.littleEndian);
      if (!installed?.install(region)) continue;
      statistics.regions++;
      statistics.wasmBytes += region.wasmBytes;
      statistics.instructions += region.words.byteLength / 8;
    }
  }

  /**
   * Samples for which a place that has been compiled is left alone: long, if no
   * region can be entered there. Where there is none at all, its page may only
   * have been dropped meanwhile: it is tried again soon, and then ever more
   * rarely.
   */
  #pauseAfter({ client: place, request, region }: Answer): number {
    const at = Number(request.address & 0xfffn) >> 2;
    if (region) return region.entries.includes(at) ? 0 : LONGEST_PAUSE;
    const failures = this.#failures.get(place) ?? 0;
    if (this.#failures.size > MOST_PLACES) this.#failures.clear();
    this.#failures.set(place, failures + 1);
    return Math.min(2 ** failures, LONGEST_PAUSE);
  }

  #word(at: number): number {
    return this.#view.getUint32(at, true);
  }
}
