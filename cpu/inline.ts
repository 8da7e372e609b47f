/**
 * The accelerator that runs vCPUs on the caller's thread, one at a time.
 *
 * @module
 */
import {
  type Accelerator,
  type CpuModel,
  type Exit,
  PVR,
} from "./accelerator.ts";
import { HandlerTable } from "./engine/handler_table.ts";
import { emitInterpreter } from "./engine/interpreter.ts";
import {
  Jit,
  type JitStatistics,
  type SharedExports,
} from "./engine/jit/jit.ts";
import {
  CODE_CONTEXTS,
  CODE_TLB_BYTES,
  CONTEXTS,
  DATA_TLB_BYTES,
  DECODED_PAGE_BYTES,
  JOURNAL,
  type MemoryLayout,
} from "./engine/layout.ts";
import { SYNCHRONIZED } from "./engine/runtime.ts";
import { type ExitReason, EXITS } from "./exits.ts";
import { interruptNumber } from "./interrupts.ts";
import type { Instruction } from "./isa/row.ts";
import { probeTranslation } from "./mmu/probe.ts";
import { ISA } from "./isa/mod.ts";
import { Registers } from "./registers.ts";
import { traceInterrupt } from "./trace.ts";
import { LPCR, MSR, STATE, STATE_BYTES, type StateName } from "./state.ts";

/** What an {@linkcode InlineAccelerator} needs. */
export interface InlineOptions {
  readonly cpu: CpuModel;
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  /** The machine's timebase as a vCPU sees it, below 2^53. */
  readonly timebase: (vcpu: number) => number;
  /** Default: the interpreter alone. */
  readonly engine?: "interpreter" | "jit";
  /** Samples that make a page hot, where there is a JIT; default 2. */
  readonly jitThreshold?: number;
  /** 32 random bits; default from the host. */
  readonly random?: () => number;
}

/** Functions that an interpreter's module exports. */
interface Interpreter {
  run(state: number, budget: number): number;
  synchronize(state: number): number;
  dropAll(state: number): void;
  dropReal(state: number, page: number, bytes: number): void;
  dropCode(state: number, page: number): void;
  interrupt(state: number, number: bigint, srr1: bigint): void;
  readonly handlers: WebAssembly.Table;
}

/** MSR bits that ask for a trace interrupt after an instruction. */
const SINGLE_STEP = MSR.SE | MSR.BE;

/** MSR bits that decide which interpreter runs, and how. */
const MODE = MSR.SF | MSR.LE | SINGLE_STEP;

const EVERY_RESET = {
  AMOR: (1n << 64n) - 1n,
  /** FC: the counters are frozen. */
  MMCR0: 0x8000_0000n,
  /** Each of the relative priorities 1 to 7 at its default. */
  RPR: 0x103_070f_1f3fn,
} as const;

/** What registers hold after reset, where that is not 0 (user's manuals). */
const RESET: Readonly<Record<CpuModel, { [name in StateName]?: bigint }>> = {
  power8: EVERY_RESET,
  // EC: LPCR[PECE] says what ends a stop.
  power9: { ...EVERY_RESET, PSSCR: 0x10_0000n },
};

/** Instructions between two looks at what others ask for: about 1 ms. */
const LONGEST_RUN = 1 << 18;

/** TIMEBASE_UNTIL where the last reading serves no longer. */
const NO_TIMEBASE = 0x7fff_ffff;

/** Registers on which translations depend that the engine has kept. */
const TRANSLATION: ReadonlySet<StateName> = new Set<StateName>([
  "AMR",
  "HRMOR",
  "IAMR",
  "LPCR",
  "LPIDR",
  "PAPR",
  "PIDR",
  "PRTBL",
  "PTCR",
  "PVR",
  "SLBE",
  "SLBV",
]);

/** Unknown instruction words that are counted one by one. */
const UNKNOWN_WORDS = 1024;

/** Primary and extended opcode: what further words are counted by. */
const OPCODE_BITS = 0xfc00_07ff;

const TABLES = new Map<CpuModel, HandlerTable>();

/** The handlers of a processor, enumerated once. */
export function handlersOf(cpu: CpuModel): HandlerTable {
  let table = TABLES.get(cpu);
  if (!table) {
    table = new HandlerTable(ISA, cpu === "power8" ? "2.07" : "3.0");
    TABLES.set(cpu, table);
  }
  return table;
}

/** Runs all vCPUs on one thread. */
export class InlineAccelerator implements Accelerator {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly unknown = new Map<number, number>();
  readonly #registers: readonly Registers[];
  readonly #options: InlineOptions;
  readonly #table: HandlerTable;
  /** By mode: LE, SF, exact as bits 0, 1, 2. */
  readonly #interpreters: (Interpreter | undefined)[] = [];
  /** The compilers of the interpreters that have one. */
  readonly #jits = new Map<Interpreter, Jit>();
  readonly #view: DataView;
  readonly #words: Int32Array;

  constructor(options: InlineOptions) {
    this.#options = options;
    this.memory = options.memory;
    this.layout = options.layout;
    this.#table = handlersOf(options.cpu);
    this.#view = new DataView(this.memory.buffer);
    this.#words = new Int32Array(this.memory.buffer);
    this.#registers = this.layout.vcpus.map(({ state }) =>
      new Registers(this.memory, state)
    );
    this.layout.vcpus.forEach((_, vcpu) => this.reset(vcpu));
  }

  run(vcpu: number, budget: number): Exit {
    return this.#run(vcpu, budget, { exact: false });
  }

  /**
   * Runs exactly `count` instructions, or fewer where one leaves the engine.
   * For debuggers and tests: slower than {@linkcode run}.
   */
  step(vcpu: number, count = 1): Exit {
    return this.#run(vcpu, count, { exact: true });
  }

  #run(vcpu: number, budget: number, { exact }: { exact: boolean }): Exit {
    const state = this.#state(vcpu);
    const registers = this.#of(vcpu);
    let left = budget;
    let reason: ExitReason = "budget";
    while (left > 0 && (reason === "budget" || reason === "mode")) {
      if (this.#kicked(state)) {
        reason = "kick";
        break;
      }
      // An access that the machine has served is completed, and then pending
      // interrupts are looked at again.
      const served = registers.low("MMIO_DONE") !== 0;
      const count = served ? 1 : Math.min(left, LONGEST_RUN);
      const start = registers.number("INSTRUCTIONS");
      registers.setNumber("RUN_END", start + count);
      registers.setLow("BUDGET", count);
      registers.setLow("TIMEBASE_UNTIL", NO_TIMEBASE);
      reason = this.#runInMode(vcpu, count, { exact });
      if (served) registers.setLow("MMIO_DONE", 0);
      const done = count - (registers.low("BUDGET") | 0);
      registers.setNumber("INSTRUCTIONS", start + done);
      left -= done;
    }
    return this.#exit(registers, reason);
  }

  /** Runs in the mode of MSR, as long as that stays. */
  #runInMode(
    vcpu: number,
    count: number,
    { exact }: { exact: boolean },
  ): ExitReason {
    const state = this.#state(vcpu);
    const registers = this.#of(vcpu);
    for (;;) {
      const mode = registers.get("MSR") & MODE;
      const stepping = (mode & SINGLE_STEP) !== 0n;
      const interpreter = this.#interpreter(vcpu, {
        exact: exact || stepping,
      });
      if (interpreter.synchronize(state) === SYNCHRONIZED.checkstop) {
        return "checkstop";
      }
      // An interrupt may have been taken, in another mode.
      if ((registers.get("MSR") & MODE) !== mode) continue;
      if (stepping) return this.#step(vcpu, interpreter);
      const reason = interpreter.run(state, count);
      if ((registers.low("BUDGET") | 0) <= 0) {
        this.#jits.get(interpreter)?.sample(vcpu);
      }
      return EXITS[reason] ?? "budget";
    }
  }

  #kicked(state: number): boolean {
    return Atomics.exchange(
      this.#words,
      (state + STATE.KICK.offset) >> 2,
      0,
    ) !== 0;
  }

  /** One instruction, then the trace interrupt unless another came first. */
  #step(vcpu: number, interpreter: Interpreter): ExitReason {
    const registers = this.#of(vcpu);
    const msr = registers.get("MSR");
    const before = registers.low("INTERRUPTS");
    const instruction = this.#nextInstruction(vcpu, registers);
    const start = registers.number("INSTRUCTIONS");
    const count = registers.low("BUDGET");
    registers.setNumber("RUN_END", start + 1);
    const reason = EXITS[interpreter.run(this.#state(vcpu), 1)] ?? "budget";
    const undone = registers.low("BUDGET");
    registers.setLow("BUDGET", count - 1 + undone);
    registers.setNumber("RUN_END", start + count);
    const completed = reason === "budget" &&
      registers.low("INTERRUPTS") === before;
    const srr1 = completed ? traceInterrupt(instruction, msr) : undefined;
    if (srr1 !== undefined) {
      interpreter.interrupt(
        this.#state(vcpu),
        BigInt(interruptNumber("trace")),
        srr1,
      );
    }
    return reason;
  }

  /** The row of the instruction at NIA, unless its fetch would raise. */
  #nextInstruction(
    vcpu: number,
    registers: Registers,
  ): Instruction | undefined {
    const { ram, ramBytes, hashTable, hashTableBytes } = this.layout;
    const place = probeTranslation({
      memory: this.memory,
      stateOffset: this.#state(vcpu),
      ramOffset: ram,
      ramBytes,
      hashTable: { offset: hashTable, bytes: hashTableBytes },
    }, { ea: registers.get("NIA"), access: "fetch" });
    if (!("real" in place) || place.real > BigInt(ramBytes - 4)) return;
    const littleEndian = (registers.low("MSR") & 1) !== 0;
    return this.#table.instruction(
      this.#view.getUint32(ram + Number(place.real), littleEndian),
    );
  }

  #exit(registers: Registers, reason: ExitReason): Exit {
    switch (reason) {
      case "mmioLoad":
      case "mmioStore":
        return {
          reason: "mmio",
          address: registers.get("EXIT_VALUE", 0),
          value: registers.get("EXIT_VALUE", 1),
          bytes: registers.low("EXIT_VALUE", 2),
          store: reason === "mmioStore",
        };
      case "message":
        return { reason, value: registers.get("EXIT_VALUE", 0) };
      case "hypercall":
      case "attn":
      case "kick":
        return { reason };
      case "checkstop":
        return {
          reason,
          message: `machine check at 0x${
            registers.get("NIA").toString(16)
          } while MSR[ME] = 0`,
        };
      case "wait":
      case "stop":
        return { reason: "halt" };
      default:
        return { reason: "budget" };
    }
  }

  completeMmio(vcpu: number, value: bigint): void {
    const registers = this.#of(vcpu);
    registers.set("EXIT_VALUE", value, 1);
    registers.setLow("MMIO_DONE", 1);
  }

  kick(vcpu: number): void {
    Atomics.store(
      this.#words,
      (this.#state(vcpu) + STATE.KICK.offset) >> 2,
      1,
    );
  }

  getOneReg(vcpu: number, name: StateName, index = 0): bigint {
    return this.#of(vcpu).get(name, index);
  }

  setOneReg(
    vcpu: number,
    name: StateName,
    value: bigint,
    { mask, index = 0 }: { mask?: bigint; index?: number } = {},
  ): void {
    const registers = this.#of(vcpu);
    const old = mask === undefined ? 0n : registers.get(name, index) & ~mask;
    const bits = mask === undefined ? value : value & mask;
    registers.set(name, old | bits, index);
    if (TRANSLATION.has(name)) this.dropTranslations(vcpu);
  }

  setPending(vcpu: number, bits: number, on: boolean): void {
    const at = (this.#state(vcpu) + STATE.PENDING.offset) >> 2;
    if (on) Atomics.or(this.#words, at, bits);
    else Atomics.and(this.#words, at, ~bits);
  }

  reset(vcpu: number): void {
    const { state } = this.#block(vcpu);
    new Uint8Array(this.memory.buffer, state, STATE_BYTES).fill(0);
    const registers = this.#of(vcpu);
    registers.set("PVR", BigInt(PVR[this.#options.cpu]));
    registers.set("PIR", BigInt(vcpu));
    registers.set("VCPU", BigInt(vcpu));
    registers.set("RESERVE_ADDRESS", ~0n);
    registers.set("LPCR", LPCR.LPES);
    for (const [name, value] of Object.entries(RESET[this.#options.cpu])) {
      registers.set(name as StateName, value);
    }
    this.#forgetCode(vcpu);
    this.dropTranslations(vcpu);
  }

  /** Gives all decoded pages back: the register block forgot them. */
  #forgetCode(vcpu: number): void {
    const { codeMap } = this.#block(vcpu);
    const pages = this.layout.ramBytes / 4096;
    const bytes = new Uint8Array(this.memory.buffer);
    // Untouched pages stay untouched: only what is mapped is cleared.
    for (const map of codeMap) {
      const entries = new Uint32Array(this.memory.buffer, map, pages);
      entries.forEach((page, i) => {
        if (page === 0) return;
        entries[i] = 0;
        bytes.fill(0, page, page + DECODED_PAGE_BYTES);
      });
    }
  }

  dropTranslations(vcpu: number): void {
    const { codeTlb, dataTlb, journals, state } = this.#block(vcpu);
    const bytes = new Uint8Array(this.memory.buffer);
    bytes.fill(0xff, codeTlb, codeTlb + CODE_CONTEXTS * CODE_TLB_BYTES);
    bytes.fill(0xff, dataTlb, dataTlb + CONTEXTS * DATA_TLB_BYTES);
    bytes.fill(0, journals, journals + 2 * JOURNAL.bytes);
    this.#view.setUint32(state + STATE.TLB_USER_CODE.offset, 0, true);
  }

  dropTranslationsTo(address: number, bytes: number): void {
    const end = Math.min(address + bytes, this.layout.ramBytes);
    const interpreter = this.#interpreters.find((one) => one !== undefined);
    // Without an interpreter nothing has been translated yet.
    if (address >= end || !interpreter) return;
    for (const { state } of this.layout.vcpus) {
      interpreter.dropReal(state, Math.floor(address / 4096), end - address);
    }
  }

  ramWritten(address: number, bytes: number): void {
    const interpreter = this.#interpreters.find((one) => one !== undefined);
    // Without an interpreter nothing has been decoded yet.
    if (bytes <= 0 || !interpreter) return;
    const first = Math.floor(address / 4096);
    const last = Math.floor((address + bytes - 1) / 4096);
    for (const { state, codeMap: [big, little] } of this.layout.vcpus) {
      for (let page = first; page <= last; page++) {
        const used = this.#words[(big >> 2) + page] !== 0 ||
          this.#words[(little >> 2) + page] !== 0;
        if (used) interpreter.dropCode(state, page);
      }
    }
  }

  /** Figures of the compilers, where there are any. */
  get jitStatistics(): JitStatistics[] {
    return [...this.#jits.values()].map(({ statistics }) => statistics);
  }

  instructions(vcpu: number): number {
    // During a run both are up to date at every call out of the engine.
    const registers = this.#of(vcpu);
    return registers.number("RUN_END") - (registers.low("BUDGET") | 0);
  }

  save(vcpu: number): Uint8Array {
    return new Uint8Array(
      this.memory.buffer,
      this.#state(vcpu),
      STATE_BYTES,
    ).slice();
  }

  restore(vcpu: number, data: Uint8Array): void {
    if (data.length !== STATE_BYTES) {
      throw new RangeError(
        `Cannot restore vCPU: expected ${STATE_BYTES} bytes, got ${data.length}`,
      );
    }
    this.reset(vcpu);
    new Uint8Array(this.memory.buffer).set(data, this.#state(vcpu));
    const registers = this.#of(vcpu);
    registers.setLow("POOL_NEXT", 0);
    registers.setLow("POOL_FREE", 0);
    registers.setLow("TLB_USER_CODE", 0);
    registers.set("RESERVE_ADDRESS", ~0n);
  }

  #block(vcpu: number) {
    const block = this.layout.vcpus[vcpu];
    if (!block) throw new RangeError(`Cannot find vCPU: ${vcpu}`);
    return block;
  }

  #state(vcpu: number): number {
    return this.#block(vcpu).state;
  }

  #of(vcpu: number): Registers {
    const registers = this.#registers[vcpu];
    if (!registers) throw new RangeError(`Cannot find vCPU: ${vcpu}`);
    return registers;
  }

  /** A guest can invent words without end: only so many are told apart. */
  #countUnknown(word: number): void {
    const exact = this.unknown.has(word) || this.unknown.size < UNKNOWN_WORDS;
    const key = exact ? word : (word & OPCODE_BITS) >>> 0;
    this.unknown.set(key, (this.unknown.get(key) ?? 0) + 1);
  }

  /** The interpreter for the thread's mode, built when first needed. */
  #interpreter(vcpu: number, { exact }: { exact: boolean }): Interpreter {
    const registers = this.#of(vcpu);
    const littleEndian = (registers.low("MSR") & 1) !== 0;
    const sixtyFour = (registers.high("MSR") >>> 31) !== 0;
    const mode = (littleEndian ? 1 : 0) | (sixtyFour ? 2 : 0) |
      (exact ? 4 : 0);
    return this.#interpreters[mode] ??= this.#instantiate({
      littleEndian,
      sixtyFour,
      exact,
    });
  }

  /** The machine's timebase, but never behind what another vCPU has read. */
  #timebase(vcpu: number): number {
    let now = this.#options.timebase(vcpu);
    if (this.#registers.length > 1) {
      for (const registers of this.#registers) {
        now = Math.max(now, registers.number("TIMEBASE_FLOOR"));
      }
    }
    return now;
  }

  #instantiate(
    mode: { littleEndian: boolean; sixtyFour: boolean; exact: boolean },
  ): Interpreter {
    const bytes = emitInterpreter(this.#table, {
      ...mode,
      layout: this.layout,
    });
    const random = this.#options.random ??
      (() => crypto.getRandomValues(new Int32Array(1))[0] ?? 0);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: {
        memory: this.memory,
        decode: (word: number, place: number) =>
          this.#table.decode(word, place),
        timebase: (vcpu: number) => this.#timebase(vcpu),
        random,
        unknown: (word: number) => this.#countUnknown(word >>> 0),
      },
    });
    const interpreter = instance.exports as unknown as Interpreter;
    if (this.#options.engine === "jit" && mode.sixtyFour && !mode.exact) {
      const { memory, layout } = this;
      this.#jits.set(
        interpreter,
        new Jit(
          {
            memory,
            layout,
            table: this.#table,
            threshold: this.#options.jitThreshold ?? 2,
          },
          mode,
          instance.exports as unknown as SharedExports,
        ),
      );
    }
    return interpreter;
  }
}
