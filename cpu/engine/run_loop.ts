/**
 * The interpreter's loop, one WebAssembly function.
 *
 * It reads a record (handler number, instruction word), branches by the number
 * to a handler that stands in the loop, or calls one that is a function; both
 * are emitted from the rows' meanings. A record that is not decoded yet has
 * handler number 0.
 *
 * Locals: `p` is the address of the current record, and `delta + p / 2` that
 * of its instruction, because a record is twice an instruction's size: going
 * on within the page changes p alone. `q` is where p would be when the budget
 * ends, so (q - p) / 8 instructions are left at any time.
 *
 * @module
 */
import { exitNumber } from "../exits.ts";
import { deliver } from "../interrupts.ts";
import { MSR, STATE } from "../state.ts";
import type { Label, Local } from "../wasm/code.ts";
import { pushCodeEntry } from "./code_tlb.ts";
import { countAccess } from "./counted.ts";
import { type Frame, STATUS, type Status } from "./emitter/frame.ts";
import { emittedFields, Emitter } from "./emitter/mod.ts";
import type { HandlerTable } from "./handler_table.ts";
import {
  FIRST_REGION_RECORD,
  RECORD_BYTES,
  REGION_RESERVE,
  REGION_SLOT_SHIFT,
} from "./layout.ts";
import { MMIO_EXCEPTION, type ModuleRuntime } from "./runtime.ts";

/** Of so many calls of regions the time of one is taken; a power of two. */
export const TIMED_CALLS = 16;

/** Writes the function `run`. */
export class RunLoop {
  readonly #code: Frame["code"];
  readonly #runtime: ModuleRuntime;
  readonly #table: HandlerTable;
  readonly #handlerType: number;
  readonly #exact: boolean;
  readonly #ahead: boolean;
  readonly #overruns: boolean;
  readonly #regions: boolean;
  readonly #state: Local = 0;
  readonly #budget: Local = 1;
  readonly #p: Local;
  readonly #q: Local;
  /** Budget in record bytes while a jump is under way. */
  readonly #left: Local;
  readonly #word: Local;
  readonly #nia: Local;
  readonly #delta: Local;
  readonly #entry: Local;
  readonly #status: Local;

  constructor(
    code: Frame["code"],
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
    this.#handlerType = handlerType;
    this.#exact = exact;
    this.#ahead = ahead;
    this.#overruns = overruns;
    // Regions assume 64-bit mode, and look at the budget now and then only.
    this.#regions = !exact && runtime.mode.sixtyFour;
    this.#p = code.local("i32");
    this.#q = code.local("i32");
    this.#left = code.local("i32");
    this.#word = code.local("i32");
    this.#entry = code.local("i32");
    this.#status = code.local("i32");
    this.#nia = code.local("i64");
    this.#delta = code.local("i64");
  }

  emit(): void {
    const c = this.#code;
    c.get(this.#budget);
    c.i32(3);
    c.op("i32.shl");
    c.set(this.#left);
    c.get(this.#state);
    c.memory("i64.load", STATE.NIA.offset);
    c.set(this.#nia);
    const outer = c.loop();
    const raised = c.block();
    const jump = c.block();
    this.#lookUp(raised);
    this.#dispatch({ raised, jump });
    c.end(); // jump
    c.br(outer);
    c.end(); // raised
    this.#deliver();
    c.br(outer);
    c.end(); // outer
    c.unreachable();
  }

  /** Pushes the current instruction's address. */
  #pushCia(): void {
    const c = this.#code;
    c.get(this.#delta);
    c.get(this.#p);
    c.i32(1);
    c.op("i32.shr_u");
    c.op("i64.extend_i32_u");
    c.op("i64.add");
  }

  /** From an address to a record; the budget is looked at here. */
  #lookUp(raised: Label): void {
    const c = this.#code;
    c.get(this.#left);
    c.i32(0);
    c.op("i32.le_s");
    if (this.#runtime.layout.concurrent) {
      // What others ask is looked at here too, between slices by who runs.
      c.get(this.#state);
      c.memory("i32.atomic.load", STATE.REQUEST.offset);
      c.op("i32.or");
    }
    c.if(false);
    this.#leaveAtNia(() => c.i32(exitNumber("budget")));
    c.end();
    if (this.#exact) this.#countLookup();
    pushCodeEntry(c, () => c.get(this.#nia));
    c.set(this.#entry);
    c.get(this.#entry);
    c.memory("i64.load", 0);
    c.get(this.#nia);
    c.i64(-4096);
    c.op("i64.and");
    c.op("i64.eq");
    c.if(true);
    c.get(this.#entry);
    c.memory("i32.load", 8);
    c.set(this.#p);
    c.else();
    c.get(this.#state);
    c.get(this.#nia);
    c.call(this.#runtime.fetch);
    c.set(this.#p);
    c.get(this.#p);
    c.op("i32.eqz");
    c.if(false);
    // The interrupt's address comes from p and delta: p is 0 here.
    c.get(this.#nia);
    c.set(this.#delta);
    c.get(this.#left);
    c.set(this.#q);
    c.br(raised);
    c.end();
    c.end();
    c.get(this.#p);
    c.get(this.#nia);
    c.op("i32.wrap_i64");
    c.i32(0xffc);
    c.op("i32.and");
    c.i32(1);
    c.op("i32.shl");
    c.op("i32.add");
    c.set(this.#p);
    c.get(this.#nia);
    c.get(this.#p);
    c.i32(1);
    c.op("i32.shr_u");
    c.op("i64.extend_i32_u");
    c.op("i64.sub");
    c.set(this.#delta);
    c.get(this.#p);
    c.get(this.#left);
    c.op("i32.add");
    c.set(this.#q);
  }

  #countLookup(): void {
    const c = this.#code;
    c.get(this.#state);
    c.get(this.#state);
    c.memory("i64.load", STATE.CODE_LOOKUPS.offset);
    c.i64(1);
    c.op("i64.add");
    c.memory("i64.store", STATE.CODE_LOOKUPS.offset);
  }

  /** Stores NIA and what is left of the budget, and returns the reason. */
  #leaveAtNia(pushReason: () => void): void {
    const c = this.#code;
    c.get(this.#state);
    c.get(this.#nia);
    c.memory("i64.store", STATE.NIA.offset);
    this.#storeBudget(() => c.get(this.#left));
    pushReason();
    c.return();
  }

  /** Pushes what is left of the budget before this record, in its bytes. */
  #pushLeft(): void {
    const c = this.#code;
    c.get(this.#q);
    c.get(this.#p);
    c.op("i32.sub");
  }

  #storeBudget(pushRecordBytes: () => void): void {
    const c = this.#code;
    c.get(this.#state);
    pushRecordBytes();
    c.i32(3);
    c.op("i32.shr_s");
    c.memory("i32.store", STATE.BUDGET.offset);
  }

  /** left := what is left after this instruction. */
  #spend(): void {
    const c = this.#code;
    this.#pushLeft();
    c.i32(8);
    c.op("i32.sub");
    c.set(this.#left);
  }

  #next(dispatch: Label): void {
    const c = this.#code;
    c.get(this.#p);
    c.i32(8);
    c.op("i32.add");
    c.set(this.#p);
    c.br(dispatch);
  }

  #dispatch({ raised, jump }: { raised: Label; jump: Label }): void {
    const c = this.#code;
    const dispatch = c.loop();
    if (this.#exact) {
      this.#pushLeft();
      c.i32(0);
      c.op("i32.le_s");
      c.if(false);
      c.i32(0);
      c.set(this.#left);
      this.#takeCiaAsNia();
      c.br(jump);
      c.end();
    }
    c.get(this.#p);
    c.memory("i32.load", 0);
    c.set(this.#entry);
    const again = c.loop();
    const cold = c.block();
    const hot = this.#table.hot.map(() => c.block()).reverse();
    const decode = c.block();
    c.get(this.#p);
    c.memory("i32.load", 4);
    c.set(this.#word);
    c.get(this.#entry);
    c.brTable([decode, ...hot], cold);
    c.end();
    this.#decode({ dispatch, jump });
    this.#table.hot.forEach((variant) => {
      c.end();
      c.reuse();
      const frame = this.#hotFrame({ raised, jump, dispatch });
      if (!variant.local) delete frame.jumpWithinPage;
      const m = new Emitter(frame, this.#runtime);
      if (this.#exact) countAccess(m, variant.instruction);
      variant.instruction.execute(
        m,
        emittedFields(variant.instruction.fields, variant.known),
      );
      this.#next(dispatch);
    });
    c.end(); // cold
    this.#cold({ raised, jump, dispatch, again });
    c.end(); // again
    c.end(); // dispatch
  }

  /** NIA := the current record's address, which may be its page's end. */
  #takeCiaAsNia(): void {
    const c = this.#code;
    this.#pushCia();
    if (!this.#runtime.mode.sixtyFour) {
      // Behind the last page comes the first.
      c.i64(0xffff_ffffn);
      c.op("i64.and");
    }
    c.set(this.#nia);
  }

  /** Handler 0: decodes the record, or leaves a page that is gone. */
  #decode({ dispatch, jump }: { dispatch: Label; jump: Label }): void {
    const c = this.#code;
    c.get(this.#state);
    c.get(this.#p);
    c.call(this.#runtime.decodeRecord);
    c.brIf(dispatch);
    this.#takeCiaAsNia();
    this.#pushLeft();
    c.set(this.#left);
    c.br(jump);
  }

  #cold(
    { raised, jump, dispatch, again }: {
      raised: Label;
      jump: Label;
      dispatch: Label;
      again: Label;
    },
  ): void {
    const c = this.#code;
    c.get(this.#entry);
    c.i32(FIRST_REGION_RECORD);
    c.op("i32.ge_u");
    c.if(false);
    if (this.#regions) this.#region({ raised, jump });
    // The budget ends, or the region was made for another mode: what it
    // replaced is wanted.
    c.get(this.#entry);
    c.i32(FIRST_REGION_RECORD - 1);
    c.op("i32.and");
    c.set(this.#entry);
    c.br(again);
    c.end();
    this.#storeBudget(() => this.#pushLeft());
    c.get(this.#state);
    c.get(this.#word);
    this.#pushCia();
    c.get(this.#entry);
    c.callIndirect(this.#handlerType);
    c.set(this.#status);
    c.get(this.#status);
    c.op("i32.eqz");
    c.if(true);
    this.#next(dispatch);
    c.end();
    this.#ifStatus("raised");
    c.br(raised);
    c.end();
    this.#spend();
    this.#takeNia();
    this.#ifStatus("jump");
    c.br(jump);
    c.end();
    this.#ifStatus("exit");
    this.#leaveAtNia(() => this.#pushExit());
    c.end();
    this.#synchronize();
    c.br(jump);
  }

  #ifStatus(status: Status): void {
    const c = this.#code;
    c.get(this.#status);
    c.i32(STATUS[status]);
    c.op("i32.eq");
    c.if();
  }

  #takeNia(): void {
    this.#code.get(this.#state);
    this.#code.memory("i64.load", STATE.NIA.offset);
    this.#code.set(this.#nia);
  }

  /** Calls a region, if the budget allows, and goes on where it has left off. */
  #region({ raised, jump }: { raised: Label; jump: Label }): void {
    const c = this.#code;
    this.#pushLeft();
    c.i32(REGION_RESERVE * RECORD_BYTES);
    c.op("i32.gt_s");
    c.if(true);
    this.#storeBudget(() => this.#pushLeft());
    const timed = this.#countCall();
    c.get(timed);
    c.if(false);
    c.call(this.#runtime.regionBegins);
    c.end();
    c.get(this.#state);
    // In place of the word: how many regions have called each other.
    c.i32(0);
    this.#pushCia();
    c.get(this.#entry);
    c.i32(REGION_SLOT_SHIFT);
    c.op("i32.shr_u");
    c.callIndirect(this.#handlerType);
    c.set(this.#status);
    this.#takeNia();
    c.get(this.#state);
    c.memory("i32.load", STATE.BUDGET.offset);
    c.i32(3);
    c.op("i32.shl");
    c.set(this.#left);
    c.get(timed);
    c.if(false);
    c.get(this.#entry);
    c.i32(REGION_SLOT_SHIFT);
    c.op("i32.shr_u");
    this.#pushDone();
    c.call(this.#runtime.regionEnds);
    c.end();
    this.#countRegion();
    this.#noteWhereRegionsEnd();
    this.#ifStatus("region");
    c.br(jump);
    c.end();
    this.#ifStatus("regionRaised");
    // As for a fetch that raises: p is 0, so delta alone is the address.
    c.i32(0);
    c.set(this.#p);
    c.get(this.#nia);
    c.set(this.#delta);
    c.get(this.#left);
    c.set(this.#q);
    c.br(raised);
    c.end();
    this.#ifStatus("regionExit");
    this.#leaveAtNia(() => this.#pushExit());
    c.end();
    this.#synchronize();
    c.br(jump);
    c.end();
    if (!this.#overruns) return;
    // An access that the machine has served is completed here all the same:
    // nothing else goes on before that.
    c.get(this.#state);
    c.memory("i32.load", STATE.MMIO_DONE.offset);
    c.op("i32.eqz");
    c.if();
    this.#endBudgetHere();
    c.end();
  }

  /** Leaves as at the budget's end, at an instruction not carried out. */
  #endBudgetHere(): void {
    const c = this.#code;
    this.#pushLeft();
    c.set(this.#left);
    this.#takeCiaAsNia();
    this.#leaveAtNia(() => c.i32(exitNumber("budget")));
  }

  /** Counts a call of a region; gives (i32) whether its time is to be taken. */
  #countCall(): Local {
    const c = this.#code;
    const timed = c.temporary("i32");
    c.get(this.#state);
    c.memory("i32.load", STATE.REGION_CALLS.offset);
    c.set(timed);
    c.get(this.#state);
    c.get(timed);
    c.i32(1);
    c.op("i32.add");
    c.memory("i32.store", STATE.REGION_CALLS.offset);
    c.get(timed);
    c.i32(TIMED_CALLS - 1);
    c.op("i32.and");
    c.op("i32.eqz");
    c.set(timed);
    return timed;
  }

  /** Adds up what regions have done, and why they came back. */
  #countRegion(): void {
    const c = this.#code;
    c.get(this.#state);
    c.get(this.#state);
    c.memory("i64.load", STATE.REGION_INSTRUCTIONS.offset);
    this.#pushDone();
    c.op("i64.extend_i32_u");
    c.op("i64.add");
    c.memory("i64.store", STATE.REGION_INSTRUCTIONS.offset);
    const counter = c.temporary("i32");
    c.get(this.#status);
    c.i32(2);
    c.op("i32.shl");
    c.get(this.#state);
    c.op("i32.add");
    c.set(counter);
    c.get(counter);
    c.get(counter);
    c.memory("i32.load", STATE.REGION_ENDS.offset);
    c.i32(1);
    c.op("i32.add");
    c.memory("i32.store", STATE.REGION_ENDS.offset);
  }

  /** Pushes how many instructions regions have carried out (i32). */
  #pushDone(): void {
    const c = this.#code;
    this.#pushLeft();
    c.get(this.#left);
    c.op("i32.sub");
    c.i32(3);
    c.op("i32.shr_u");
  }

  /** What is missed shows in where regions leave for while budget is left. */
  #noteWhereRegionsEnd(): void {
    const c = this.#code;
    c.get(this.#state);
    c.get(this.#state);
    c.memory("i32.load", STATE.BUDGET.offset);
    c.memory("i32.store", STATE.REGION_LEFT_AT.offset);
    c.get(this.#left);
    c.i32(REGION_RESERVE * RECORD_BYTES);
    c.op("i32.gt_s");
    c.if(true);
    c.get(this.#state);
    c.get(this.#nia);
    c.memory("i64.store", STATE.REGION_LEFT_FOR.offset);
    c.end();
  }

  #pushExit(): void {
    this.#code.get(this.#state);
    this.#code.memory("i32.load", STATE.EXIT.offset);
  }

  /** After MSR has changed; NIA is in its register. */
  #synchronize(): void {
    const c = this.#code;
    c.get(this.#state);
    c.call(this.#runtime.synchronize);
    c.set(this.#status);
    c.get(this.#state);
    c.memory("i64.load", STATE.NIA.offset);
    c.set(this.#nia);
    c.get(this.#status);
    if (this.#ahead) {
      // What comes next may not be compiled yet.
      c.i32(1);
      c.op("i32.or");
    }
    c.if(false);
    this.#leaveAtNia(() => c.i32(exitNumber("mode")));
    c.end();
  }

  /** Takes the interrupt in EXCEPTION, or leaves for the machine's help. */
  #deliver(): void {
    const c = this.#code;
    c.get(this.#state);
    c.memory("i32.load", STATE.EXCEPTION.offset);
    c.set(this.#status);
    c.get(this.#state);
    c.i32(0);
    c.memory("i32.store", STATE.EXCEPTION.offset);
    c.get(this.#status);
    c.i32(MMIO_EXCEPTION);
    c.op("i32.eq");
    c.if();
    this.#pushCia();
    c.set(this.#nia);
    this.#pushLeft();
    c.set(this.#left);
    this.#leaveAtNia(() => this.#pushExit());
    c.end();
    this.#checkstop();
    this.#spend();
    c.get(this.#state);
    c.get(this.#state);
    c.memory("i32.load", STATE.INTERRUPTS.offset);
    c.i32(1);
    c.op("i32.add");
    c.memory("i32.store", STATE.INTERRUPTS.offset);
    c.get(this.#state);
    c.get(this.#state);
    c.get(this.#status);
    c.op("i64.extend_i32_u");
    this.#pushCia();
    c.get(this.#state);
    c.memory("i64.load", STATE.EXCEPTION_SRR1.offset);
    c.call(this.#runtime.subroutine(deliver));
    c.memory("i64.store", STATE.NIA.offset);
    if (this.#regions) {
      // Not for the instruction that has raised.
      c.get(this.#state);
      c.get(this.#state);
      c.memory("i64.load", STATE.NIA.offset);
      c.memory("i64.store", STATE.REGION_LEFT_FOR.offset);
    }
    this.#synchronize();
  }

  /** A machine check while MSR[ME] = 0 ends the thread (Book III 7.5.2). */
  #checkstop(): void {
    const c = this.#code;
    c.get(this.#status);
    c.i32(this.#runtime.interrupt("machineCheck"));
    c.op("i32.eq");
    c.get(this.#state);
    c.memory("i32.load", STATE.MSR.offset);
    c.i32(Number(MSR.ME));
    c.op("i32.and");
    c.op("i32.eqz");
    c.op("i32.and");
    c.if(false);
    this.#pushCia();
    c.set(this.#nia);
    this.#spend();
    this.#leaveAtNia(() => c.i32(exitNumber("checkstop")));
    c.end();
  }

  /** Handlers within the loop branch to its labels. */
  #hotFrame(
    { raised, jump, dispatch }: { raised: Label; jump: Label; dispatch: Label },
  ): Frame {
    const c = this.#code;
    return {
      code: c,
      state: this.#state,
      word: this.#word,
      pushCia: () => this.#pushCia(),
      leave: (status) => {
        if (status !== "raised") {
          throw new TypeError(
            `Cannot emit hot instruction: it answers ${status}`,
          );
        }
        c.br(raised);
      },
      jump: (target) => {
        c.get(target);
        c.set(this.#nia);
        this.#spend();
        c.br(jump);
      },
      jumpWithinPage: (pushDisplacement) => {
        const target = c.temporary("i32");
        pushDisplacement();
        c.i32(1);
        c.op("i32.shl");
        c.get(this.#p);
        c.op("i32.add");
        c.set(target);
        c.get(target);
        this.#pushLeft();
        c.i32(8);
        c.op("i32.sub");
        c.op("i32.add");
        c.set(this.#q);
        c.get(target);
        c.set(this.#p);
        c.get(this.#q);
        c.get(target);
        c.op("i32.gt_s");
        if (this.#runtime.layout.concurrent) {
          // Others wait for one that spins.
          c.get(this.#state);
          c.memory("i32.atomic.load", STATE.REQUEST.offset);
          c.op("i32.eqz");
          c.op("i32.and");
        }
        c.brIf(dispatch, true);
        // The budget is used up: leave through the look-up.
        c.get(this.#q);
        c.get(target);
        c.op("i32.sub");
        c.set(this.#left);
        this.#pushCia();
        c.set(this.#nia);
        c.br(jump);
      },
    };
  }
}
