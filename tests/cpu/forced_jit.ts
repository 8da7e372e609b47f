/**
 * The JIT as an engine that counts: whatever is to run is compiled before, and
 * a region is as long as it may run, so that a thread stops after exactly as
 * many instructions as it was told. Nothing of 64-bit code that a row describes
 * runs elsewhere, or this throws.
 *
 * @module
 */
import type { CpuModel } from "../../cpu/accelerator.ts";
import { STATUS } from "../../cpu/engine/emitter/frame.ts";
import { entryExport } from "../../cpu/engine/jit/compile.ts";
import {
  type CompiledRegion,
  RegionCompiler,
} from "../../cpu/engine/jit/compiler.ts";
import {
  SHARED_FUNCTIONS,
  type SharedExports,
} from "../../cpu/engine/jit/runtime.ts";
import {
  DECODED_PAGE_OWNER,
  DECODED_PAGE_SERIAL,
  type MemoryLayout,
  RECORD_BYTES,
} from "../../cpu/engine/layout.ts";
import { MMIO_EXCEPTION, SYNCHRONIZED } from "../../cpu/engine/runtime.ts";
import { type ExitReason, EXITS } from "../../cpu/exits.ts";
import {
  type Interpreter,
  Interpreters,
} from "../../cpu/inline/interpreters.ts";
import { Kept } from "../../cpu/inline/kept.ts";
import { MODE, modeOf } from "../../cpu/inline/mode.ts";
import { forgetEngine, resetRegisters } from "../../cpu/inline/reset.ts";
import { Runner } from "../../cpu/inline/runner.ts";
import { interruptNumber } from "../../cpu/interrupts.ts";
import { Registers } from "../../cpu/registers.ts";
import { MSR, STATE_BYTES } from "../../cpu/state.ts";

/** Instructions of a region at most; fewer than what regions leave alone. */
const LONGEST = 256;

/** Regions that are kept for when the same code runs again. */
const MOST_KEPT = 512;

type Handler = (state: number, depth: number, address: bigint) => number;

interface Region extends CompiledRegion {
  readonly run: Handler;
}

/** What there is to run. */
export interface ForcedJitOptions {
  readonly cpu: CpuModel;
  readonly memory: WebAssembly.Memory;
  /** Of one vCPU. */
  readonly layout: MemoryLayout;
  /** Instructions of a region at most, up to 256, the default. */
  readonly longest?: number | undefined;
}

/** Runs the first vCPU in regions. */
export class ForcedJit {
  /** Instructions that ran in regions. */
  inRegions = 0;
  readonly #options: ForcedJitOptions;
  readonly #longest: number;
  readonly #interpreters: Interpreters;
  readonly #kept: Kept;
  readonly #runner: Runner;
  readonly #compiler: RegionCompiler;
  readonly #registers: Registers;
  readonly #view: DataView;
  readonly #regions = new Map<string, Region>();

  constructor(options: ForcedJitOptions) {
    const { cpu, memory, layout, longest = LONGEST } = options;
    this.#options = options;
    this.#longest = Math.min(longest, LONGEST);
    this.#view = new DataView(memory.buffer);
    this.#registers = new Registers(memory, this.#block.state);
    this.#interpreters = new Interpreters({
      cpu,
      memory,
      layout,
      timebase: () =>
        this.#registers.number("RUN_END") - this.#registers.low("BUDGET"),
      random: () => crypto.getRandomValues(new Int32Array(1))[0] ?? 0,
      engine: "interpreter",
      jitThreshold: 0,
      jitInBackground: false,
    });
    this.#kept = new Kept(memory, layout, this.#interpreters);
    this.#runner = new Runner(memory, layout, this.#interpreters);
    const { table } = this.#interpreters;
    this.#compiler = new RegionCompiler(memory, layout, table);
    this.reset();
  }

  get #block() {
    const block = this.#options.layout.vcpus[0];
    if (!block) throw new RangeError("Cannot run: there is no vCPU");
    return block;
  }

  reset(): void {
    const { cpu, memory } = this.#options;
    new Uint8Array(memory.buffer, this.#block.state, STATE_BYTES).fill(0);
    resetRegisters(this.#registers, { cpu, vcpu: 0 });
    this.#kept.forgetCode(this.#block);
    this.#kept.dropTranslations(this.#block);
  }

  refresh(): void {
    this.#kept.dropTranslations(this.#block);
    this.#kept.ramWritten(0, this.#options.layout.ramBytes);
  }

  save(): Uint8Array {
    const { buffer } = this.#options.memory;
    return new Uint8Array(buffer, this.#block.state, STATE_BYTES).slice();
  }

  restore(saved: Uint8Array): void {
    this.reset();
    const { buffer } = this.#options.memory;
    new Uint8Array(buffer).set(saved, this.#block.state);
    forgetEngine(this.#registers);
  }

  /** Runs so many instructions, or fewer where the thread leaves. */
  run(instructions: number): ExitReason {
    let left = instructions;
    let reason: ExitReason = "budget";
    while (left > 0 && (reason === "budget" || reason === "mode")) {
      const before = this.#instructions;
      reason = this.#go(left);
      left -= this.#instructions - before;
    }
    return reason;
  }

  get #instructions(): number {
    return this.#registers.number("INSTRUCTIONS");
  }

  #go(left: number): ExitReason {
    const registers = this.#registers;
    const { state } = this.#block;
    const mode = modeOf(registers);
    const plain = registers.low("MMIO_DONE") === 0 &&
      registers.low("REQUEST") === 0 &&
      registers.low("FP_COUNTING") === 0;
    const compiles = (mode & MODE.sixtyFour) !== 0 &&
      (mode & MODE.singleStep) === 0;
    if (!plain || !compiles) return this.#interpret();
    const interpreter = this.#interpreters.get(mode, { exact: false });
    if (interpreter.synchronize(state) === SYNCHRONIZED.checkstop) {
      return "checkstop";
    }
    if (modeOf(registers) !== mode) return "mode";
    const count = Math.min(left, this.#longest);
    const region = this.#region(interpreter, {
      littleEndian: (mode & MODE.littleEndian) !== 0,
      limit: count,
    });
    if (!region) return this.#interpret();
    const start = this.#instructions;
    registers.setNumber("RUN_END", start + count);
    registers.setLow("BUDGET", count);
    registers.setLow("TIMEBASE_UNTIL", 0x7fff_ffff);
    const nia = registers.get("NIA");
    const status = region.run(state, 0, nia);
    const reason = this.#leave(interpreter, status);
    const done = count - (registers.low("BUDGET") | 0);
    if (done > count) throw new Error(`Region went on: ${done} of ${count}`);
    this.inRegions += done;
    registers.setNumber("INSTRUCTIONS", start + done);
    return reason;
  }

  #interpret(): ExitReason {
    const registers = this.#registers;
    const { state } = this.#block;
    return this.#runner.run({ number: 0, state, registers }, 1, {
      exact: true,
    });
  }

  /** What the interpreter's loop does when a region comes back. */
  #leave(interpreter: Interpreter, status: number): ExitReason {
    const registers = this.#registers;
    const { state } = this.#block;
    const exit = () => EXITS[registers.low("EXIT")] ?? "budget";
    switch (status) {
      case STATUS.region:
        return "budget";
      case STATUS.regionExit:
        return exit();
      case STATUS.regionSynchronize:
        return "mode";
      case STATUS.regionRaised: {
        const exception = registers.low("EXCEPTION");
        registers.setLow("EXCEPTION", 0);
        if (exception === MMIO_EXCEPTION) return exit();
        registers.setLow("BUDGET", registers.low("BUDGET") - 1);
        if (
          exception === interruptNumber("machineCheck") &&
          (registers.get("MSR") & MSR.ME) === 0n
        ) return "checkstop";
        const srr1 = registers.get("EXCEPTION_SRR1");
        interpreter.interrupt(state, BigInt(exception), srr1);
        return "mode";
      }
      default:
        throw new Error(`A region has answered ${status}`);
    }
  }

  /** The region at NIA; nothing where its fetch raises, or no row is there. */
  #region(
    interpreter: Interpreter,
    { littleEndian, limit }: { littleEndian: boolean; limit: number },
  ): Region | undefined {
    const registers = this.#registers;
    const { state } = this.#block;
    const address = registers.get("NIA");
    const page = interpreter.fetch(state, address);
    if (page === 0) {
      registers.setLow("EXCEPTION", 0);
      return undefined;
    }
    const codeTlb = registers.low("TLB_CODE");
    // Other pages are looked at where the region goes there.
    const key = [address, page, littleEndian, limit, codeTlb].join();
    const kept = this.#regions.get(key);
    if (kept && this.#isCurrent(kept, littleEndian)) return kept;
    const compiled = this.#compiler.compile(
      { littleEndian, address, codeTlb, state, limit },
      (record) => interpreter.decodeRecord(state, record),
    );
    if (!compiled) {
      this.#checkUnknown(page + (Number(address & 0xfffn) >> 2) * RECORD_BYTES);
      return undefined;
    }
    const region = {
      ...compiled,
      run: this.#instantiate(interpreter, compiled),
    };
    if (this.#regions.size >= MOST_KEPT) this.#regions.clear();
    this.#regions.set(key, region);
    return region;
  }

  #checkUnknown(record: number): void {
    const { table } = this.#interpreters;
    const word = this.#view.getInt32(record + 4, true);
    const instruction = table.instruction(word);
    if (!instruction) return;
    throw new Error(`No region was made of ${instruction.name}`);
  }

  #isCurrent({ pages, words }: Region, littleEndian: boolean): boolean {
    const { ram } = this.#options.layout;
    const view = this.#view;
    const byNumber = new Map(pages.map((page) => [page.number, page]));
    for (const { decoded, serial, owner } of pages) {
      if (view.getUint32(decoded + DECODED_PAGE_OWNER, true) !== owner) {
        return false;
      }
      if (view.getUint32(decoded + DECODED_PAGE_SERIAL, true) !== serial) {
        return false;
      }
    }
    for (let i = 0; i < words.length; i += 2) {
      const place = words[i] ?? 0;
      const page = byNumber.get(Math.floor(place / 1024));
      if (!page) return false;
      const at = ram + (page.owner - 1) * 4096 + 4 * (place & 1023);
      if (view.getInt32(at, littleEndian) !== words[i + 1]) return false;
    }
    return true;
  }

  #instantiate(
    interpreter: Interpreter,
    { bytes }: CompiledRegion,
  ): Handler {
    const shared = interpreter as unknown as SharedExports;
    const env: Record<string, WebAssembly.ImportValue> = {
      memory: this.#options.memory,
      handlers: shared.handlers,
    };
    for (const name of SHARED_FUNCTIONS) {
      env[name] = shared[name] as WebAssembly.ImportValue;
    }
    const module = new WebAssembly.Module(bytes);
    const { exports } = new WebAssembly.Instance(module, { env });
    return exports[entryExport(0)] as Handler;
  }
}
