/**
 * Functions that every module of the wasm engines has: the slow paths of
 * memory accesses, instruction fetch, invalidation, context synchronisation.
 *
 * @module
 */
import { type InterruptName, interruptNumber } from "../interrupts.ts";
import type { Subroutine } from "../isa/subroutine.ts";
import type { ModuleBuilder } from "../wasm/module.ts";
import type { TypeName } from "../wasm/opcodes.ts";
import type { Mode, Runtime } from "./emitter/frame.ts";
import type { MemoryLayout } from "./layout.ts";
import { decodeRecord, dropCode } from "./runtime/decoded_pages.ts";
import {
  awaitShootdown,
  dropOthers,
  dropRealOfAll,
  purgePage,
} from "./runtime/coherence.ts";
import {
  dropAll,
  dropKeyed,
  dropPage,
  dropReal,
  dropUser,
} from "./runtime/drops.ts";
import { fetchPage } from "./runtime/fetch_page.ts";
import { FunctionSet, parameter } from "./runtime/functions.ts";
import { loadSlow, resolve, storeSlow } from "./runtime/memory.ts";
import { interruptNow, synchronize } from "./runtime/synchronize.ts";
import { readTimebase } from "./runtime/timebase.ts";

export type { Imports } from "./runtime/functions.ts";
export { MMIO_EXCEPTION } from "./runtime/memory.ts";
export { SYNCHRONIZED } from "./runtime/synchronize.ts";

/** The common functions of a module, by index; built as they are asked for. */
export class ModuleRuntime implements Runtime {
  readonly layout: MemoryLayout;
  readonly mode: Mode;
  readonly #functions: FunctionSet;

  constructor(module: ModuleBuilder, layout: MemoryLayout, mode: Mode) {
    this.layout = layout;
    this.mode = mode;
    this.#functions = new FunctionSet(module, this, { layout, mode });
  }

  /** Import that finds the handler of an instruction word. */
  get decode(): number {
    return this.#functions.imports.decode;
  }

  /** Import that notes an unknown instruction. */
  get unknown(): number {
    return this.#functions.imports.unknown;
  }

  /** Imports that take the time of a region. */
  get regionBegins(): number {
    return this.#functions.imports.regionBegins;
  }

  get regionEnds(): number {
    return this.#functions.imports.regionEnds;
  }

  /** Imports that take the time of what a region calls. */
  get helperBegins(): number {
    return this.#functions.imports.helperBegins;
  }

  get helperEnds(): number {
    return this.#functions.imports.helperEnds;
  }

  /** Import that puts the rare handlers into the table. */
  get complete(): number {
    return this.#functions.imports.complete;
  }

  interrupt(name: string): number {
    return interruptNumber(name as InterruptName);
  }

  subroutine(subroutine: Subroutine): number {
    const parameters = new Array<TypeName>(subroutine.parameters).fill("i64");
    return this.#functions.once(`subroutine ${subroutine.name}`, (m) => {
      const args = parameters.map((_, i) => parameter(m, i + 1));
      m.push(subroutine.body(m, ...args));
    }, { parameters, results: ["i64"] });
  }

  loadSlow(bytes: 1 | 2 | 4 | 8 | 16): number {
    return loadSlow(this.#functions, bytes);
  }

  storeSlow(bytes: 1 | 2 | 4 | 8): number {
    return storeSlow(this.#functions, bytes);
  }

  get resolve(): number {
    return resolve(this.#functions);
  }

  get dropAll(): number {
    return dropAll(this.#functions);
  }

  get dropUser(): number {
    return dropUser(this.#functions);
  }

  get dropKeyed(): number {
    return dropKeyed(this.#functions);
  }

  get dropOthers(): number {
    return dropOthers(this.#functions, "all");
  }

  get dropOtherUsers(): number {
    return dropOthers(this.#functions, "users");
  }

  get dropPage(): number {
    return dropPage(this.#functions);
  }

  get awaitShootdown(): number {
    return awaitShootdown(this.#functions);
  }

  /**
   * (state, RAM page, bytes): forgets translations that lead there; of all
   * vCPUs, and state is 0, where they may run in threads of their own.
   */
  get dropReal(): number {
    const { layout } = this;
    return layout.concurrent
      ? dropRealOfAll(this.#functions)
      : dropReal(this.#functions);
  }

  get timebase(): number {
    return readTimebase(this.#functions);
  }

  get random(): number {
    return this.#functions.once("random", (_m, c) => {
      for (const shift of [0, 32]) {
        c.call(this.#functions.imports.random);
        c.op("i64.extend_i32_u");
        c.i64(shift);
        c.op("i64.shl");
      }
      c.op("i64.or");
    }, { results: ["i64"] });
  }

  /** (state, RAM page): forgets what was decoded from it; as `dropReal`. */
  get dropCode(): number {
    const { layout } = this;
    return layout.concurrent
      ? purgePage(this.#functions)
      : dropCode(this.#functions);
  }

  /** (state, address) → decoded page, 0 where its fetch raises. */
  get fetch(): number {
    return fetchPage(this.#functions);
  }

  /** (state, record) → 1 where it is decoded now, 0: fetch again. */
  get decodeRecord(): number {
    return decodeRecord(this.#functions);
  }

  /** (state) → {@linkcode SYNCHRONIZED}. */
  get synchronize(): number {
    return synchronize(this.#functions);
  }

  /** (state, number, SRR1 bits): takes an interrupt between instructions. */
  get interruptNow(): number {
    return interruptNow(this.#functions);
  }
}
