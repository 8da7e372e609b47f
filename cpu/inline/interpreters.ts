/**
 * The interpreters of one thread, by mode, and their compilers.
 *
 * @module
 */
import type { CpuModel, SingleEngine } from "../accelerator.ts";
import type { HandlerTable } from "../engine/handler_table.ts";
import { handlersOf } from "../engine/handlers_of.ts";
import {
  BackgroundCompiler,
  type RegionSupply,
} from "../engine/jit/background.ts";
import { RegionCompiler } from "../engine/jit/compiler.ts";
import { Jit, type JitStatistics } from "../engine/jit/jit.ts";
import type { SharedExports } from "../engine/jit/runtime.ts";
import { ImmediateCompiler } from "../engine/jit/supply.ts";
import { type MemoryLayout, REGION_RESERVE } from "../engine/layout.ts";
import { interpreterModule, rareModule } from "./interpreter_modules.ts";
import { MODE } from "./mode.ts";

/** Functions that an interpreter's module exports. */
export interface Interpreter {
  run(state: number, budget: number): number;
  synchronize(state: number): number;
  dropReal(state: number, page: number, bytes: number): void;
  dropCode(state: number, page: number): void;
  /** Decoded page of an address; 0 where its fetch raises. */
  fetch(state: number, address: bigint): number;
  /** Decodes a record where its page is still there. */
  decodeRecord(state: number, record: number): number;
  interrupt(state: number, number: bigint, srr1: bigint): void;
}

/** What interpreters are made of. */
export interface InterpreterOptions {
  readonly cpu: CpuModel;
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly timebase: (vcpu: number) => number;
  readonly random: () => number;
  readonly engine: SingleEngine;
  readonly jitThreshold: number;
  /** Whether regions are compiled in a thread of their own. */
  readonly jitInBackground: boolean;
  /**
   * Whether a run may go on for {@linkcode REGION_RESERVE} beyond its budget;
   * default false.
   */
  readonly overruns?: boolean;
  /** Modules that another thread has compiled. */
  readonly modules?: InterpreterModules;
}

/**
 * Compiled modules, by LE and SF as bits 0 and 1: an interpreter, and its
 * handlers of rare instructions.
 */
export type InterpreterModules = readonly (
  | { readonly common: WebAssembly.Module; readonly rare: WebAssembly.Module }
  | undefined
)[];

/** Unknown instruction words that are counted one by one. */
const UNKNOWN_WORDS = 1024;

/** Primary and extended opcode: what further words are counted by. */
const OPCODE_BITS = 0xfc00_07ff;

/** Interpreters, built when they are first needed. */
export class Interpreters {
  /** Instructions that no row describes, by word, with their counts. */
  readonly unknown = new Map<number, number>();
  readonly table: HandlerTable;
  readonly #options: InterpreterOptions;
  /** By LE, SF and exact as bits 0, 1, 2. */
  readonly #made: (Interpreter | undefined)[] = [];
  #modules: InterpreterModules | undefined;
  readonly #supply: RegionSupply | undefined;
  readonly #jit: Jit | undefined;

  constructor(options: InterpreterOptions) {
    this.#options = options;
    this.#modules = options.modules;
    const table = handlersOf(options.cpu);
    this.table = table;
    if (options.engine === "interpreter") return;
    const { memory, layout, jitThreshold: threshold } = options;
    const supply = options.jitInBackground
      ? new BackgroundCompiler(options)
      : new ImmediateCompiler(new RegionCompiler(memory, layout, table));
    this.#supply = supply;
    this.#jit = new Jit({ memory, layout, table, supply, threshold });
  }

  /** Instructions by which a run, unless it is exact, may exceed its budget. */
  get overrun(): number {
    return this.#options.overruns ? REGION_RESERVE : 0;
  }

  /** Whether what runs next is to be compiled before. */
  get isAhead(): boolean {
    return this.#jit !== undefined && this.#options.jitThreshold === 0;
  }

  /** Figures of the compiler, where there is one. */
  get jitStatistics(): JitStatistics | undefined {
    return this.#jit?.statistics;
  }

  /** Ends the compiler's thread. */
  close(): void {
    this.#supply?.close();
  }

  /** Any of those that there are: none before the first vCPU runs. */
  get any(): Interpreter | undefined {
    return this.#made.find((one) => one !== undefined);
  }

  /** Modules for 64-bit code, for threads that run the same guest. */
  get modules(): InterpreterModules {
    const { table } = this;
    const { layout, overruns = false } = this.#options;
    return this.#modules ??= [0, 1, 2, 3].map((index) => {
      if (index < 2) return undefined;
      const mode = {
        littleEndian: (index & 1) !== 0,
        sixtyFour: true,
        exact: false,
        layout,
      };
      return {
        common: interpreterModule(table, { ...mode, overruns }),
        rare: rareModule(table, mode),
      };
    });
  }

  /** The interpreter for a mode; an exact one counts every instruction. */
  get(mode: number, { exact }: { exact: boolean }): Interpreter {
    const littleEndian = (mode & MODE.littleEndian) !== 0;
    const sixtyFour = (mode & MODE.sixtyFour) !== 0;
    const index = (littleEndian ? 1 : 0) | (sixtyFour ? 2 : 0) |
      (exact ? 4 : 0);
    return this.#made[index] ??= this.#make({
      littleEndian,
      sixtyFour,
      exact,
    });
  }

  /** Lets the compiler, if it is to be ahead, see where a vCPU goes on. */
  ahead(mode: number, vcpu: number): void {
    const isWide = (mode & MODE.sixtyFour) !== 0;
    if (!this.isAhead || !isWide) return;
    this.#jit?.ahead(vcpu, (mode & MODE.littleEndian) !== 0);
  }

  /** Lets the compiler, if there is one, see where a budget has ended. */
  sample(mode: number, vcpu: number): void {
    const isWide = (mode & MODE.sixtyFour) !== 0;
    if (!this.#jit || !isWide) return;
    this.#jit.sample(vcpu, (mode & MODE.littleEndian) !== 0);
  }

  #make(
    mode: { littleEndian: boolean; sixtyFour: boolean; exact: boolean },
  ): Interpreter {
    const { memory, layout, timebase, random, overruns = false } =
      this.#options;
    const { table } = this;
    const env = {
      memory,
      decode: (word: number, place: number) => table.decode(word, place),
      timebase,
      random,
      unknown: (word: number) => this.#countUnknown(word >>> 0),
      complete: () => completeHandlers(instance),
      regionBegins: () => this.#jit?.regionBegins(),
      regionEnds: (slot: number, instructions: number) =>
        this.#jit?.regionEnds(mode.littleEndian, slot, instructions),
      helperBegins: () => this.#jit?.helperBegins(),
      helperEnds: () => this.#jit?.helperEnds(),
    };
    const made = mode.exact
      ? undefined
      : this.#modules?.[(mode.littleEndian ? 1 : 0) | (mode.sixtyFour ? 2 : 0)];
    function instantiate(module: WebAssembly.Module): WebAssembly.Instance {
      return new WebAssembly.Instance(module, { env });
    }
    function completeHandlers({ exports }: WebAssembly.Instance): void {
      const rare = instantiate(
        made?.rare ?? rareModule(table, { ...mode, layout }),
      );
      const handlers = exports.handlers as WebAssembly.Table;
      for (const [number, handler] of Object.entries(rare.exports)) {
        handlers.set(Number(number), handler as CallableFunction);
      }
    }
    const instance = instantiate(
      made?.common ??
        interpreterModule(table, {
          ...mode,
          layout,
          ahead: this.isAhead,
          overruns: overruns && !mode.exact,
        }),
    );
    const interpreter = instance.exports as unknown as Interpreter;
    if (mode.sixtyFour && !mode.exact) {
      const shared = instance.exports as unknown as SharedExports;
      this.#jit?.attach(mode.littleEndian, shared);
    }
    return interpreter;
  }

  /** A guest can invent words without end: only so many are told apart. */
  #countUnknown(word: number): void {
    const exact = this.unknown.has(word) || this.unknown.size < UNKNOWN_WORDS;
    const key = exact ? word : (word & OPCODE_BITS) >>> 0;
    this.unknown.set(key, (this.unknown.get(key) ?? 0) + 1);
  }
}
