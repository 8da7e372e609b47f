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
import type { MemoryLayout } from "./engine/layout.ts";
import { exitNumber, EXITS } from "./exits.ts";
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
  dropCode(state: number, page: number): void;
  interrupt(state: number, number: bigint, srr1: bigint): void;
  readonly handlers: WebAssembly.Table;
}

/** MSR as its two words: SF is the top bit, LE, BE and SE are in the low one. */
const SINGLE_STEP = Number(MSR.SE | MSR.BE);

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
    const state = this.#state(vcpu);
    const registers = this.#of(vcpu);
    const start = registers.number("INSTRUCTIONS");
    registers.setNumber("RUN_END", start + budget);
    let left = budget;
    let reason = exitNumber("budget");
    while (left > 0) {
      const stepping = (registers.low("MSR") & SINGLE_STEP) !== 0;
      const interpreter = this.#interpreter(vcpu, { exact: stepping });
      if (interpreter.synchronize(state) !== 0 && !stepping) continue;
      if (stepping) {
        reason = this.#step(vcpu, interpreter);
        left -= 1;
      } else {
        reason = interpreter.run(state, left);
        left = registers.low("BUDGET") | 0;
        if (left <= 0) this.#jits.get(interpreter)?.sample(vcpu);
      }
      const name = EXITS[reason];
      if (name !== "mode" && name !== "budget") break;
      if (this.#kicked(state)) return this.#finish(registers, left, "kick");
    }
    registers.setLow("BUDGET", left);
    registers.setNumber("INSTRUCTIONS", start + budget - left);
    return this.#exit(registers, EXITS[reason] ?? "budget");
  }

  /**
   * Runs exactly `count` instructions, or fewer where one leaves the engine.
   * For debuggers and tests: slower than {@linkcode run}.
   */
  step(vcpu: number, count = 1): Exit {
    const state = this.#state(vcpu);
    const registers = this.#of(vcpu);
    const start = registers.number("INSTRUCTIONS");
    let left = count;
    let reason = exitNumber("budget");
    while (left > 0) {
      const interpreter = this.#interpreter(vcpu, { exact: true });
      if (interpreter.synchronize(state) !== 0) {
        if ((registers.low("MSR") & SINGLE_STEP) === 0) continue;
      }
      registers.setNumber("RUN_END", start + count);
      if ((registers.low("MSR") & SINGLE_STEP) !== 0) {
        reason = this.#step(vcpu, interpreter);
        left -= 1;
      } else {
        reason = interpreter.run(state, left);
        left = registers.low("BUDGET") | 0;
      }
      const name = EXITS[reason];
      if (name !== "mode" && name !== "budget") break;
    }
    registers.setNumber("INSTRUCTIONS", start + count - left);
    return this.#exit(registers, EXITS[reason] ?? "budget");
  }

  #finish(registers: Registers, left: number, reason: "kick"): Exit {
    registers.setLow("BUDGET", left);
    registers.setNumber("INSTRUCTIONS", registers.number("RUN_END") - left);
    return { reason };
  }

  #kicked(state: number): boolean {
    return Atomics.exchange(
      this.#words,
      (state + STATE.KICK.offset) >> 2,
      0,
    ) !== 0;
  }

  /** One instruction, then the trace interrupt unless another came first. */
  #step(vcpu: number, interpreter: Interpreter): number {
    const registers = this.#of(vcpu);
    const msr = registers.get("MSR");
    const before = registers.low("INTERRUPTS");
    const instruction = this.#nextInstruction(vcpu, registers);
    const reason = interpreter.run(this.#state(vcpu), 1);
    const completed = EXITS[reason] === "budget" &&
      registers.low("INTERRUPTS") === before;
    const srr1 = completed ? traceInterrupt(instruction, msr) : undefined;
    if (srr1 !== undefined) {
      interpreter.interrupt(
        this.#state(vcpu),
        BigInt(interruptNumber("trace")),
        srr1,
      );
      registers.setLow("INTERRUPTS", before + 1);
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

  #exit(registers: Registers, reason: (typeof EXITS)[number]): Exit {
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
    if (name === "LPCR" || name === "PRTBL" || name === "PIDR") {
      this.dropTranslations(vcpu);
    }
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
    this.#forgetCode(vcpu);
    this.dropTranslations(vcpu);
  }

  /** Gives all decoded pages back: the register block forgot them. */
  #forgetCode(vcpu: number): void {
    const { pool, codeMap, codeTlb, dataTlb } = this.#block(vcpu);
    const mapBytes = this.layout.ramBytes / 1024;
    const bytes = new Uint8Array(this.memory.buffer);
    // Untouched pages stay untouched: only what is mapped is cleared.
    const view = this.#view;
    let end = pool;
    for (const map of codeMap) {
      for (let at = map; at < map + mapBytes; at += 4) {
        const page = view.getUint32(at, true);
        if (page === 0) continue;
        view.setUint32(at, 0, true);
        bytes.fill(0, page, page + 8208);
        end = Math.max(end, page);
      }
    }
    bytes.fill(0xff, codeTlb, dataTlb);
  }

  dropTranslations(vcpu: number): void {
    const { codeTlb, dataTlb, pool } = this.#block(vcpu);
    new Uint8Array(this.memory.buffer).fill(0xff, codeTlb, dataTlb);
    new Uint8Array(this.memory.buffer).fill(0xff, dataTlb, pool);
  }

  ramWritten(address: number, bytes: number): void {
    const first = Math.floor(address / 4096);
    const last = Math.floor((address + bytes - 1) / 4096);
    this.layout.vcpus.forEach(({ state, codeMap }) => {
      for (let page = first; page <= last; page++) {
        const used = codeMap.some((map) =>
          this.#view.getUint32(map + 4 * page, true) !== 0
        );
        if (!used) continue;
        for (const interpreter of this.#interpreters) {
          if (!interpreter) continue;
          interpreter.dropCode(state, page);
          break;
        }
      }
    });
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
        timebase: this.#options.timebase,
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
