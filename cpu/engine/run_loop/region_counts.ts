/**
 * What is known of regions from their calls by the run loop: how many there
 * are, what they do, how long some of them take, why and where they come back.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import { RECORD_BYTES, REGION_RESERVE } from "../layout.ts";
import type { ModuleRuntime } from "../runtime.ts";
import { type LoopLocals, STATE_BLOCK } from "./locals.ts";

/** Of so many calls of regions the time of one is taken; a power of two. */
export const TIMED_CALLS = 16;

/** The counting and timing of a region's call. */
export class RegionCounts {
  readonly #code: Code;
  readonly #locals: LoopLocals;
  readonly #runtime: ModuleRuntime;

  constructor(
    code: Code,
    { locals, runtime }: { locals: LoopLocals; runtime: ModuleRuntime },
  ) {
    this.#code = code;
    this.#locals = locals;
    this.#runtime = runtime;
  }

  /** Counts a call, which sets NIA, `left` and status but neither p nor q. */
  around(call: () => void, pushSlot: () => void): void {
    const c = this.#code;
    const timed = this.#countCall();
    c.get(timed);
    c.if(false);
    c.call(this.#runtime.regionBegins);
    c.end();
    call();
    c.get(timed);
    c.if(false);
    pushSlot();
    this.#locals.pushDone();
    c.call(this.#runtime.regionEnds);
    c.end();
    this.#countInstructions();
    this.#countEnd();
    this.#noteWhereRegionsEnd();
  }

  /** Counts a call of a region; gives (i32) whether its time is to be taken. */
  #countCall(): Local {
    const c = this.#code;
    const timed = c.temporary("i32");
    c.get(STATE_BLOCK);
    c.memory("i32.load", STATE.REGION_CALLS.offset);
    c.set(timed);
    c.get(STATE_BLOCK);
    c.get(timed);
    c.i32(1);
    c.op("i32.add");
    c.memory("i32.store", STATE.REGION_CALLS.offset);
    c.get(timed);
    c.i32(TIMED_CALLS - 1);
    c.op("i32.and");
    c.op("i32.eqz");
    c.set(timed);
    return timed;
  }

  #countInstructions(): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.get(STATE_BLOCK);
    c.memory("i64.load", STATE.REGION_INSTRUCTIONS.offset);
    this.#locals.pushDone();
    c.op("i64.extend_i32_u");
    c.op("i64.add");
    c.memory("i64.store", STATE.REGION_INSTRUCTIONS.offset);
  }

  /** Counts, by status, why regions have come back. */
  #countEnd(): void {
    const c = this.#code;
    const counter = c.temporary("i32");
    c.get(this.#locals.status);
    c.i32(2);
    c.op("i32.shl");
    c.get(STATE_BLOCK);
    c.op("i32.add");
    c.set(counter);
    c.get(counter);
    c.get(counter);
    c.memory("i32.load", STATE.REGION_ENDS.offset);
    c.i32(1);
    c.op("i32.add");
    c.memory("i32.store", STATE.REGION_ENDS.offset);
  }

  /** What is missed shows in where regions leave for while budget is left. */
  #noteWhereRegionsEnd(): void {
    const c = this.#code;
    const { left, nia } = this.#locals;
    c.get(STATE_BLOCK);
    c.get(STATE_BLOCK);
    c.memory("i32.load", STATE.BUDGET.offset);
    c.memory("i32.store", STATE.REGION_LEFT_AT.offset);
    c.get(left);
    c.i32(REGION_RESERVE * RECORD_BYTES);
    c.op("i32.gt_s");
    c.if(true);
    c.get(STATE_BLOCK);
    c.get(nia);
    c.memory("i64.store", STATE.REGION_LEFT_FOR.offset);
    c.end();
  }
}
