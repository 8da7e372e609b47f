/**
 * Calls of regions from the run loop, and what follows from their answers.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code } from "../../wasm/code.ts";
import { RECORD_BYTES, REGION_RESERVE, REGION_SLOT_SHIFT } from "../layout.ts";
import type { ModuleRuntime } from "../runtime.ts";
import type { LoopExits } from "./exits.ts";
import type { LoopLabels } from "./labels.ts";
import { type LoopLocals, STATE_BLOCK } from "./locals.ts";
import { RegionCounts } from "./region_counts.ts";

/** The call of a region from the loop. */
export class RegionCalls {
  readonly #code: Code;
  readonly #locals: LoopLocals;
  readonly #exits: LoopExits;
  readonly #counts: RegionCounts;
  readonly #handlerType: number;
  readonly #overruns: boolean;

  /** `overruns`: where a region would start that may not, the budget ends. */
  constructor(
    code: Code,
    { locals, exits, runtime, handlerType, overruns }: {
      locals: LoopLocals;
      exits: LoopExits;
      runtime: ModuleRuntime;
      handlerType: number;
      overruns: boolean;
    },
  ) {
    this.#code = code;
    this.#locals = locals;
    this.#exits = exits;
    this.#counts = new RegionCounts(code, { locals, runtime });
    this.#handlerType = handlerType;
    this.#overruns = overruns;
  }

  /**
   * Calls the record's region, if the budget allows, and goes on where it has
   * left off; else goes on behind this.
   */
  emit(labels: LoopLabels): void {
    const c = this.#code;
    this.#locals.pushLeft();
    c.i32(REGION_RESERVE * RECORD_BYTES);
    c.op("i32.gt_s");
    c.if(true);
    this.#locals.storeBudget();
    this.#counts.around(() => this.#call(), () => this.#pushSlot());
    this.#goOn(labels);
    c.end();
    if (this.#overruns) this.#endBudget();
  }

  #call(): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    // In place of the word: how many regions have called each other.
    c.i32(0);
    this.#locals.pushCia();
    this.#pushSlot();
    c.callIndirect(this.#handlerType);
    c.set(this.#locals.status);
    this.#locals.loadNia();
    this.#locals.loadLeft();
  }

  /** Pushes the region's place in the table of functions (i32). */
  #pushSlot(): void {
    const c = this.#code;
    c.get(this.#locals.entry);
    c.i32(REGION_SLOT_SHIFT);
    c.op("i32.shr_u");
  }

  #goOn({ raised, jump }: LoopLabels): void {
    const c = this.#code;
    this.#locals.ifStatus("region");
    c.br(jump);
    c.end();
    this.#locals.ifStatus("regionRaised");
    // As for a fetch that raises: p is 0, so delta alone is the address.
    c.i32(0);
    c.set(this.#locals.p);
    this.#locals.takeNiaAsCia();
    c.br(raised);
    c.end();
    this.#locals.ifStatus("regionExit");
    this.#exits.leaveAsSaid();
    c.end();
    this.#exits.synchronize();
    c.br(jump);
  }

  /** Leaves as at the budget's end, at an instruction not carried out. */
  #endBudget(): void {
    const c = this.#code;
    // An access that the machine has served is completed here all the same:
    // nothing else goes on before that.
    c.get(STATE_BLOCK);
    c.memory("i32.load", STATE.MMIO_DONE.offset);
    c.op("i32.eqz");
    c.if();
    this.#locals.keep();
    this.#locals.takeCiaAsNia();
    this.#exits.leave("budget");
    c.end();
  }
}
