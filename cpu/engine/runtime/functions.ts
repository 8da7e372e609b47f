/**
 * The functions of a module that are made as they are first asked for, and
 * what their bodies have in common.
 *
 * @module
 */
import type { Value } from "../../isa/ops.ts";
import type { Code, Local } from "../../wasm/code.ts";
import type { ModuleBuilder, Signature } from "../../wasm/module.ts";
import type { TypeName } from "../../wasm/opcodes.ts";
import type { Frame, Mode, Runtime } from "../emitter/frame.ts";
import { Emitter } from "../emitter/mod.ts";
import type { MemoryLayout, VcpuLayout } from "../layout.ts";

/** Functions that the modules import from `env`. */
export interface Imports {
  /** Handler number of an instruction word at a place (0-1023) in its page. */
  decode(word: number, place: number): number;
  /** Timebase of a vCPU's machine, below 2^53. */
  timebase(vcpu: number): number;
  /** 32 random bits. */
  random(): number;
  /** Notes an instruction that no row describes. */
  unknown(word: number): void;
  /** Puts the rare handlers into the table. */
  complete(): void;
  /** Around some calls of regions, whose time is taken. */
  regionBegins(): void;
  /** Tells the place in the table, and how many instructions are done. */
  regionEnds(slot: number, instructions: number): void;
  /** Around some calls that regions make, and once more around nothing. */
  helperBegins(): void;
  helperEnds(): void;
}

/** What is asked of a function: parameters beside the vCPU's block, results. */
export type FunctionShape = Partial<Signature>;

/** A run of equal entries in each vCPU's block. */
export interface Entries {
  /** Where it lies, in the first vCPU's block. */
  readonly at: number;
  readonly count: number;
  readonly bytes: number;
}

/** Functions by name. All take the address of the vCPU's block first. */
export class FunctionSet {
  readonly layout: MemoryLayout;
  readonly mode: Mode;
  /** The first vCPU's block; distances within it are those of all. */
  readonly vcpu: VcpuLayout;
  /** Indices of the imported functions. */
  readonly imports: Readonly<Record<keyof Imports, number>>;
  readonly #module: ModuleBuilder;
  readonly #runtime: Runtime;
  readonly #indices = new Map<string, number>();

  constructor(
    module: ModuleBuilder,
    runtime: Runtime,
    { layout, mode }: { layout: MemoryLayout; mode: Mode },
  ) {
    this.#module = module;
    this.#runtime = runtime;
    this.layout = layout;
    this.mode = mode;
    const [first] = layout.vcpus;
    if (!first) throw new RangeError("Cannot build engine: no vCPU");
    this.vcpu = first;
    const take = (
      name: keyof Imports,
      parameters: readonly TypeName[],
      results: readonly TypeName[],
    ) => module.importFunction(name, { parameters, results });
    this.imports = {
      decode: take("decode", ["i32", "i32"], ["i32"]),
      timebase: take("timebase", ["i32"], ["f64"]),
      random: take("random", [], ["i32"]),
      unknown: take("unknown", ["i32"], []),
      complete: take("complete", [], []),
      regionBegins: take("regionBegins", [], []),
      regionEnds: take("regionEnds", ["i32", "i32"], []),
      helperBegins: take("helperBegins", [], []),
      helperEnds: take("helperEnds", [], []),
    };
  }

  /** Index of a function whose body is written when it is first asked for. */
  once(
    name: string,
    write: (m: Emitter, code: Code) => void,
    { parameters = [], results = [] }: FunctionShape = {},
  ): number {
    const known = this.#indices.get(name);
    if (known !== undefined) return known;
    const { index, code } = this.#module.function({
      parameters: ["i32", ...parameters],
      results,
    });
    this.#indices.set(name, index);
    write(new Emitter(frameOf(code, results), this.#runtime), code);
    return index;
  }

  /** Pushes where something of the first vCPU's block is in this one. */
  pushAddress(c: Code, at: number): void {
    c.get(0);
    c.i32(at - this.vcpu.state);
    c.op("i32.add");
  }

  /** Runs `body` with each entry's address in the local `entry`. */
  forEachEntry(
    c: Code,
    { at, count, bytes }: Entries,
    body: (entry: Local) => void,
  ): void {
    const entry = c.temporary("i32");
    const end = c.temporary("i32");
    this.pushAddress(c, at);
    c.set(entry);
    c.get(entry);
    c.i32(bytes * count);
    c.op("i32.add");
    c.set(end);
    const again = c.loop();
    body(entry);
    c.get(entry);
    c.i32(bytes);
    c.op("i32.add");
    c.set(entry);
    c.get(entry);
    c.get(end);
    c.op("i32.ne");
    c.brIf(again);
    c.end();
  }

  /**
   * Runs `body` with the address of each vCPU's block in the local, whoever
   * calls: it may be a thread that runs none.
   */
  forEachVcpu(c: Code, body: (block: Local) => void): void {
    const { vcpus } = this.layout;
    const [first, second] = vcpus;
    if (!first) return;
    const block = c.temporary("i32");
    c.i32(first.state);
    c.set(block);
    if (!second) return body(block);
    const stride = second.state - first.state;
    const again = c.loop();
    body(block);
    c.get(block);
    c.i32(stride);
    c.op("i32.add");
    c.set(block);
    c.get(block);
    c.i32(first.state + stride * vcpus.length);
    c.op("i32.ne");
    c.brIf(again);
    c.end();
  }
}

/** A parameter (i64) of the function that is written. */
export function parameter(m: Emitter, index: number): Value {
  m.code.get(index);
  return m.take();
}

/** Whether an access of so many bytes goes on in the next page. */
export function crossesPage(m: Emitter, ea: Value, bytes: number) {
  return m.ltUnsigned(
    m.const(4096 - bytes),
    m.and(ea, m.const(4095)),
  );
}

/** Such a function can raise, and nothing else of what a handler can. */
function frameOf(code: Code, results: readonly TypeName[]): Frame {
  const refuse = (): never => {
    throw new TypeError("Cannot branch or exit: in a subroutine");
  };
  return {
    code,
    state: 0,
    word: undefined,
    pushCia: refuse,
    jump: refuse,
    leave(status) {
      if (status !== "raised") refuse();
      for (const type of results) {
        if (type === "i64") code.i64(0);
        else code.i32(0);
      }
      code.return();
    },
  };
}
