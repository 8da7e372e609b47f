/**
 * Handlers that stand in the run loop: they branch to its labels.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code } from "../../wasm/code.ts";
import { countAccess } from "../counted.ts";
import type { Frame } from "../emitter/frame.ts";
import { emittedFields, Emitter } from "../emitter/mod.ts";
import type { ModuleRuntime } from "../runtime.ts";
import type { Variant } from "../variants.ts";
import type { RecordLabels } from "./labels.ts";
import { type LoopLocals, STATE_BLOCK } from "./locals.ts";

/** Handlers within the loop. */
export class HotHandlers {
  readonly #code: Code;
  readonly #locals: LoopLocals;
  readonly #runtime: ModuleRuntime;
  readonly #counting: boolean;

  /** `counting`: those that access storage count themselves. */
  constructor(
    code: Code,
    { locals, runtime, counting }: {
      locals: LoopLocals;
      runtime: ModuleRuntime;
      counting: boolean;
    },
  ) {
    this.#code = code;
    this.#locals = locals;
    this.#runtime = runtime;
    this.#counting = counting;
  }

  /** Writes a handler, and the way on. */
  emit({ instruction, known, local }: Variant, labels: RecordLabels): void {
    this.#code.reuse();
    const frame = local ? this.#localFrame(labels) : this.#frame(labels);
    const m = new Emitter(frame, this.#runtime);
    if (this.#counting) countAccess(m, instruction);
    instruction.execute(m, emittedFields(instruction.fields, known));
    this.#locals.advance();
    this.#code.br(labels.dispatch);
  }

  #frame({ raised, jump }: RecordLabels): Frame {
    const c = this.#code;
    const { word, nia } = this.#locals;
    return {
      code: c,
      state: STATE_BLOCK,
      word,
      pushCia: () => this.#locals.pushCia(),
      leave: (status) => {
        if (status !== "raised") {
          throw new TypeError(
            `Cannot emit hot instruction: it answers ${status}`,
          );
        }
        c.br(raised);
      },
      jump: (target) => {
        c.get(target);
        c.set(nia);
        this.#locals.spend();
        c.br(jump);
      },
    };
  }

  /** Of a branch whose target is known to be in its page. */
  #localFrame(labels: RecordLabels): Frame {
    return {
      ...this.#frame(labels),
      jumpWithinPage: (pushDisplacement) =>
        this.#jumpWithinPage(labels, pushDisplacement),
    };
  }

  #jumpWithinPage(
    { jump, dispatch }: RecordLabels,
    pushDisplacement: () => void,
  ): void {
    const c = this.#code;
    const { p, q, left, nia } = this.#locals;
    const target = c.temporary("i32");
    pushDisplacement();
    c.i32(1);
    c.op("i32.shl");
    c.get(p);
    c.op("i32.add");
    c.set(target);
    c.get(target);
    this.#locals.pushLeftBehind();
    c.op("i32.add");
    c.set(q);
    c.get(target);
    c.set(p);
    c.get(q);
    c.get(target);
    c.op("i32.gt_s");
    if (this.#runtime.layout.concurrent) {
      // Others wait for one that spins.
      c.get(STATE_BLOCK);
      c.memory("i32.atomic.load", STATE.REQUEST.offset);
      c.op("i32.eqz");
      c.op("i32.and");
    }
    c.brIf(dispatch, true);
    // The budget is used up: leave through the look-up.
    c.get(q);
    c.get(target);
    c.op("i32.sub");
    c.set(left);
    this.#locals.pushCia();
    c.set(nia);
    c.br(jump);
  }
}
