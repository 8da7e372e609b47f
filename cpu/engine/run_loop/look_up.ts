/**
 * From an address to a record; the budget is looked at here.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Label } from "../../wasm/code.ts";
import {
  addRecord,
  CODE_ENTRY,
  pushCodeEntry,
  pushCodeTags,
} from "../code_tlb.ts";
import { countUp } from "../count_up.ts";
import type { ModuleRuntime } from "../runtime.ts";
import type { LoopExits } from "./exits.ts";
import { type LoopLocals, STATE_BLOCK } from "./locals.ts";

/** The look-up of code. */
export class CodeLookUp {
  readonly #code: Code;
  readonly #locals: LoopLocals;
  readonly #exits: LoopExits;
  readonly #runtime: ModuleRuntime;
  readonly #counting: boolean;

  /** `counting`: adds look-ups up. */
  constructor(
    code: Code,
    { locals, exits, runtime, counting }: {
      locals: LoopLocals;
      exits: LoopExits;
      runtime: ModuleRuntime;
      counting: boolean;
    },
  ) {
    this.#code = code;
    this.#locals = locals;
    this.#exits = exits;
    this.#runtime = runtime;
    this.#counting = counting;
  }

  /** Sets p, q and delta by NIA and `left`. */
  emit(raised: Label): void {
    this.#checkBudget();
    if (this.#counting) countUp(this.#code, "CODE_LOOKUPS");
    this.#findPage(raised);
    this.#findRecord();
  }

  #checkBudget(): void {
    const c = this.#code;
    c.get(this.#locals.left);
    c.i32(0);
    c.op("i32.le_s");
    if (this.#runtime.layout.concurrent) {
      // What others ask is looked at here too, between slices by who runs.
      c.get(STATE_BLOCK);
      c.memory("i32.atomic.load", STATE.REQUEST.offset);
      c.op("i32.or");
    }
    c.if(false);
    this.#exits.leave("budget");
    c.end();
  }

  /** p := start of the decoded page. */
  #findPage(raised: Label): void {
    const c = this.#code;
    const { p, entry, nia } = this.#locals;
    pushCodeEntry(c, () => c.get(nia));
    c.set(entry);
    pushCodeTags(c, entry, nia);
    c.op("i64.eq");
    c.if(true);
    c.get(entry);
    c.memory("i32.load", CODE_ENTRY.decoded);
    c.set(p);
    c.else();
    c.get(STATE_BLOCK);
    c.get(nia);
    c.call(this.#runtime.fetch);
    c.set(p);
    c.get(p);
    c.op("i32.eqz");
    c.if(false);
    // The interrupt's address comes from p and delta: p is 0 here.
    this.#locals.takeNiaAsCia();
    c.br(raised);
    c.end();
    c.end();
  }

  /** From the page's start to the record of NIA. */
  #findRecord(): void {
    const c = this.#code;
    const { p, q, left, nia, delta } = this.#locals;
    c.get(p);
    addRecord(c, nia);
    c.set(p);
    c.get(nia);
    c.get(p);
    c.i32(1);
    c.op("i32.shr_u");
    c.op("i64.extend_i32_u");
    c.op("i64.sub");
    c.set(delta);
    c.get(p);
    c.get(left);
    c.op("i32.add");
    c.set(q);
  }
}
