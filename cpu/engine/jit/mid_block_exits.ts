/**
 * Ways out of a region in mid-block, which are rare: all of them share their
 * code, behind that of the blocks.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Label, Local } from "../../wasm/code.ts";
import { STATUS, type Status } from "../emitter/frame.ts";
import type { Placed } from "./blocks.ts";
import { type RareExit, RareExits } from "./rare_exits.ts";
import { BASE, type RegionLocals, STATE_BLOCK } from "./region_locals.ts";
import {
  only,
  type RegionRegisters,
  REGISTER,
  type RegisterSet,
} from "./registers.ts";
import type { Unstored } from "./unstored.ts";

/** What the ways out are made of. */
export interface MidBlockParts {
  readonly locals: RegionLocals;
  readonly registers: RegionRegisters;
  readonly unstored: Unstored;
  /** Registers that may have to be stored. */
  readonly written: RegisterSet;
}

/** The ways out of one region in mid-block. */
export class MidBlockExits {
  readonly #code: Code;
  readonly #locals: RegionLocals;
  readonly #registers: RegionRegisters;
  readonly #unstored: Unstored;
  readonly #exits: RareExits;
  readonly #nia: Local;
  #out!: Label;
  #handlerOut!: Label;
  #usesHandlers = false;

  constructor(
    code: Code,
    { locals, registers, unstored, written }: MidBlockParts,
  ) {
    this.#code = code;
    this.#locals = locals;
    this.#registers = registers;
    this.#unstored = unstored;
    this.#exits = new RareExits(code, written);
    this.#nia = code.local("i64");
  }

  /** Writes what leaves, which never comes to its end, and the ways out. */
  around(write: () => void): void {
    const c = this.#code;
    const left = c.block();
    this.#out = c.block();
    this.#handlerOut = c.block();
    write();
    c.unreachable();
    c.end();
    this.#handlerLeft();
    c.br(left);
    c.end();
    this.#takePlace();
    this.#exits.pushStatus();
    c.set(this.#locals.status);
    c.end();
    this.#store();
    this.#locals.return();
  }

  /** Leaves with a status for a place, after some instructions of the block. */
  leave(
    status: Status,
    { done, place }: { done: number; place: number },
  ): void {
    const store = this.#unstored.set;
    this.#note({ place, done, status: STATUS[status], store });
    this.#code.br(this.#out);
  }

  /** Leaves behind an instruction where nothing decoded is trusted any more. */
  ifDropped({ place }: Placed, done: number): void {
    const c = this.#code;
    this.#locals.pushIsDropped();
    c.if(false);
    this.leave("region", { done: done + 1, place: place + 1 });
    c.end();
  }

  /** Leaves with a handler's answer, which is in the local of the status. */
  leaveHandled({ place, effects: { writes } }: Placed, done: number): void {
    this.#usesHandlers = true;
    // What it has written is not to be undone.
    const store = this.#unstored.set & ~writes;
    this.#note({ place, done, status: 0, store });
    this.#code.br(this.#handlerOut);
  }

  #note(exit: RareExit): void {
    if (exit.store & only(REGISTER.fpscr)) {
      this.#registers.status.flush(STATE_BLOCK);
    }
    this.#exits.note(exit);
  }

  #takePlace(): void {
    const c = this.#code;
    c.get(BASE);
    this.#exits.pushDistance();
    c.op("i64.add");
    c.set(this.#nia);
  }

  /** Status and NIA that a handler's answer makes; count it where it is done. */
  #handlerLeft(): void {
    const c = this.#code;
    if (!this.#usesHandlers) return c.unreachable();
    const { status } = this.#locals;
    this.#takePlace();
    c.get(status);
    c.i32(STATUS.raised);
    c.op("i32.eq");
    c.if();
    c.i32(STATUS.regionRaised);
    c.set(status);
    c.else();
    this.#locals.count(1);
    c.get(STATE_BLOCK);
    c.memory("i64.load", STATE.NIA.offset);
    c.set(this.#nia);
    // jump, exit and synchronize have neighbours of the same order.
    c.get(status);
    c.i32(STATUS.exit);
    c.op("i32.eq");
    c.if();
    c.i32(STATUS.regionExit);
    c.set(status);
    c.else();
    c.i32(STATUS.region);
    c.i32(STATUS.regionSynchronize);
    c.get(status);
    c.i32(STATUS.jump);
    c.op("i32.eq");
    c.select();
    c.set(status);
    c.end();
    c.end();
  }

  /** Stores what was noted, NIA and the budget. */
  #store(): void {
    const c = this.#code;
    this.#registers.fields.startBlock(new Array(8).fill("either"));
    this.#registers.status.startBlock();
    this.#exits.store((register) => {
      this.#registers.storeOne(register, STATE_BLOCK);
    });
    c.get(STATE_BLOCK);
    c.get(this.#nia);
    c.memory("i64.store", STATE.NIA.offset);
    this.#locals.storeBudget(() => this.#exits.pushDone());
  }
}
