/**
 * Parameters and locals of the run loop's function.
 *
 * `p` is the address of the current record, and `delta + p / 2` that of its
 * instruction, because a record is twice an instruction's size: going on within
 * the page changes p alone. `q` is where p would be when the budget ends, so
 * (q - p) / 8 instructions are left at any time.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Local } from "../../wasm/code.ts";
import { STATUS, type Status } from "../emitter/frame.ts";
import { RECORD_BYTES } from "../layout.ts";

/** Parameters. */
export const [STATE_BLOCK, BUDGET] = [0, 1];

const RECORD_SHIFT = Math.log2(RECORD_BYTES);

/** The locals, and code that is about nothing else. */
export class LoopLocals {
  readonly p: Local;
  readonly q: Local;
  /** i32: budget in record bytes while a jump is under way. */
  readonly left: Local;
  /** i32: the instruction word. */
  readonly word: Local;
  /** i32: an entry of the code TLB; then where the record leads. */
  readonly entry: Local;
  /** i32: what a handler or a region has answered, or an interrupt. */
  readonly status: Local;
  /** i64: address of the next instruction while a jump is under way. */
  readonly nia: Local;
  readonly delta: Local;
  readonly #code: Code;
  readonly #sixtyFour: boolean;

  constructor(code: Code, sixtyFour: boolean) {
    this.#code = code;
    this.#sixtyFour = sixtyFour;
    this.p = code.local("i32");
    this.q = code.local("i32");
    this.left = code.local("i32");
    this.word = code.local("i32");
    this.entry = code.local("i32");
    this.status = code.local("i32");
    this.nia = code.local("i64");
    this.delta = code.local("i64");
  }

  /** Where the function begins. */
  load(): void {
    const c = this.#code;
    c.get(BUDGET);
    c.i32(RECORD_SHIFT);
    c.op("i32.shl");
    c.set(this.left);
    this.loadNia();
  }

  loadNia(): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.memory("i64.load", STATE.NIA.offset);
    c.set(this.nia);
  }

  storeNia(): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.get(this.nia);
    c.memory("i64.store", STATE.NIA.offset);
  }

  /** Pushes the current instruction's address. */
  pushCia(): void {
    const c = this.#code;
    c.get(this.delta);
    c.get(this.p);
    c.i32(1);
    c.op("i32.shr_u");
    c.op("i64.extend_i32_u");
    c.op("i64.add");
  }

  /** NIA := the current record's address, which may be its page's end. */
  takeCiaAsNia(): void {
    const c = this.#code;
    this.pushCia();
    if (!this.#sixtyFour) {
      // Behind the last page comes the first.
      c.i64(0xffff_ffffn);
      c.op("i64.and");
    }
    c.set(this.nia);
  }

  /**
   * Lets the current instruction be the one at NIA, though it has no record, so
   * that it may raise; p must be 0.
   */
  takeNiaAsCia(): void {
    const c = this.#code;
    c.get(this.nia);
    c.set(this.delta);
    c.get(this.left);
    c.set(this.q);
  }

  /** To the next record. */
  advance(): void {
    const c = this.#code;
    c.get(this.p);
    c.i32(RECORD_BYTES);
    c.op("i32.add");
    c.set(this.p);
  }

  /** Pushes what is left of the budget before this record, in its bytes. */
  pushLeft(): void {
    const c = this.#code;
    c.get(this.q);
    c.get(this.p);
    c.op("i32.sub");
  }

  /** The same behind this record. */
  pushLeftBehind(): void {
    const c = this.#code;
    this.pushLeft();
    c.i32(RECORD_BYTES);
    c.op("i32.sub");
  }

  /** left := what is left before this instruction. */
  keep(): void {
    this.pushLeft();
    this.#code.set(this.left);
  }

  /** left := what is left after this instruction. */
  spend(): void {
    this.pushLeftBehind();
    this.#code.set(this.left);
  }

  /** Stores what is left of the budget before this instruction. */
  storeBudget(): void {
    this.#storeBudget(() => this.pushLeft());
  }

  /** Stores what is left of the budget while a jump is under way. */
  storeLeft(): void {
    this.#storeBudget(() => this.#code.get(this.left));
  }

  #storeBudget(pushRecordBytes: () => void): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    pushRecordBytes();
    c.i32(RECORD_SHIFT);
    c.op("i32.shr_s");
    c.memory("i32.store", STATE.BUDGET.offset);
  }

  loadLeft(): void {
    const c = this.#code;
    c.get(STATE_BLOCK);
    c.memory("i32.load", STATE.BUDGET.offset);
    c.i32(RECORD_SHIFT);
    c.op("i32.shl");
    c.set(this.left);
  }

  /** Pushes how many instructions lie between this record and `left` (i32). */
  pushDone(): void {
    const c = this.#code;
    this.pushLeft();
    c.get(this.left);
    c.op("i32.sub");
    c.i32(RECORD_SHIFT);
    c.op("i32.shr_u");
  }

  /** Opens an if. */
  ifStatus(status: Status): void {
    const c = this.#code;
    c.get(this.status);
    c.i32(STATUS[status]);
    c.op("i32.eq");
    c.if();
  }
}
