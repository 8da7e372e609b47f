/**
 * What an instruction does to the registers that regions keep in locals, and
 * whether a region does it itself or calls the interpreter's handler.
 *
 * @module
 */
import { extractField } from "../../isa/forms.ts";
import type { Instruction } from "../../isa/row.ts";
import { Code } from "../../wasm/code.ts";
import { ModuleBuilder } from "../../wasm/module.ts";
import { emittedFields } from "../emitter/mod.ts";
import type { Mode } from "../emitter/frame.ts";
import type { MemoryLayout } from "../layout.ts";
import { trace } from "../tracer.ts";
import type { BasedAccess } from "./based_access.ts";
import { isBranch } from "./branches.ts";
import { RegionEmitter } from "./emitter.ts";
import { NotInlinable } from "./not_inlinable.ts";
import {
  CACHED,
  FIELDS,
  GPRS,
  NO_USES,
  only,
  RegionRegisters,
  type RegionUses,
  REGISTER,
  type RegisterSet,
} from "./registers.ts";
import { RegionRuntime } from "./runtime.ts";

/** Bytes of WebAssembly beyond which an instruction is better called. */
const SIZE_LIMIT = 1200;

/** What an instruction does to a region's registers. */
export interface Effects extends RegionUses {
  /** Emitted into the region; otherwise its handler is called. */
  readonly inline: boolean;
  /** Registers whose value matters, those that may be left alone included. */
  readonly reads: RegisterSet;
  readonly writes: RegisterSet;
  /** Of those, the ones written only under a condition. */
  readonly maybe: RegisterSet;
  /** Its access by way of a base register, if it makes one and no other. */
  readonly access?: BasedAccess | undefined;
}

/** Works effects out, and remembers them. */
export class EffectsOf {
  /** Numbers of functions, the same in every module of regions. */
  readonly #runtime: RegionRuntime;
  /** By instruction word. */
  readonly #known = new Map<number, Effects>();
  /** By row: those that are always called. */
  readonly #called = new Set<Instruction>();

  constructor(layout: MemoryLayout, mode: Mode) {
    const module = new ModuleBuilder({ initial: 1, maximum: 1 });
    this.#runtime = new RegionRuntime(module, layout, mode);
  }

  /** What the instruction with all these operands does. */
  get(instruction: Instruction, word: number): Effects {
    let effects = this.#known.get(word);
    if (!effects) {
      effects = this.#emit(instruction, word) ?? traced(instruction, word);
      if (this.#known.size > 100_000) this.#known.clear();
      this.#known.set(word, effects);
    }
    return effects;
  }

  /** Emits the instruction to see what it does; nothing where it cannot. */
  #emit(instruction: Instruction, word: number): Effects | undefined {
    if (this.#called.has(instruction)) return undefined;
    const code = new Code(["i32", "i32", "i64"]);
    const registers = new RegionRegisters(code, NO_USES, 0);
    const emitter = new RegionEmitter(
      {
        code,
        state: 0,
        word: undefined,
        knownWord: word,
        pushCia: () => code.get(2),
        jump() {
          // A region counts branches as it meets them, nothing else that jumps.
          if (!isBranch(instruction)) throw new NotInlinable();
        },
        leave(status) {
          if (status !== "raised") throw new NotInlinable();
        },
        slowly() {},
      },
      this.#runtime,
      { registers, control: { branch() {} } },
    );
    try {
      const known = fieldsOf(instruction, word);
      instruction.execute(emitter, emittedFields(instruction.fields, known));
    } catch (error) {
      if (!(error instanceof NotInlinable)) throw error;
      if (!dependsOnFields(instruction)) this.#called.add(instruction);
      return undefined;
    }
    if (code.bytes.length > SIZE_LIMIT) return undefined;
    const { notes } = registers;
    return {
      ...notes,
      inline: true,
      computed: false,
      reads: notes.reads | notes.maybe,
      writes: notes.writes | notes.maybe,
      access: emitter.accesses === 1 ? emitter.lastAccess : undefined,
    };
  }
}

/** Whether some forms of a row can stand in a region where others cannot. */
function dependsOnFields({ options, name }: Instruction): boolean {
  return options.fixed !== undefined || /^(mtocrf|mtcrf|sync)/.test(name);
}

/** Operand fields of an instruction by number. */
export function fieldsOf(
  { fields }: Instruction,
  word: number,
): Map<string, number> {
  const known = new Map<string, number>();
  for (const [name, field] of fields) {
    known.set(name, extractField(field, word));
  }
  return known;
}

/** Effects of a handler, from what its meaning may touch on any path. */
function traced(instruction: Instruction, word: number): Effects {
  const { reads, writes } = trace(instruction, { word });
  const known = fieldsOf(instruction, word);
  const set = (names: ReadonlySet<string>) => {
    let out = 0n;
    for (const name of names) out |= registersOf(name, known);
    return out;
  };
  const written = set(writes);
  // What it does not write after all is loaded again as it was.
  return {
    inline: false,
    reads: set(reads) | written,
    writes: written,
    maybe: 0n,
    values: written & FIELDS,
    numbers: 0n,
    vectors: 0n,
    computed: [...reads, ...writes].some((name) =>
      /^(FPR|VSR|VR)\[\*\]$/.test(name)
    ),
  };
}

/** Registers that a name of {@linkcode trace} stands for. */
function registersOf(
  name: string,
  known: ReadonlyMap<string, number>,
): RegisterSet {
  const field = (text: string) => known.get(text) ?? Number(text);
  const gpr = /^GPR\[([^|\]]+)(?:\|0)?\]$/.exec(name)?.[1];
  if (gpr === "*") return GPRS;
  if (gpr !== undefined) return only(REGISTER.gpr(field(gpr)));
  const vsr = /^(FPR|VSR|VR)\[([^\]]+)\]$/.exec(name);
  if (vsr?.[2] === "*") return 0n;
  if (vsr) {
    const n = field(vsr[2] ?? "") + (vsr[1] === "VR" ? 32 : 0);
    return only(REGISTER.vsr(n));
  }
  if (name === "FPSCR") return only(REGISTER.fpscr);
  if (name === "CR") return FIELDS;
  const cr = /^CR\[(.+)\]$/.exec(name)?.[1];
  if (cr !== undefined) return only(REGISTER.crField(field(cr)));
  const bit = /^CR\{(.+)\}$/.exec(name)?.[1];
  if (bit !== undefined) return only(REGISTER.crField(field(bit) >> 2));
  const cached = CACHED.find((one) => one === name);
  return cached === undefined ? 0n : only(REGISTER.cached(cached));
}
