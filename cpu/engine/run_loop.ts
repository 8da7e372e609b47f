/**
 * The interpreter's loop, one WebAssembly function.
 *
 * It reads a record (handler number, instruction word), branches by the number
 * to a handler that stands in the loop, or calls one that is a function; both
 * are emitted from the rows' meanings. A record that is not decoded yet has
 * handler number 0. Its parts are in `run_loop/`: first read `locals.ts` there.
 *
 * @module
 */
import type { Code, Label } from "../wasm/code.ts";
import type { HandlerTable } from "./handler_table.ts";
import { FIRST_REGION_RECORD } from "./layout.ts";
import { Delivery } from "./run_loop/delivery.ts";
import { LoopExits } from "./run_loop/exits.ts";
import { HandlerCalls } from "./run_loop/handler_calls.ts";
import { HotHandlers } from "./run_loop/hot_handlers.ts";
import type { LoopLabels, RecordLabels } from "./run_loop/labels.ts";
import { LoopLocals, STATE_BLOCK } from "./run_loop/locals.ts";
import { CodeLookUp } from "./run_loop/look_up.ts";
import { RegionCalls } from "./run_loop/region_calls.ts";
import type { ModuleRuntime } from "./runtime.ts";

/** Writes the function `run`. */
export class RunLoop {
  readonly #code: Code;
  readonly #runtime: ModuleRuntime;
  readonly #table: HandlerTable;
  readonly #exact: boolean;
  readonly #locals: LoopLocals;
  readonly #lookUp: CodeLookUp;
  readonly #hot: HotHandlers;
  readonly #handlers: HandlerCalls;
  readonly #regions: RegionCalls | undefined;
  readonly #delivery: Delivery;

  constructor(
    code: Code,
    runtime: ModuleRuntime,
    { table, handlerType, exact, ahead, overruns }: {
      table: HandlerTable;
      handlerType: number;
      exact: boolean;
      ahead: boolean;
      overruns: boolean;
    },
  ) {
    this.#code = code;
    this.#runtime = runtime;
    this.#table = table;
    this.#exact = exact;
    const { sixtyFour } = runtime.mode;
    const locals = new LoopLocals(code, sixtyFour);
    const exits = new LoopExits(code, { locals, runtime, ahead });
    const parts = { locals, exits, runtime, handlerType, counting: exact };
    // Regions assume 64-bit mode, and look at the budget now and then only.
    const regions = !exact && sixtyFour;
    this.#locals = locals;
    this.#lookUp = new CodeLookUp(code, parts);
    this.#hot = new HotHandlers(code, parts);
    this.#handlers = new HandlerCalls(code, parts);
    if (regions) this.#regions = new RegionCalls(code, { ...parts, overruns });
    this.#delivery = new Delivery(code, { ...parts, regions });
  }

  emit(): void {
    const c = this.#code;
    this.#locals.load();
    const outer = c.loop();
    const raised = c.block();
    const jump = c.block();
    this.#lookUp.emit(raised);
    this.#dispatch({ raised, jump });
    c.end(); // jump
    c.br(outer);
    c.end(); // raised
    this.#delivery.emit();
    c.br(outer);
    c.end(); // outer
    c.unreachable();
  }

  #dispatch(ways: LoopLabels): void {
    const c = this.#code;
    const { p, word, entry } = this.#locals;
    const dispatch = c.loop();
    const labels = { ...ways, dispatch };
    if (this.#exact) this.#checkBudget(labels);
    c.get(p);
    c.memory("i32.load", 0);
    c.set(entry);
    const again = c.loop();
    const others = c.block();
    const hot = this.#table.hot.map(() => c.block()).reverse();
    const decode = c.block();
    c.get(p);
    c.memory("i32.load", 4);
    c.set(word);
    c.get(entry);
    c.brTable([decode, ...hot], others);
    c.end(); // decode
    this.#decode(labels);
    for (const variant of this.#table.hot) {
      c.end();
      this.#hot.emit(variant, labels);
    }
    c.end(); // others
    this.#callRegion(labels, again);
    this.#handlers.emit(labels);
    c.end(); // again
    c.end(); // dispatch
  }

  /** At the budget's end, leaves through the look-up. */
  #checkBudget({ jump }: RecordLabels): void {
    const c = this.#code;
    this.#locals.pushLeft();
    c.i32(0);
    c.op("i32.le_s");
    c.if(false);
    c.i32(0);
    c.set(this.#locals.left);
    this.#locals.takeCiaAsNia();
    c.br(jump);
    c.end();
  }

  /** Handler 0: decodes the record, or leaves a page that is gone. */
  #decode({ jump, dispatch }: RecordLabels): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.get(this.#locals.p);
    c.call(this.#runtime.decodeRecord);
    c.brIf(dispatch);
    this.#locals.takeCiaAsNia();
    this.#locals.keep();
    c.br(jump);
  }

  /** If the record leads to a region, calls that, or does what it replaced. */
  #callRegion(labels: RecordLabels, again: Label): void {
    const c = this.#code;
    const { entry } = this.#locals;
    c.get(entry);
    c.i32(FIRST_REGION_RECORD);
    c.op("i32.ge_u");
    c.if(false);
    this.#regions?.emit(labels);
    // The budget ends, or the region was made for another mode: what it
    // replaced is wanted.
    c.get(entry);
    c.i32(FIRST_REGION_RECORD - 1);
    c.op("i32.and");
    c.set(entry);
    c.br(again);
    c.end();
  }
}
