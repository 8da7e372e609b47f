/**
 * The accelerator that runs each vCPU in a thread of its own, on shared memory.
 * A vCPU's thread owns its registers; who wants them holds the vCPU out of the
 * guest meanwhile.
 *
 * @module
 */
import { Worker } from "node:worker_threads";
import type {
  CpuModel,
  EngineView,
  Exit,
  ParallelAccelerator,
  SingleEngine,
} from "./accelerator.ts";
import { viewRegion } from "./engine/jit/inspect.ts";
import type { RegionView } from "./engine/jit/view.ts";
import type { MemoryLayout } from "./engine/layout.ts";
import { exitOf } from "./inline/exit.ts";
import { Interpreters } from "./inline/interpreters.ts";
import { Kept } from "./inline/kept.ts";
import { MODE } from "./inline/mode.ts";
import { Requests } from "./inline/requests.ts";
import { askForInboxes, forgetEngine, resetRegisters } from "./inline/reset.ts";
import type { OneRegOptions } from "./one_reg.ts";
import { MSR, STATE_BYTES, type StateName } from "./state.ts";
import { askClock } from "./threads/compare_clocks.ts";
import { HeldVcpu } from "./threads/held_vcpu.ts";
import { GO, type ThreadFigures, WORD } from "./threads/run_page.ts";
import type { VcpuThreadStart } from "./threads/vcpu_thread.ts";
import { TRANSLATION } from "./translation_registers.ts";

/** What a {@linkcode ThreadedAccelerator} needs. */
export interface ThreadedOptions {
  readonly cpu: CpuModel;
  readonly memory: WebAssembly.Memory;
  /** Laid out for threads. */
  readonly layout: MemoryLayout;
  readonly engine?: SingleEngine | undefined;
  /** Samples that make a page hot, where there is a JIT; default 2. */
  readonly jitThreshold?: number | undefined;
  /** Whether each thread's regions are compiled in another; default false. */
  readonly jitInBackground?: boolean | undefined;
  /**
   * Module of a vCPU's thread, which calls `runVcpuThread` with what it finds
   * in `workerData` as `vcpu`; the rest of it is `data`.
   */
  readonly worker: URL;
  readonly data: Readonly<Record<string, unknown>>;
  /** The word that is counted up, and notified, when there is an exit. */
  readonly bell: { readonly words: Int32Array; readonly index: number };
}

function addFigures(a: ThreadFigures, b: ThreadFigures): ThreadFigures {
  const names = Object.keys(a) as (keyof ThreadFigures)[];
  return Object.fromEntries(
    names.map((name) => [name, a[name] + b[name]]),
  ) as ThreadFigures;
}

/** Milliseconds for which a thread may take to end. */
const PATIENCE = 5_000;

/** Runs each vCPU in a thread of its own. */
export class ThreadedAccelerator implements ParallelAccelerator {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly #options: ThreadedOptions;
  readonly #vcpus: readonly HeldVcpu[];
  readonly #interpreters: Interpreters;
  readonly #kept: Kept;
  readonly #requests: Requests;
  #started = false;
  #closed = false;

  constructor(options: ThreadedOptions) {
    const { cpu, memory, layout } = options;
    this.memory = memory;
    this.layout = layout;
    this.#options = options;
    this.#requests = new Requests(memory, layout);
    this.#interpreters = new Interpreters({
      cpu,
      memory,
      layout,
      // This thread carries nothing out, and only makes others forget.
      timebase: () => 0,
      random: () => 0,
      engine: "interpreter",
      jitThreshold: 0,
      jitInBackground: false,
      overruns: true,
    });
    // Compiled here, for all threads.
    void this.#interpreters.modules;
    this.#interpreters.get(MODE.littleEndian | MODE.sixtyFour, {
      exact: false,
    });
    this.#kept = new Kept(memory, layout, this.#interpreters);
    this.#vcpus = layout.vcpus.map((_, vcpu) =>
      new HeldVcpu(memory, layout, vcpu)
    );
    this.#vcpus.forEach((_, vcpu) => {
      this.#startThread(vcpu);
      this.reset(vcpu);
    });
  }

  #startThread(vcpu: number): void {
    const { cpu, memory, layout, engine, jitThreshold, bell } = this.#options;
    const start: VcpuThreadStart = {
      vcpu,
      cpu,
      engine: engine ?? "interpreter",
      jitThreshold: jitThreshold ?? 2,
      jitInBackground: this.#options.jitInBackground ?? false,
      memory,
      layout,
      modules: this.#interpreters.modules,
      bell,
    };
    const worker = new Worker(this.#options.worker, {
      workerData: { ...this.#options.data, vcpu: start },
      env: {},
    });
    // What fails before the thread can say so itself.
    worker.on(
      "error",
      (error: Error) => this.#of(vcpu).page.fault = `${error}`,
    );
    worker.unref();
  }

  get unknown(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>();
    for (const { page } of this.#vcpus) {
      for (const [word, count] of page.unknown) {
        counts.set(word, (counts.get(word) ?? 0) + count);
      }
    }
    return counts;
  }

  get view(): EngineView {
    return {
      statistics: this.#options.engine === "jit"
        ? this.figures.reduce(addFigures)
        : undefined,
      counter: (vcpu, name, index = 0) =>
        Number(this.getOneReg(vcpu, name, index)),
      region: (vcpu, address) => this.#viewRegion(vcpu, address),
    };
  }

  get figures(): ThreadFigures[] {
    // A thread tells them when it leaves the guest.
    return this.#vcpus.map(({ page, hold }) => hold.do(() => page.figures));
  }

  #viewRegion(vcpu: number, address: bigint): RegionView | undefined {
    const { memory, layout } = this;
    const { table } = this.#interpreters;
    const { block: { state }, registers, hold } = this.#of(vcpu);
    return hold.do(() => {
      const littleEndian = (registers.get("MSR") & MSR.LE) !== 0n;
      return viewRegion({ memory, layout, table }, {
        state,
        address,
        littleEndian,
      });
    });
  }

  resume(vcpu: number): void {
    const { page } = this.#of(vcpu);
    if (!this.#started) {
      for (const { page } of this.#vcpus) {
        askClock(page, () => performance.now());
      }
      this.#started = true;
    }
    page.set(WORD.TURN, GO);
    page.ring();
  }

  isResumed(vcpu: number): boolean {
    return this.#of(vcpu).page.get(WORD.TURN) !== 0;
  }

  hasExit(vcpu: number): boolean {
    return this.#of(vcpu).page.exit !== undefined;
  }

  takeExit(vcpu: number): Exit | undefined {
    const { page, registers } = this.#of(vcpu);
    const reason = page.exit;
    if (reason === undefined) return undefined;
    if (reason === "fault") {
      throw new Error(`Cannot go on: vCPU ${vcpu} has failed: ${page.fault}`);
    }
    page.set(WORD.TURN, 0);
    return exitOf(registers, reason);
  }

  pause(): void {
    for (const { hold } of this.#vcpus) hold.ask();
    for (const { page, hold } of this.#vcpus) {
      while (!hold.isOut) page.wait(WORD.STATE, 1, 10);
    }
  }

  unpause(): void {
    for (const { hold } of this.#vcpus) hold.release();
  }

  withdraw(vcpu: number): void {
    const { page, hold } = this.#of(vcpu);
    hold.do(() => page.set(WORD.TURN, 0));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#vcpus.forEach(({ page }, vcpu) => {
      page.compareExchange(WORD.STOP, 0, 1);
      this.kick(vcpu);
      page.notify(WORD.CLOCK_ASKED);
      page.ring();
    });
    const limit = performance.now() + PATIENCE;
    for (const { page } of this.#vcpus) {
      // A thread that could not be loaded never says that it has ended.
      while (
        page.get(WORD.STOP) !== 2 && page.exit !== "fault" &&
        performance.now() < limit
      ) page.wait(WORD.STOP, 1, 100);
    }
  }

  completeMmio(vcpu: number, value: bigint): void {
    const { registers, hold } = this.#of(vcpu);
    hold.do(() => {
      registers.set("EXIT_VALUE", value, 1);
      registers.setLow("MMIO_DONE", 1);
    });
  }

  kick(vcpu: number): void {
    this.#requests.kick(vcpu);
  }

  getOneReg(vcpu: number, name: StateName, index = 0): bigint {
    return this.#of(vcpu).getOneReg(name, index);
  }

  setOneReg(
    vcpu: number,
    name: StateName,
    value: bigint,
    options: OneRegOptions = {},
  ): void {
    const held = this.#of(vcpu);
    held.setOneReg(name, value, options, () => {
      if (TRANSLATION.has(name)) this.#kept.dropTranslations(held.block);
    });
  }

  setPending(vcpu: number, bits: number, on: boolean): void {
    this.#requests.setPending(vcpu, bits, on);
  }

  reset(vcpu: number): void {
    const { block, registers, hold } = this.#of(vcpu);
    hold.do(() => {
      new Uint8Array(this.memory.buffer, block.state, STATE_BYTES).fill(0);
      resetRegisters(registers, { cpu: this.#options.cpu, vcpu });
      askForInboxes(registers);
      this.#kept.forgetCode(block);
      this.#kept.dropTranslations(block);
    });
  }

  dropTranslations(vcpu: number): void {
    const { block, hold } = this.#of(vcpu);
    hold.do(() => this.#kept.dropTranslations(block));
  }

  dropTranslationsTo(address: number, bytes: number): void {
    this.#kept.dropTranslationsTo(address, bytes);
  }

  ramWritten(address: number, bytes: number): void {
    this.#kept.ramWritten(address, bytes);
  }

  instructions(vcpu: number): number {
    // Not synchronised: while it runs, what it had done when it last left.
    const { registers } = this.#of(vcpu);
    return registers.number("RUN_END") - (registers.low("BUDGET") | 0);
  }

  save(vcpu: number): Uint8Array {
    const { block, hold } = this.#of(vcpu);
    return hold.do(() =>
      new Uint8Array(this.memory.buffer, block.state, STATE_BYTES).slice()
    );
  }

  restore(vcpu: number, data: Uint8Array): void {
    if (data.length !== STATE_BYTES) {
      throw new RangeError(
        `Cannot restore vCPU: expected ${STATE_BYTES} bytes, got ${data.length}`,
      );
    }
    this.reset(vcpu);
    const { block, registers, hold } = this.#of(vcpu);
    hold.do(() => {
      new Uint8Array(this.memory.buffer).set(data, block.state);
      forgetEngine(registers);
      askForInboxes(registers);
    });
  }

  #of(vcpu: number): HeldVcpu {
    const found = this.#vcpus[vcpu];
    if (!found) throw new RangeError(`Cannot find vCPU: ${vcpu}`);
    return found;
  }
}
