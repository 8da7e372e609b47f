/**
 * Instructions that the interpreter's handlers carry out in a region's stead.
 *
 * @module
 */
import type { Code } from "../../wasm/code.ts";
import type { BlockAccesses } from "./block_accesses.ts";
import type { Placed } from "./blocks.ts";
import type { MidBlockExits } from "./mid_block_exits.ts";
import { PLACES } from "./region.ts";
import { type RegionLocals, STATE_BLOCK } from "./region_locals.ts";
import type { RegionParts } from "./region_parts.ts";
import { FIELDS, type RegionRegisters } from "./registers.ts";
import type { Unstored } from "./unstored.ts";

/** What calls of handlers have to do with. */
export interface HandledParts {
  readonly parts: RegionParts;
  readonly locals: RegionLocals;
  readonly registers: RegionRegisters;
  readonly unstored: Unstored;
  readonly accesses: BlockAccesses;
  readonly exits: MidBlockExits;
}

/** Such instructions of one region. */
export class HandledInstructions {
  readonly #code: Code;
  readonly #parts: RegionParts;
  readonly #locals: RegionLocals;
  readonly #registers: RegionRegisters;
  readonly #unstored: Unstored;
  readonly #accesses: BlockAccesses;
  readonly #exits: MidBlockExits;

  constructor(
    code: Code,
    { parts, locals, registers, unstored, accesses, exits }: HandledParts,
  ) {
    this.#code = code;
    this.#parts = parts;
    this.#locals = locals;
    this.#registers = registers;
    this.#unstored = unstored;
    this.#accesses = accesses;
    this.#exits = exits;
  }

  /** Has the handler carry an instruction out. */
  handle(placed: Placed, done: number): void {
    const { effects: { reads, writes } } = placed;
    this.#unstored.store(reads);
    this.#locals.storeBudget(
      done === 0 ? undefined : () => this.#code.i32(done),
    );
    this.#call(placed, done);
    this.#registers.load(writes, STATE_BLOCK);
    this.#accesses.forget();
    this.#registers.facilities.clear();
    this.#unstored.add(writes);
    this.#exits.ifDropped(placed, done);
  }

  /**
   * The same of an operation on numbers that stands in the region, where it is
   * not as easy as usual.
   */
  handleSlowly(placed: Placed, done: number): void {
    const { effects: { reads, writes } } = placed;
    // A target keeps its value where an exception says so; a CR field never.
    this.#unstored.store((reads | writes) & ~(FIELDS & writes));
    this.#call(placed, done);
    this.#registers.reload(writes, STATE_BLOCK);
    this.#accesses.slow();
  }

  /** Calls a handler, and leaves where it does not go on behind itself. */
  #call(placed: Placed, done: number): void {
    const c = this.#code;
    const { word, place } = placed;
    c.get(STATE_BLOCK);
    c.i32(word);
    this.#locals.pushAddress(place);
    c.i32(this.#parts.handler(word, place & (PLACES - 1)));
    c.call(this.#parts.callHandler());
    c.set(this.#locals.status);
    c.get(this.#locals.status);
    c.if(false);
    this.#exits.leaveHandled(placed, done);
    c.end();
  }
}
