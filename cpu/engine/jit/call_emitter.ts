/**
 * Calls out of a region: WebAssembly's, with the return address compared.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code } from "../../wasm/code.ts";
import { STATUS } from "../emitter/frame.ts";
import type { Placed } from "./blocks.ts";
import { DEPTH, type RegionLocals, STATE_BLOCK } from "./region_locals.ts";
import type { Unstored } from "./unstored.ts";
import type { Here, WaysOn } from "./ways_on.ts";

/** What calls are made of. */
export interface CallParts {
  readonly locals: RegionLocals;
  readonly unstored: Unstored;
  readonly ways: WaysOn;
}

/** The calls of one region. */
export class CallEmitter {
  readonly #code: Code;
  readonly #locals: RegionLocals;
  readonly #unstored: Unstored;
  readonly #ways: WaysOn;

  constructor(code: Code, { locals, unstored, ways }: CallParts) {
    this.#code = code;
    this.#locals = locals;
    this.#unstored = unstored;
    this.#ways = ways;
  }

  /** A call, which comes back where its block says unless something happens. */
  call(here: Here, placed: Placed, linkToTarget: () => number): void {
    const c = this.#code;
    const { back: behind } = here.block;
    const back = behind === undefined
      ? placed.place + 1
      : this.#ways.startOf(behind);
    this.#ways.storeAll();
    c.get(STATE_BLOCK);
    c.get(DEPTH);
    c.i32(1);
    c.op("i32.add");
    c.call(linkToTarget());
    c.set(this.#locals.status);
    this.#returnUnlessBack(back);
    this.#locals.loadBudget();
    this.#returnIfSpentOrDropped();
    if (behind === undefined) return this.#locals.return();
    this.#unstored.behindStore(() => this.#ways.goBehindCall(here, behind));
  }

  #returnUnlessBack(place: number): void {
    const c = this.#code;
    c.get(this.#locals.status);
    c.i32(STATUS.region);
    c.op("i32.ne");
    c.get(STATE_BLOCK);
    c.memory("i64.load", STATE.NIA.offset);
    this.#locals.pushAddress(place);
    c.op("i64.ne");
    c.op("i32.or");
    c.if(false);
    this.#locals.return();
    c.end();
  }

  #returnIfSpentOrDropped(): void {
    const c = this.#code;
    this.#locals.pushIsSpent();
    this.#locals.pushIsDropped();
    c.op("i32.or");
    c.if(false);
    this.#locals.return();
    c.end();
  }
}
