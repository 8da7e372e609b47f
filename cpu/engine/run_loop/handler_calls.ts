/**
 * Calls of handlers that are functions of their own, and what follows from
 * their answers.
 *
 * @module
 */
import type { Code } from "../../wasm/code.ts";
import type { LoopExits } from "./exits.ts";
import type { RecordLabels } from "./labels.ts";
import { type LoopLocals, STATE_BLOCK } from "./locals.ts";

/** The call of a handler from the loop. */
export class HandlerCalls {
  readonly #code: Code;
  readonly #locals: LoopLocals;
  readonly #exits: LoopExits;
  readonly #handlerType: number;

  constructor(
    code: Code,
    { locals, exits, handlerType }: {
      locals: LoopLocals;
      exits: LoopExits;
      handlerType: number;
    },
  ) {
    this.#code = code;
    this.#locals = locals;
    this.#exits = exits;
    this.#handlerType = handlerType;
  }

  /** Calls the record's handler, and goes on. */
  emit({ raised, jump, dispatch }: RecordLabels): void {
    const c = this.#code;
    const { word, entry, status } = this.#locals;
    this.#locals.storeBudget();
    c.get(STATE_BLOCK);
    c.get(word);
    this.#locals.pushCia();
    c.get(entry);
    c.callIndirect(this.#handlerType);
    c.set(status);
    c.get(status);
    c.op("i32.eqz");
    c.if(true);
    this.#locals.advance();
    c.br(dispatch);
    c.end();
    this.#locals.ifStatus("raised");
    c.br(raised);
    c.end();
    this.#locals.spend();
    this.#locals.loadNia();
    this.#locals.ifStatus("jump");
    c.br(jump);
    c.end();
    this.#locals.ifStatus("exit");
    this.#exits.leaveAsSaid();
    c.end();
    this.#exits.synchronize();
    c.br(jump);
  }
}
