/**
 * How regions reach each other without going through the interpreter: by tail
 * calls through the table of functions, or by calls where the guest calls.
 *
 * @module
 */
import { STATE } from "../../state.ts";
import type { Code } from "../../wasm/code.ts";
import type { ModuleBuilder } from "../../wasm/module.ts";
import {
  addRecord,
  CODE_ENTRY,
  pushCodeEntry,
  pushCodeTags,
} from "../code_tlb.ts";
import { STATUS } from "../emitter/frame.ts";
import { HANDLER } from "../handlers.ts";
import {
  FIRST_REGION_RECORD,
  type MemoryLayout,
  REGION_RESERVE,
  REGION_SLOT_SHIFT,
} from "../layout.ts";

/**
 * Regions that may call each other before all go back to the interpreter: the
 * host's stack is limited, the guest's recursion is not.
 */
const DEEPEST = 256;

/** Parameters of the functions below: state, depth, NIA. */
const [STATE_BLOCK, DEPTH, NIA] = [0, 1, 2];

/** Functions of a module that go on at an address; registers are stored. */
export interface Links {
  /** (state, depth, NIA) → status. */
  readonly anywhere: number;
  /** (state, depth, NIA, record of NIA) → status. */
  readonly record: number;
}

/** The vCPU that links are for. */
interface LinkVcpu {
  readonly concurrent: boolean;
  /** Address of its block. */
  readonly state: number;
}

/** Defines the functions in a module. */
export function defineLinks(
  module: ModuleBuilder,
  { concurrent }: MemoryLayout,
  state: number,
): Links {
  return {
    anywhere: defineAnywhere(module, { concurrent, state }),
    record: defineRecord(module, { concurrent, state }),
  };
}

function giveUp(c: Code): void {
  c.i32(STATUS.region);
  c.return();
}

/**
 * Sets NIA; goes back where the budget ends, others ask for something, or too
 * many calls are open.
 */
function begin(c: Code, { concurrent, state }: LinkVcpu): void {
  c.fix(STATE_BLOCK, state);
  c.get(STATE_BLOCK);
  c.get(NIA);
  c.memory("i64.store", STATE.NIA.offset);
  c.get(STATE_BLOCK);
  c.memory("i32.load", STATE.BUDGET.offset);
  c.i32(REGION_RESERVE);
  c.op("i32.le_s");
  c.get(DEPTH);
  c.i32(DEEPEST);
  c.op("i32.gt_u");
  c.op("i32.or");
  if (concurrent) {
    c.get(STATE_BLOCK);
    c.memory("i32.atomic.load", STATE.REQUEST.offset);
    c.op("i32.or");
  }
  c.if(false);
  giveUp(c);
  c.end();
}

/** Goes to the region that the record, whose address is pushed, leads to. */
function enter(c: Code, { handler, type }: { handler: number; type: number }) {
  c.memory("i32.load", 0);
  c.set(handler);
  c.get(handler);
  c.i32(FIRST_REGION_RECORD);
  c.op("i32.lt_u");
  c.if(false);
  giveUp(c);
  c.end();
  c.get(STATE_BLOCK);
  c.get(DEPTH);
  c.get(NIA);
  c.get(handler);
  c.i32(REGION_SLOT_SHIFT);
  c.op("i32.shr_u");
  c.returnCallIndirect(type);
}

function defineAnywhere(module: ModuleBuilder, vcpu: LinkVcpu): number {
  const type = module.type(HANDLER);
  const { index, code: c } = module.function({
    parameters: ["i32", "i32", "i64"],
    results: ["i32"],
  });
  const entry = c.local("i32");
  begin(c, vcpu);
  pushCodeEntry(c, () => c.get(NIA));
  c.set(entry);
  pushCodeTags(c, entry, NIA);
  c.op("i64.ne");
  c.if(false);
  giveUp(c);
  c.end();
  c.get(entry);
  c.memory("i32.load", CODE_ENTRY.decoded);
  addRecord(c, NIA);
  enter(c, { handler: entry, type });
  return index;
}

function defineRecord(module: ModuleBuilder, vcpu: LinkVcpu): number {
  const type = module.type(HANDLER);
  const { index, code: c } = module.function({
    parameters: ["i32", "i32", "i64", "i32"],
    results: ["i32"],
  });
  begin(c, vcpu);
  c.get(3);
  enter(c, { handler: c.local("i32"), type });
  return index;
}
