/**
 * The accelerator that runs vCPUs on the caller's thread, one at a time.
 *
 * @module
 */
import type {
  CpuModel,
  EngineView,
  Exit,
  SingleEngine,
  TurnAccelerator,
} from "./accelerator.ts";
import { viewRegion } from "./engine/jit/inspect.ts";
import type { JitStatistics } from "./engine/jit/jit.ts";
import type { RegionView } from "./engine/jit/view.ts";
import type { MemoryLayout } from "./engine/layout.ts";
import { exitOf } from "./inline/exit.ts";
import { Interpreters } from "./inline/interpreters.ts";
import { Kept } from "./inline/kept.ts";
import { Requests } from "./inline/requests.ts";
import { askForInboxes, forgetEngine, resetRegisters } from "./inline/reset.ts";
import { Runner } from "./inline/runner.ts";
import { type OneRegOptions, writeOneReg } from "./one_reg.ts";
import { Registers } from "./registers.ts";
import { TRANSLATION } from "./translation_registers.ts";
import { MSR, STATE_BYTES, type StateName } from "./state.ts";

export { handlersOf } from "./engine/handlers_of.ts";

/** What an {@linkcode InlineAccelerator} needs. */
export interface InlineOptions {
  readonly cpu: CpuModel;
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  /** The machine's timebase as a vCPU sees it, below 2^53. */
  readonly timebase: (vcpu: number) => number;
  /** Default: the interpreter alone. */
  readonly engine?: SingleEngine | undefined;
  /**
   * Samples that make a place hot, where there is a JIT; default 2. With 0,
   * what a vCPU goes on with is compiled before, whether it has run or not: for
   * tests, and not with `jitInBackground`.
   */
  readonly jitThreshold?: number | undefined;
  /** Whether regions are compiled in a thread of their own; default false. */
  readonly jitInBackground?: boolean | undefined;
  /**
   * Whether a run may exceed its budget a little, which is quicker than to end
   * it to the instruction; default false.
   */
  readonly overruns?: boolean | undefined;
  /** 32 random bits; default from the host. */
  readonly random?: () => number;
}

function hostRandom(): number {
  return crypto.getRandomValues(new Int32Array(1))[0] ?? 0;
}

/** Runs all vCPUs on one thread. */
export class InlineAccelerator implements TurnAccelerator {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly #cpu: CpuModel;
  readonly #registers: readonly Registers[];
  readonly #interpreters: Interpreters;
  readonly #kept: Kept;
  readonly #runner: Runner;
  readonly #requests: Requests;

  constructor(options: InlineOptions) {
    const { cpu, memory, layout } = options;
    this.memory = memory;
    this.layout = layout;
    this.#cpu = cpu;
    this.#requests = new Requests(memory, layout);
    this.#registers = layout.vcpus.map(({ state }) =>
      new Registers(memory, state)
    );
    this.#interpreters = new Interpreters({
      cpu,
      memory,
      layout,
      timebase: options.timebase,
      random: options.random ?? hostRandom,
      engine: options.engine ?? "interpreter",
      jitThreshold: options.jitThreshold ?? 2,
      jitInBackground: options.jitInBackground ?? false,
      overruns: options.overruns ?? false,
    });
    this.#kept = new Kept(memory, layout, this.#interpreters);
    this.#runner = new Runner(memory, layout, this.#interpreters);
    layout.vcpus.forEach((_, vcpu) => this.reset(vcpu));
  }

  get unknown(): ReadonlyMap<number, number> {
    return this.#interpreters.unknown;
  }

  /** Figures of the compiler, where there is one. */
  get jitStatistics(): JitStatistics | undefined {
    return this.#interpreters.jitStatistics;
  }

  close(): void {
    this.#interpreters.close();
  }

  get view(): EngineView {
    return {
      statistics: this.jitStatistics,
      counter: (vcpu, name, index = 0) =>
        Number(this.getOneReg(vcpu, name, index)),
      region: (vcpu, address) => this.#viewRegion(vcpu, address),
    };
  }

  #viewRegion(vcpu: number, address: bigint): RegionView | undefined {
    const { memory, layout } = this;
    const { table } = this.#interpreters;
    const littleEndian = (this.getOneReg(vcpu, "MSR") & MSR.LE) !== 0n;
    return viewRegion({ memory, layout, table }, {
      state: this.#block(vcpu).state,
      address,
      littleEndian,
    });
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

  #run(number: number, budget: number, { exact }: { exact: boolean }): Exit {
    const registers = this.#of(number);
    const { state } = this.#block(number);
    const vcpu = { number, state, registers };
    return exitOf(registers, this.#runner.run(vcpu, budget, { exact }));
  }

  completeMmio(vcpu: number, value: bigint): void {
    const registers = this.#of(vcpu);
    registers.set("EXIT_VALUE", value, 1);
    registers.setLow("MMIO_DONE", 1);
  }

  kick(vcpu: number): void {
    this.#requests.kick(vcpu);
  }

  getOneReg(vcpu: number, name: StateName, index = 0): bigint {
    return this.#of(vcpu).get(name, index);
  }

  setOneReg(
    vcpu: number,
    name: StateName,
    value: bigint,
    options: OneRegOptions = {},
  ): void {
    writeOneReg(this.#of(vcpu), name, value, options);
    if (TRANSLATION.has(name)) this.dropTranslations(vcpu);
  }

  setPending(vcpu: number, bits: number, on: boolean): void {
    this.#requests.setPending(vcpu, bits, on);
  }

  reset(vcpu: number): void {
    const block = this.#block(vcpu);
    new Uint8Array(this.memory.buffer, block.state, STATE_BYTES).fill(0);
    resetRegisters(this.#of(vcpu), { cpu: this.#cpu, vcpu });
    if (this.layout.concurrent) askForInboxes(this.#of(vcpu));
    this.#kept.forgetCode(block);
    this.#kept.dropTranslations(block);
  }

  dropTranslations(vcpu: number): void {
    this.#kept.dropTranslations(this.#block(vcpu));
  }

  dropTranslationsTo(address: number, bytes: number): void {
    this.#kept.dropTranslationsTo(address, bytes);
  }

  ramWritten(address: number, bytes: number): void {
    this.#kept.ramWritten(address, bytes);
  }

  instructions(vcpu: number): number {
    // During a run both are up to date at every call out of the engine.
    const registers = this.#of(vcpu);
    return registers.number("RUN_END") - (registers.low("BUDGET") | 0);
  }

  save(vcpu: number): Uint8Array {
    const { state } = this.#block(vcpu);
    return new Uint8Array(this.memory.buffer, state, STATE_BYTES).slice();
  }

  restore(vcpu: number, data: Uint8Array): void {
    if (data.length !== STATE_BYTES) {
      throw new RangeError(
        `Cannot restore vCPU: expected ${STATE_BYTES} bytes, got ${data.length}`,
      );
    }
    this.reset(vcpu);
    new Uint8Array(this.memory.buffer).set(data, this.#block(vcpu).state);
    const registers = this.#of(vcpu);
    forgetEngine(registers);
    if (this.layout.concurrent) askForInboxes(registers);
  }

  #block(vcpu: number) {
    const block = this.layout.vcpus[vcpu];
    if (!block) throw new RangeError(`Cannot find vCPU: ${vcpu}`);
    return block;
  }

  #of(vcpu: number): Registers {
    const registers = this.#registers[vcpu];
    if (!registers) throw new RangeError(`Cannot find vCPU: ${vcpu}`);
    return registers;
  }
}
