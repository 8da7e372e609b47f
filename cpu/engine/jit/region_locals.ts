/**
 * Parameters and locals of a region's function that all of its parts use.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import type { Signature } from "../../wasm/module.ts";
import { REGION_RESERVE } from "../layout.ts";

/** (state, entry, depth of calls, address of the region's page) → status. */
export const REGION: Signature = {
  parameters: ["i32", "i32", "i32", "i64"],
  results: ["i32"],
};

/** Parameters. */
export const [STATE_BLOCK, ENTRY, DEPTH, BASE] = [0, 1, 2, 3];

/** The locals, and code that is about nothing else. */
export class RegionLocals {
  /** i32: the status that the region is going to answer. */
  readonly status: Local;
  /** i32: the context's data TLB. */
  readonly dataTlb: Local;
  readonly #code: Code;
  /** What is left of the budget. */
  readonly #left: Local;
  /** How often code had been dropped when the region was entered. */
  readonly #drops: Local;

  constructor(code: Code) {
    this.#code = code;
    this.#left = code.local("i32");
    this.status = code.local("i32");
    this.dataTlb = code.local("i32");
    this.#drops = code.local("i32");
  }

  /** Where the function begins. */
  load(): void {
    this.loadBudget();
    this.#load("TLB_DATA", this.dataTlb);
    this.#load("CODE_DROPS", this.#drops);
  }

  loadBudget(): void {
    this.#load("BUDGET", this.#left);
  }

  #load(name: "BUDGET" | "TLB_DATA" | "CODE_DROPS", into: Local): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.memory("i32.load", STATE[name].offset);
    c.set(into);
  }

  /** Takes instructions from the budget. */
  count(instructions: number): void {
    if (instructions === 0) return;
    const c = this.#code;
    c.get(this.#left);
    c.i32(instructions);
    c.op("i32.sub");
    c.set(this.#left);
  }

  /** Stores the budget; what `pushDone` pushes is not counted yet. */
  storeBudget(pushDone?: () => void): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.get(this.#left);
    if (pushDone) {
      pushDone();
      c.op("i32.sub");
    }
    c.memory("i32.store", STATE.BUDGET.offset);
  }

  /** Pushes whether only the interpreter's part of the budget is left (i32). */
  pushIsSpent(): void {
    const c = this.#code;
    c.get(this.#left);
    c.i32(REGION_RESERVE);
    c.op("i32.le_s");
  }

  /** Pushes whether code has been dropped since the region was entered (i32). */
  pushIsDropped(): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.memory("i32.load", STATE.CODE_DROPS.offset);
    c.get(this.#drops);
    c.op("i32.ne");
  }

  /** Pushes the address of a place (i64). */
  pushAddress(place: number): void {
    const c = this.#code;
    c.get(BASE);
    if (place === 0) return;
    c.i64(4 * place);
    c.op("i64.add");
  }

  /** Answers the status. */
  return(): void {
    this.#code.get(this.status);
    this.#code.return();
  }
}
