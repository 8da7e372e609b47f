/**
 * Accesses as functions of a region's module, for where a region has given up
 * doing them in place: the software TLB first, then the slow path.
 *
 * @module
 */
import type { Bytes, Value } from "../../isa/ops.ts";
import type { Local } from "../../wasm/code.ts";
import type { ModuleBuilder } from "../../wasm/module.ts";
import type { Frame } from "../emitter/frame.ts";
import { Emitter } from "../emitter/mod.ts";
import type { AccessKind } from "./based_access.ts";
import type { RegionRuntime } from "./runtime.ts";

/** Parameters: the vCPU's block, effective address, value of a store. */
const [STATE_BLOCK, EA, VALUE] = [0, 1, 2];

/** Functions by kind and width, made when first asked for. */
export class CheckedAccess {
  readonly #module: ModuleBuilder;
  readonly #runtime: RegionRuntime;
  readonly #state: number;
  readonly #functions = new Map<string, number>();

  constructor(
    module: ModuleBuilder,
    { runtime, state }: { runtime: RegionRuntime; state: number },
  ) {
    this.#module = module;
    this.#runtime = runtime;
    this.#state = state;
  }

  /** With the signature of the slow path. */
  get(kind: AccessKind, bytes: Bytes): number {
    const key = `${kind} ${bytes}`;
    let index = this.#functions.get(key);
    if (index === undefined) {
      index = this.#define(kind, bytes);
      this.#functions.set(key, index);
    }
    return index;
  }

  #define(kind: AccessKind, bytes: Bytes): number {
    const isRead = kind === "read";
    const { index, code: c } = this.#module.function({
      parameters: isRead ? ["i32", "i64"] : ["i32", "i64", "i64"],
      results: isRead ? ["i64"] : [],
    });
    c.fix(STATE_BLOCK, this.#state);
    const frame: Frame = {
      code: c,
      state: STATE_BLOCK,
      word: undefined,
      pushCia() {
        throw new TypeError("Cannot push CIA: no instruction is here");
      },
      // Whoever calls looks whether anything was raised.
      leave: () => {
        if (isRead) c.i64(0);
        c.return();
      },
      jump() {
        throw new TypeError("Cannot jump: no instruction is here");
      },
    };
    const emitter = new Emitter(frame, this.#runtime);
    const parameter = (local: Local): Value => {
      c.get(local);
      return emitter.take();
    };
    if (isRead) emitter.push(emitter.load(bytes, parameter(EA)));
    else emitter.store(bytes, parameter(EA), parameter(VALUE));
    return index;
  }
}
