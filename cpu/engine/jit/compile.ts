/**
 * From a region to a WebAssembly module with one function.
 *
 * The function has a handler's signature, (state, word, cia) → status, and is
 * entered by the interpreter like one. It counts what is left of the budget in
 * instructions, as the interpreter does, and leaves the end of the budget to
 * it, so that both leave at the same instruction.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code, Label, Local } from "../../wasm/code.ts";
import { ModuleBuilder } from "../../wasm/module.ts";
import {
  type Frame,
  type Mode,
  STATUS,
  type Status,
} from "../emitter/frame.ts";
import { emittedFields } from "../emitter/mod.ts";
import { pushCodeEntry } from "../code_tlb.ts";
import {
  FIRST_REGION_RECORD,
  type MemoryLayout,
  REGION_SLOT_SHIFT,
} from "../layout.ts";
import { RegionEmitter, ValueFieldNeeded } from "./emitter.ts";
import { type Block, type Placed, PLACES, type Region } from "./region.ts";
import { RegionRegisters } from "./registers.ts";
import { RegionRuntime } from "./runtime.ts";
import { type Loop, type Structure, structureRegion } from "./structure.ts";

/**
 * Instructions of the budget's end that the interpreter carries out: a region
 * runs at most a page's between two looks at the budget.
 */
const RESERVE = PLACES;

/** Name under which a module exports its region. */
export const REGION_EXPORT = "region";

/** Emits a region as a module. */
export function emitRegion(
  region: Region,
  options: {
    layout: MemoryLayout;
    mode: Mode;
  },
): Uint8Array<ArrayBuffer> {
  const values = new Set<number>();
  for (;;) {
    try {
      return emitOnce(region, { ...options, values });
    } catch (error) {
      // Few regions write CR otherwise than by compares: those start again.
      if (!(error instanceof ValueFieldNeeded)) throw error;
      values.add(error.field);
    }
  }
}

function emitOnce(
  region: Region,
  { layout, mode, values }: {
    layout: MemoryLayout;
    mode: Mode;
    values: ReadonlySet<number>;
  },
): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({
    initial: layout.pages,
    maximum: layout.pages,
  });
  const runtime = new RegionRuntime(module, layout, mode);
  module.importTable("handlers");
  const signature = {
    parameters: ["i32", "i32", "i64"],
    results: ["i32"],
  } as const;
  const { index, code } = module.function(signature);
  new RegionFunction(code, runtime, {
    region,
    values,
    handlerType: module.type(signature),
  }).emit();
  module.export(REGION_EXPORT, index);
  return module.bytes();
}

/** Labels that code of one nesting level can branch forward to. */
type Labels = Map<number, Label>;

class RegionFunction {
  readonly #code: Code;
  readonly #runtime: RegionRuntime;
  readonly #region: Region;
  readonly #structure: Structure;
  readonly #registers: RegionRegisters;
  readonly #handlerType: number;
  readonly #state: Local = 0;
  readonly #cia: Local = 2;
  readonly #left: Local;
  readonly #base: Local;
  readonly #place: Local;
  readonly #nia: Local;
  readonly #status: Local;
  readonly #dataTlb: Local;
  readonly #drops: Local;
  readonly #forward: Labels = new Map();
  readonly #loopLabels = new Map<number, Label>();
  #exit!: Label;
  #outer!: Label;

  constructor(
    code: Code,
    runtime: RegionRuntime,
    { region, values, handlerType }: {
      region: Region;
      values: ReadonlySet<number>;
      handlerType: number;
    },
  ) {
    this.#handlerType = handlerType;
    this.#code = code;
    this.#runtime = runtime;
    this.#region = region;
    this.#structure = structureRegion(region);
    this.#registers = new RegionRegisters(code, values);
    this.#left = code.local("i32");
    this.#place = code.local("i32");
    this.#status = code.local("i32");
    this.#dataTlb = code.local("i32");
    this.#drops = code.local("i32");
    this.#base = code.local("i64");
    this.#nia = code.local("i64");
  }

  emit(): void {
    const c = this.#code;
    this.#exit = c.block();
    this.#outer = c.loop();
    this.#sequence(0, this.#region.blocks.length - 1, undefined);
    c.end();
    c.end();
    this.#epilogue();
    c.prologue(() => this.#prologue());
  }

  #decline(): void {
    this.#code.i32(STATUS.declined);
    this.#code.return();
  }

  #prologue(): void {
    const c = this.#code;
    c.get(this.#state);
    c.memory("i32.load", STATE.BUDGET.offset);
    c.set(this.#left);
    c.get(this.#left);
    c.i32(RESERVE);
    c.op("i32.le_s");
    c.if();
    this.#decline();
    c.end();
    c.get(this.#state);
    c.memory("i32.load", STATE.TLB_DATA.offset);
    c.set(this.#dataTlb);
    c.get(this.#state);
    c.memory("i32.load", STATE.CODE_DROPS.offset);
    c.set(this.#drops);
    c.get(this.#cia);
    c.i64(-4096);
    c.op("i64.and");
    c.set(this.#base);
    c.get(this.#cia);
    c.op("i32.wrap_i64");
    c.i32(2);
    c.op("i32.shr_u");
    c.i32(PLACES - 1);
    c.op("i32.and");
    c.set(this.#place);
    this.#registers.load(this.#state);
  }

  #epilogue(): void {
    const c = this.#code;
    this.#registers.startBlock();
    this.#registers.store(this.#state);
    c.get(this.#state);
    c.get(this.#nia);
    c.memory("i64.store", STATE.NIA.offset);
    c.get(this.#state);
    c.get(this.#left);
    c.memory("i32.store", STATE.BUDGET.offset);
    this.#goOn();
    c.get(this.#status);
  }

  /** Calls the region at NIA, if there is one, in this one's place. */
  #goOn(): void {
    const c = this.#code;
    const entry = this.#place;
    const handler = c.local("i32");
    c.get(this.#status);
    c.i32(STATUS.region);
    c.op("i32.eq");
    c.get(this.#left);
    c.i32(RESERVE);
    c.op("i32.gt_s");
    c.op("i32.and");
    c.if(true);
    pushCodeEntry(c, () => c.get(this.#nia));
    c.set(entry);
    c.get(entry);
    c.memory("i64.load", 0);
    c.get(this.#nia);
    c.i64(-4096);
    c.op("i64.and");
    c.op("i64.eq");
    c.if(true);
    c.get(entry);
    c.memory("i32.load", 8);
    c.get(this.#nia);
    c.op("i32.wrap_i64");
    c.i32(0xffc);
    c.op("i32.and");
    c.i32(1);
    c.op("i32.shl");
    c.op("i32.add");
    c.set(entry);
    c.get(entry);
    c.memory("i32.load", 0);
    c.set(handler);
    c.get(handler);
    c.i32(FIRST_REGION_RECORD);
    c.op("i32.ge_u");
    c.if();
    c.get(this.#state);
    c.get(entry);
    c.memory("i32.load", 4);
    c.get(this.#nia);
    c.get(handler);
    c.i32(REGION_SLOT_SHIFT);
    c.op("i32.shr_u");
    c.returnCallIndirect(this.#handlerType);
    c.end();
    c.end();
    c.end();
  }

  /** Blocks first..last in order, within the loop or at the top. */
  #sequence(first: number, last: number, loop: Loop | undefined): void {
    const c = this.#code;
    const inner = this.#structure.loops.filter((other) =>
      other !== loop && other.header >= first && other.last <= last
    );
    const own = (block: number) =>
      !inner.some((l) => block > l.header && block <= l.last);
    const opened: number[] = [];
    for (let block = last; block > (loop ? first : first - 1); block--) {
      if (!own(block)) continue;
      opened.push(block);
      this.#forward.set(block, c.block());
    }
    if (!loop) this.#dispatch(first, last);
    for (let block = first; block <= last;) {
      if (opened.includes(block)) {
        this.#forward.delete(block);
        c.end();
      }
      const nested = inner.find((l) => l.header === block);
      if (nested) {
        this.#loopLabels.set(block, c.loop());
        this.#sequence(block, nested.last, nested);
        c.end();
        this.#loopLabels.delete(block);
        block = nested.last + 1;
      } else {
        this.#block(block, loop);
        block++;
      }
    }
  }

  /** From a place to its block; other places cannot be entered. */
  #dispatch(first: number, last: number): void {
    const c = this.#code;
    const decline = c.block();
    const start = this.#region.blocks[first]?.start ?? 0;
    const end = this.#region.blocks[last]?.start ?? 0;
    const labels: Label[] = [];
    for (let place = start; place <= end; place++) {
      const block = this.#structure.blockAt.get(place);
      const label = block !== undefined && this.#structure.dispatched.has(block)
        ? this.#forward.get(block)
        : undefined;
      labels.push(label ?? decline);
    }
    c.get(this.#place);
    if (start !== 0) {
      c.i32(start);
      c.op("i32.sub");
    }
    c.brTable(labels, decline);
    c.end();
    this.#decline();
  }

  #block(number: number, loop: Loop | undefined): void {
    const block = this.#region.blocks[number];
    if (!block) return;
    this.#registers.startBlock();
    block.body.forEach((placed, done) => {
      this.#code.reuse();
      this.#instruction(placed, { number, done, block });
    });
    const last = block.body.at(-1);
    if (!last) return;
    const next = last.place + 1;
    // Without a branch at the end nothing has been counted yet.
    if (!isCounted(last)) this.#count(block.body.length);
    if (!block.fallsThrough) return;
    const following = this.#region.blocks[number + 1];
    const reachable = loop === undefined || number < loop.last;
    if (following?.start === next && reachable) return;
    if (following?.start === next) {
      const label = this.#forward.get(number + 1);
      if (label) return this.#code.br(label);
    }
    this.#leaveAt(next);
  }

  #count(instructions: number): void {
    const c = this.#code;
    c.get(this.#left);
    c.i32(instructions);
    c.op("i32.sub");
    c.set(this.#left);
  }

  #setNia(place: number): void {
    const c = this.#code;
    c.get(this.#base);
    c.i64(4 * place);
    c.op("i64.add");
    c.set(this.#nia);
  }

  #leave(status: Status): void {
    const c = this.#code;
    c.i32(STATUS[status]);
    c.set(this.#status);
    c.br(this.#exit);
  }

  /** Leaves to go on at a place of this page, or beyond its ends. */
  #leaveAt(place: number): void {
    this.#setNia(place);
    this.#leave("region");
  }

  /** A branch that is taken; the instructions up to it are counted. */
  #branch(from: number, place: number): void {
    const c = this.#code;
    const target = this.#structure.blockAt.get(place);
    if (target === undefined) return this.#leaveAt(place);
    const forward = this.#forward.get(target);
    if (target > from && forward) return c.br(forward);
    // Backward: the budget's end belongs to the interpreter.
    c.get(this.#left);
    c.i32(RESERVE);
    c.op("i32.le_s");
    c.if(false);
    this.#leaveAt(place);
    c.end();
    const loop = this.#loopLabels.get(target);
    if (loop) return c.br(loop);
    if (!this.#structure.dispatched.has(target)) {
      throw new RangeError(
        `Cannot compile region: no way to place ${place} from block ${from}`,
      );
    }
    c.i32(place);
    c.set(this.#place);
    c.br(this.#outer);
  }

  #instruction(
    placed: Placed,
    { number, done, block }: { number: number; done: number; block: Block },
  ): void {
    const c = this.#code;
    const counted = isCounted(placed);
    if (counted) this.#count(block.body.length);
    let stores = false;
    const frame: Frame = {
      code: c,
      state: this.#state,
      word: undefined,
      dataTlb: this.#dataTlb,
      pushCia: () => {
        c.get(this.#base);
        c.i64(4 * placed.place);
        c.op("i64.add");
      },
      leave: (status) => {
        if (status !== "raised") {
          throw new TypeError(`Cannot leave region: ${status}`);
        }
        if (done > 0) this.#count(done);
        this.#setNia(placed.place);
        this.#leave("regionRaised");
      },
      jump: (target) => {
        c.get(target);
        c.set(this.#nia);
        this.#leave("region");
      },
    };
    const emitter = new RegionEmitter(frame, this.#runtime, {
      registers: this.#registers,
      control: {
        branch: (displacement) =>
          this.#branch(number, placed.place + (displacement >> 2)),
        stored: () => stores = true,
      },
    });
    placed.instruction.execute(
      emitter,
      emittedFields(placed.instruction.fields, placed.known),
    );
    if (stores) this.#afterStore(placed, done + 1);
  }

  /** Code may have been written to: nothing decoded is trusted any more. */
  #afterStore(placed: Placed, done: number): void {
    const c = this.#code;
    c.get(this.#state);
    c.memory("i32.load", STATE.CODE_DROPS.offset);
    c.get(this.#drops);
    c.op("i32.ne");
    c.if(false);
    this.#count(done);
    this.#leaveAt(placed.place + 1);
    c.end();
  }
}

/** Branches are counted before they are carried out, with their block. */
function isCounted({ instruction: { name } }: Placed): boolean {
  return ["b", "bc", "bclr", "bcctr"].includes(name);
}
