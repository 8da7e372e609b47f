/**
 * The interpreter: a WebAssembly module that runs predecoded instructions.
 *
 * `run(state, budget)` is one function. Its loop reads a record (handler
 * number, instruction word), branches by the number to a handler that stands
 * in the loop, or calls one that is a function; both are emitted from the
 * rows' meanings. A record that is not decoded yet has handler number 0.
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
import type { Instruction, IsaVersion } from "../isa/row.ts";
import { MSR, STATE } from "../state.ts";
import type { Label, Local } from "../wasm/code.ts";
import { ModuleBuilder } from "../wasm/module.ts";
import { emittedFields, Emitter } from "./emitter/mod.ts";
import { type Frame, type Mode, STATUS, type Status } from "./emitter/frame.ts";
import { HOT_ROWS, HOT_VARIANTS, isRareVariant } from "./hot.ts";
import type { MemoryLayout } from "./layout.ts";
import { MMIO_EXCEPTION, ModuleRuntime } from "./runtime.ts";
import { enumerateVariants, type Variant, type Variants } from "./variants.ts";

/** Which interpreter to build. */
export interface InterpreterOptions extends Mode {
  readonly layout: MemoryLayout;
  /** Looks at the budget after every instruction, not only at branches. */
  readonly exact: boolean;
}

/** An interpreter's binary module. */
export interface InterpreterModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Handler numbers that are not a variant's. */
const DECODE = 0;
const FIRST_HOT = 1;

/** The handlers of one version of the ISA, hot ones first, by number. */
export class HandlerTable {
  readonly hot: readonly Variant[];
  readonly cold: readonly Variant[];
  /** Number of the handler of words that no row describes. */
  readonly unknown: number;
  readonly #variants: Variants;
  readonly #numbers: Int32Array;

  constructor(isa: readonly Instruction[], version: IsaVersion) {
    this.#variants = enumerateVariants(isa, version);
    const { list } = this.#variants;
    this.hot = list.filter(isHot);
    this.cold = list.filter((variant) => !isHot(variant));
    this.unknown = FIRST_HOT + this.hot.length;
    const numbers = new Map<Variant, number>();
    this.hot.forEach((v, i) => numbers.set(v, FIRST_HOT + i));
    this.cold.forEach((v, i) => numbers.set(v, this.unknown + 1 + i));
    this.#numbers = Int32Array.from(list, (v) => numbers.get(v) ?? 0);
  }

  /** Handler number of an instruction word at its place in the page. */
  decode(word: number, place: number): number {
    const index = this.#variants.find(word, place);
    return index < 0 ? this.unknown : this.#numbers[index] ?? this.unknown;
  }

  /** The row of an instruction word, if there is one. */
  instruction(word: number): Instruction | undefined {
    return this.#variants.decode(word >>> 0);
  }

  /** Handler numbers in use; regions get those from here. */
  get count(): number {
    return this.unknown + 1 + this.cold.length;
  }

  /** What a handler number stands for, in words. */
  nameOf(number: number): string {
    if (number === DECODE) return "(not decoded)";
    if (number === this.unknown) return "(unknown)";
    return (this.hot[number - FIRST_HOT] ??
      this.cold[number - this.unknown - 1])?.name ?? "(none)";
  }
}

function isHot({ name, instruction }: Variant): boolean {
  return HOT_VARIANTS.has(name) ||
    HOT_ROWS.has(instruction.name) && !isRareVariant(name);
}

/** Emits the interpreter for one mode of the thread. */
export function emitInterpreter(
  table: HandlerTable,
  options: InterpreterOptions,
): Uint8Array<ArrayBuffer> {
  const { layout } = options;
  const module = new ModuleBuilder({
    initial: layout.pages,
    maximum: layout.pages,
  });
  const runtime = new ModuleRuntime(module, layout, options);
  const handlerType = module.type(HANDLER);
  const functions = emitColdHandlers(module, runtime, table);
  const run = module.function({
    parameters: ["i32", "i32"],
    results: ["i32"],
  });
  new RunLoop(run.code, runtime, { table, handlerType, exact: options.exact })
    .emit();
  module.export("run", run.index);
  module.export("synchronize", runtime.synchronize);
  module.export("dropAll", runtime.dropAll);
  module.export("dropCode", runtime.dropCode);
  module.export("interrupt", runtime.interruptNow);
  for (const bytes of [1, 2, 4, 8, 16] as const) {
    module.export(`load${bytes}`, runtime.loadSlow(bytes));
  }
  for (const bytes of [1, 2, 4, 8] as const) {
    module.export(`store${bytes}`, runtime.storeSlow(bytes));
  }
  module.export("resolve", runtime.resolve);
  module.table("handlers", functions);
  return module.bytes();
}

const HANDLER = {
  parameters: ["i32", "i32", "i64"],
  results: ["i32"],
} as const;

/** One function per cold variant; table slots of the others hold `unknown`. */
function emitColdHandlers(
  module: ModuleBuilder,
  runtime: ModuleRuntime,
  table: HandlerTable,
): number[] {
  const unknown = module.function(HANDLER);
  {
    const m = new Emitter(handlerFrame(unknown.code), runtime);
    unknown.code.get(1);
    unknown.code.call(runtime.unknown);
    m.program("illegal");
    unknown.code.i32(STATUS.next);
  }
  const slots = new Array<number>(table.unknown + 1).fill(unknown.index);
  for (const { instruction, known } of table.cold) {
    const { index, code } = module.function(HANDLER);
    const m = new Emitter(handlerFrame(code), runtime);
    instruction.execute(m, emittedFields(instruction.fields, known));
    code.i32(STATUS.next);
    slots.push(index);
  }
  return slots;
}

/** A handler that is a function: (state, word, cia) → status. */
function handlerFrame(code: Frame["code"]): Frame {
  return {
    code,
    state: 0,
    word: 1,
    pushCia: () => code.get(2),
    leave(status) {
      code.i32(STATUS[status]);
      code.return();
    },
    jump(target) {
      code.get(0);
      code.get(target);
      code.memory("i64.store", STATE.NIA.offset);
      code.i32(STATUS.jump);
      code.return();
    },
  };
}

/** Writes the function `run`. */
class RunLoop {
  readonly #code: Frame["code"];
  readonly #runtime: ModuleRuntime;
  readonly #table: HandlerTable;
  readonly #handlerType: number;
  readonly #exact: boolean;
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
    { table, handlerType, exact }: {
      table: HandlerTable;
      handlerType: number;
      exact: boolean;
    },
  ) {
    this.#code = code;
    this.#runtime = runtime;
    this.#table = table;
    this.#handlerType = handlerType;
    this.#exact = exact;
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
    c.if(false);
    this.#leaveAtNia(() => c.i32(exitNumber("budget")));
    c.end();
    this.#runtime.pushCodeEntry(c, () => c.get(this.#nia));
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
    c.get(this.#q);
    c.get(this.#p);
    c.op("i32.sub");
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
      c.get(this.#q);
      c.get(this.#p);
      c.op("i32.sub");
      c.i32(0);
      c.op("i32.le_s");
      c.if(false);
      c.i32(0);
      c.set(this.#left);
      this.#pushCia();
      c.set(this.#nia);
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

  /** Handler 0: decodes the record, or leaves a page that is gone. */
  #decode({ dispatch, jump }: { dispatch: Label; jump: Label }): void {
    const c = this.#code;
    c.get(this.#state);
    c.get(this.#p);
    c.call(this.#runtime.decodeRecord);
    c.brIf(dispatch);
    this.#pushCia();
    c.set(this.#nia);
    c.get(this.#q);
    c.get(this.#p);
    c.op("i32.sub");
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
    if (!this.#regions) {
      // Regions are made for another mode: what they replaced is wanted.
      c.get(this.#entry);
      c.i32(this.#table.count);
      c.op("i32.ge_u");
      c.if(false);
      this.#decodeAgain();
      c.br(again);
      c.end();
    }
    this.#storeBudget(() => {
      c.get(this.#q);
      c.get(this.#p);
      c.op("i32.sub");
    });
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
    if (this.#regions) this.#afterRegion({ raised, jump, again });
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

  /** Asks for the number of the handler that a region stands before. */
  #decodeAgain(): void {
    const c = this.#code;
    c.get(this.#word);
    this.#pushCia();
    c.op("i32.wrap_i64");
    c.i32(2);
    c.op("i32.shr_u");
    c.i32(1023);
    c.op("i32.and");
    c.call(this.#runtime.decode);
    c.set(this.#entry);
  }

  /** Goes on where a region has left off. */
  #afterRegion(
    { raised, jump, again }: { raised: Label; jump: Label; again: Label },
  ): void {
    const c = this.#code;
    c.get(this.#status);
    c.i32(STATUS.region);
    c.op("i32.ge_u");
    c.if();
    this.#ifStatus("declined");
    this.#decodeAgain();
    c.br(again);
    c.end();
    this.#takeNia();
    c.get(this.#state);
    c.memory("i32.load", STATE.BUDGET.offset);
    c.i32(3);
    c.op("i32.shl");
    c.set(this.#left);
    this.#ifStatus("region");
    c.br(jump);
    c.end();
    // As for a fetch that raises: p is 0, so delta alone is the address.
    c.i32(0);
    c.set(this.#p);
    c.get(this.#nia);
    c.set(this.#delta);
    c.get(this.#left);
    c.set(this.#q);
    c.br(raised);
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
    c.get(this.#q);
    c.get(this.#p);
    c.op("i32.sub");
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
        c.get(this.#q);
        c.get(this.#p);
        c.op("i32.sub");
        c.i32(8);
        c.op("i32.sub");
        c.op("i32.add");
        c.set(this.#q);
        c.get(target);
        c.set(this.#p);
        c.get(this.#q);
        c.get(target);
        c.op("i32.gt_s");
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
