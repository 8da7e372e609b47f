/**
 * Branches that are taken: in the region where that has their target, to others
 * where it has not.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Label, Local } from "../../wasm/code.ts";
import { STATUS } from "../emitter/frame.ts";
import type { Placed } from "./blocks.ts";
import { CallEmitter, type CallParts } from "./call_emitter.ts";
import { isCall } from "./region.ts";
import { DEPTH, type RegionLocals, STATE_BLOCK } from "./region_locals.ts";
import type { Here, WaysOn } from "./ways_on.ts";

/** The branches of one region. */
export class BranchEmitter {
  readonly #code: Code;
  readonly #locals: RegionLocals;
  readonly #ways: WaysOn;
  readonly #calls: CallEmitter;

  constructor(code: Code, parts: CallParts) {
    this.#code = code;
    this.#locals = parts.locals;
    this.#ways = parts.ways;
    this.#calls = new CallEmitter(code, parts);
  }

  /** A relative branch. */
  branch(here: Here, placed: Placed, place: number): void {
    const { targets, next, back } = here.block;
    if (isCall(placed) && targets[0] !== undefined) {
      // A leaf stands here in place of the call.
      return this.#ways.goTo(here, targets[0]);
    }
    const linkTo = () => this.#ways.linkTo(here, place);
    if (isCall(placed)) return this.#calls.call(here, placed, linkTo);
    const target = [...targets, next].find((n) =>
      n !== undefined && this.#ways.startOf(n) === place
    );
    if (target !== undefined) return this.#ways.goTo(here, target);
    if (back !== undefined) return this.#calls.call(here, placed, linkTo);
    this.#ways.leaveAt(here, place);
  }

  /** A branch to a computed address. */
  jump(here: Here, placed: Placed, target: Local): void {
    const linkTo = () => this.#ways.linkToComputed(target);
    if (isCall(placed)) return this.#calls.call(here, placed, linkTo);
    const { returnsTo, back } = here.block;
    if (returnsTo === undefined) this.#jumpByTable(here, target);
    else this.#returnInside(here, { target, place: returnsTo });
    if (back !== undefined) return this.#calls.call(here, placed, linkTo);
    this.#ways.storeAll();
    if (placed.instruction.name === "bclr") this.#returnToRegion(target);
    this.#code.get(STATE_BLOCK);
    this.#code.get(DEPTH);
    this.#code.returnCall(linkTo());
  }

  /** Returns to a place in a function in place of its call. */
  #returnInside(
    here: Here,
    { target, place }: { target: Local; place: number },
  ): void {
    const c = this.#code;
    const [behind] = here.block.targets;
    c.get(target);
    this.#locals.pushAddress(place);
    c.op("i64.eq");
    c.if(true);
    if (behind === undefined) this.#ways.leaveAt(here, place);
    else this.#ways.goTo(here, behind);
    c.end();
  }

  /** Returns to the caller, if it is a region. */
  #returnToRegion(target: Local): void {
    const c = this.#code;
    c.get(DEPTH);
    c.if(true);
    c.get(STATE_BLOCK);
    c.get(target);
    c.memory("i64.store", STATE.NIA.offset);
    c.i32(STATUS.region);
    c.return();
    c.end();
  }

  /** Goes where the table behind the branch was seen to lead. */
  #jumpByTable(here: Here, target: Local): void {
    const c = this.#code;
    const { targets } = here.block;
    if (targets.length === 0) return;
    const starts = targets.map((n) => this.#ways.startOf(n));
    const [least, most] = [Math.min(...starts), Math.max(...starts)];
    const distance = c.temporary("i64");
    const elsewhere = c.block();
    const labels = targets.map(() => c.block()).reverse();
    c.get(target);
    this.#locals.pushAddress(least);
    c.op("i64.sub");
    c.set(distance);
    c.get(distance);
    c.i64(4 * (most - least));
    c.op("i64.gt_u");
    c.brIf(elsewhere, false);
    c.get(distance);
    c.op("i32.wrap_i64");
    c.i32(2);
    c.op("i32.shr_u");
    const table: Label[] = [];
    for (let place = least; place <= most; place++) {
      const i = starts.indexOf(place);
      table.push(i < 0 ? elsewhere : labels[i] as Label);
    }
    c.brTable(table, elsewhere);
    for (const target of targets) {
      c.end();
      this.#ways.goTo(here, target);
    }
    c.end();
  }
}
