/**
 * Which instructions can stand in a region, found by emitting them once.
 *
 * @module
 */
import { Code } from "../../wasm/code.ts";
import { ModuleBuilder } from "../../wasm/module.ts";
import { emittedFields } from "../emitter/mod.ts";
import type { Mode } from "../emitter/frame.ts";
import type { MemoryLayout } from "../layout.ts";
import { NotInlinable, RegionEmitter } from "./emitter.ts";
import type { Placed } from "./region.ts";
import { RegionRegisters } from "./registers.ts";
import { RegionRuntime } from "./runtime.ts";

/** Bytes of WebAssembly beyond which an instruction is better called. */
const SIZE_LIMIT = 1200;

const ALL_FIELDS: ReadonlySet<number> = new Set([0, 1, 2, 3, 4, 5, 6, 7]);

/** Answers for rows, remembered by whatever key the caller has for a row. */
export class InlinableRows {
  readonly #layout: MemoryLayout;
  readonly #mode: Mode;
  readonly #known = new Map<number, boolean>();

  constructor(layout: MemoryLayout, mode: Mode) {
    this.#layout = layout;
    this.#mode = mode;
  }

  /** Whether an instruction, whose handler has this number, is inlinable. */
  has(placed: Placed, handler: number): boolean {
    let answer = this.#known.get(handler);
    if (answer === undefined) {
      answer = this.#probe(placed);
      this.#known.set(handler, answer);
    }
    return answer;
  }

  #probe({ instruction, known }: Placed): boolean {
    const module = new ModuleBuilder({ initial: 1, maximum: 1 });
    const code = new Code(["i32", "i32", "i64"]);
    const emitter = new RegionEmitter(
      {
        code,
        state: 0,
        word: undefined,
        pushCia: () => code.get(2),
        jump: () => {},
        leave(status) {
          if (status !== "raised") throw new NotInlinable();
        },
      },
      new RegionRuntime(module, this.#layout, this.#mode),
      {
        registers: new RegionRegisters(code, ALL_FIELDS),
        control: { branch() {}, stored() {} },
      },
    );
    try {
      instruction.execute(emitter, emittedFields(instruction.fields, known));
    } catch (error) {
      if (error instanceof NotInlinable) return false;
      throw error;
    }
    return code.bytes.length <= SIZE_LIMIT;
  }
}
