/**
 * Functions of the interpreter's module that regions call.
 *
 * @module
 */
import { type InterruptName, interruptNumber } from "../../interrupts.ts";
import type { Subroutine } from "../../isa/subroutine.ts";
import type { ModuleBuilder } from "../../wasm/module.ts";
import type { TypeName } from "../../wasm/opcodes.ts";
import type { Mode, Runtime } from "../emitter/frame.ts";
import type { MemoryLayout } from "../layout.ts";
import { SHARED_SUBROUTINES } from "../shared_subroutines.ts";
import { NotInlinable } from "./not_inlinable.ts";

const LOADS = [1, 2, 4, 8, 16] as const;
const STORES = [1, 2, 4, 8] as const;

/** What regions need of the interpreter's instance. */
export type SharedExports = Readonly<Record<string, unknown>> & {
  readonly handlers: WebAssembly.Table;
};

/** What regions import of the interpreter's exports. */
export const SHARED_FUNCTIONS: readonly string[] = [
  ...LOADS.map((bytes) => `load${bytes}`),
  ...STORES.map((bytes) => `store${bytes}`),
  "resolve",
  "helperBegins",
  "helperEnds",
  ...SHARED_SUBROUTINES.map(({ name }) => name),
];

/** The runtime of a module of regions: all of it is imported. */
export class RegionRuntime implements Runtime {
  readonly layout: MemoryLayout;
  readonly mode: Mode;
  readonly resolve: number;
  readonly helperBegins: number;
  readonly helperEnds: number;
  readonly #loads = new Map<number, number>();
  readonly #stores = new Map<number, number>();
  readonly #subroutines = new Map<string, number>();

  constructor(module: ModuleBuilder, layout: MemoryLayout, mode: Mode) {
    this.layout = layout;
    this.mode = mode;
    const take = (
      name: string,
      parameters: readonly TypeName[],
      results: readonly TypeName[],
    ) => module.importFunction(name, { parameters, results });
    for (const bytes of LOADS) {
      const results = bytes === 16 ? [] : ["i64" as const];
      this.#loads.set(
        bytes,
        take(`load${bytes}`, ["i32", "i64"], results),
      );
    }
    for (const bytes of STORES) {
      this.#stores.set(
        bytes,
        take(`store${bytes}`, ["i32", "i64", "i64"], []),
      );
    }
    this.resolve = take("resolve", ["i32", "i64", "i32"], ["i32"]);
    this.helperBegins = take("helperBegins", [], []);
    this.helperEnds = take("helperEnds", [], []);
    for (const { name, parameters } of SHARED_SUBROUTINES) {
      const operands = new Array<TypeName>(parameters).fill("i64");
      this.#subroutines.set(name, take(name, ["i32", ...operands], ["i64"]));
    }
  }

  loadSlow(bytes: number): number {
    return this.#loads.get(bytes) ?? this.#missing();
  }

  storeSlow(bytes: number): number {
    return this.#stores.get(bytes) ?? this.#missing();
  }

  interrupt(name: string): number {
    return interruptNumber(name as InterruptName);
  }

  get dropAll(): number {
    return this.#missing();
  }

  get dropUser(): number {
    return this.#missing();
  }

  get dropKeyed(): number {
    return this.#missing();
  }

  get dropOthers(): number {
    return this.#missing();
  }

  get dropOtherUsers(): number {
    return this.#missing();
  }

  get dropPage(): number {
    return this.#missing();
  }

  get awaitShootdown(): number {
    return this.#missing();
  }

  get timebase(): number {
    return this.#missing();
  }

  get random(): number {
    return this.#missing();
  }

  subroutine({ name }: Subroutine): number {
    return this.#subroutines.get(name) ?? this.#missing();
  }

  #missing(): never {
    throw new NotInlinable();
  }
}
