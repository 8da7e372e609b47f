/**
 * Where `run` returns: with NIA and what is left of the budget in the vCPU's
 * block, and with the reason.
 *
 * @module
 */
import { exitNumber, type ExitReason } from "../../exits.ts";
import { STATE } from "../../state.ts";
import type { Code } from "../../wasm/code.ts";
import type { ModuleRuntime } from "../runtime.ts";
import { type LoopLocals, STATE_BLOCK } from "./locals.ts";

/** The ways out of the loop. */
export class LoopExits {
  readonly #code: Code;
  readonly #locals: LoopLocals;
  readonly #runtime: ModuleRuntime;
  readonly #ahead: boolean;

  /** `ahead`: leaves wherever MSR may have changed. */
  constructor(
    code: Code,
    { locals, runtime, ahead }: {
      locals: LoopLocals;
      runtime: ModuleRuntime;
      ahead: boolean;
    },
  ) {
    this.#code = code;
    this.#locals = locals;
    this.#runtime = runtime;
    this.#ahead = ahead;
  }

  /** Leaves at NIA. */
  leave(reason: ExitReason): void {
    this.#leave(() => this.#code.i32(exitNumber(reason)));
  }

  /** Leaves at NIA, for the reason that is in EXIT. */
  leaveAsSaid(): void {
    const c = this.#code;
    this.#leave(() => {
      c.get(STATE_BLOCK);
      c.memory("i32.load", STATE.EXIT.offset);
    });
  }

  #leave(pushReason: () => void): void {
    this.#locals.storeNia();
    this.#locals.storeLeft();
    pushReason();
    this.#code.return();
  }

  /** After MSR has changed; NIA is in its register. */
  synchronize(): void {
    const c = this.#code;
    const { status } = this.#locals;
    c.get(STATE_BLOCK);
    c.call(this.#runtime.synchronize);
    c.set(status);
    this.#locals.loadNia();
    c.get(status);
    if (this.#ahead) {
      // What comes next may not be compiled yet.
      c.i32(1);
      c.op("i32.or");
    }
    c.if(false);
    this.leave("mode");
    c.end();
  }
}
