/**
 * What becomes of an instruction that has raised: its interrupt is taken, or
 * `run` leaves for the machine's help.
 *
 * @module
 */
import { deliver } from "../../interrupts.ts";
import { MSR, STATE } from "../../state.ts";
import type { Code } from "../../wasm/code.ts";
import { countUp } from "../count_up.ts";
import { MMIO_EXCEPTION, type ModuleRuntime } from "../runtime.ts";
import type { LoopExits } from "./exits.ts";
import { type LoopLocals, STATE_BLOCK } from "./locals.ts";

/** The delivery of what is in EXCEPTION. */
export class Delivery {
  readonly #code: Code;
  readonly #locals: LoopLocals;
  readonly #exits: LoopExits;
  readonly #runtime: ModuleRuntime;
  readonly #regions: boolean;

  /** `regions`: notes where one that has raised leaves for. */
  constructor(
    code: Code,
    { locals, exits, runtime, regions }: {
      locals: LoopLocals;
      exits: LoopExits;
      runtime: ModuleRuntime;
      regions: boolean;
    },
  ) {
    this.#code = code;
    this.#locals = locals;
    this.#exits = exits;
    this.#runtime = runtime;
    this.#regions = regions;
  }

  /** Sets NIA and `left`, or leaves. */
  emit(): void {
    const c = this.#code;
    const { status } = this.#locals;
    c.get(STATE_BLOCK);
    c.memory("i32.load", STATE.EXCEPTION.offset);
    c.set(status);
    c.get(STATE_BLOCK);
    c.i32(0);
    c.memory("i32.store", STATE.EXCEPTION.offset);
    this.#askMachine();
    this.#checkstop();
    this.#locals.spend();
    countUp(c, "INTERRUPTS");
    this.#takeInterrupt();
    if (this.#regions) this.#noteWhereRegionsLeave();
    this.#exits.synchronize();
  }

  /** An access to a device is the machine's; the instruction begins anew. */
  #askMachine(): void {
    const c = this.#code;
    const { status, nia } = this.#locals;
    c.get(status);
    c.i32(MMIO_EXCEPTION);
    c.op("i32.eq");
    c.if();
    this.#locals.pushCia();
    c.set(nia);
    this.#locals.keep();
    this.#exits.leaveAsSaid();
    c.end();
  }

  /** A machine check while MSR[ME] = 0 ends the thread (Book III 7.5.2). */
  #checkstop(): void {
    const c = this.#code;
    const { status, nia } = this.#locals;
    c.get(status);
    c.i32(this.#runtime.interrupt("machineCheck"));
    c.op("i32.eq");
    c.get(STATE_BLOCK);
    c.memory("i32.load", STATE.MSR.offset);
    c.i32(Number(MSR.ME));
    c.op("i32.and");
    c.op("i32.eqz");
    c.op("i32.and");
    c.if(false);
    this.#locals.pushCia();
    c.set(nia);
    this.#locals.spend();
    this.#exits.leave("checkstop");
    c.end();
  }

  #takeInterrupt(): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.get(STATE_BLOCK);
    c.get(this.#locals.status);
    c.op("i64.extend_i32_u");
    this.#locals.pushCia();
    c.get(STATE_BLOCK);
    c.memory("i64.load", STATE.EXCEPTION_SRR1.offset);
    c.call(this.#runtime.subroutine(deliver));
    c.memory("i64.store", STATE.NIA.offset);
  }

  /** A region leaves for the handler, not for the instruction that raised. */
  #noteWhereRegionsLeave(): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.get(STATE_BLOCK);
    c.memory("i64.load", STATE.NIA.offset);
    c.memory("i64.store", STATE.REGION_LEFT_FOR.offset);
  }
}
