/**
 * A vCPU's thread: it runs the guest, and leaves to the machine what it cannot
 * serve itself.
 *
 * @module
 */
import type { CpuModel, SingleEngine } from "../accelerator.ts";
import type { MemoryLayout } from "../engine/layout.ts";
import type { ExitReason } from "../exits.ts";
import {
  type InterpreterModules,
  Interpreters,
} from "../inline/interpreters.ts";
import { Kept } from "../inline/kept.ts";
import { Requests } from "../inline/requests.ts";
import { Pace } from "../inline/pace.ts";
import { type RunnableVcpu, Runner } from "../inline/runner.ts";
import { PENDING } from "../interrupts.ts";
import { Registers } from "../registers.ts";
import { STATE } from "../state.ts";
import { answerClock } from "./compare_clocks.ts";
import { GO, IN, OUT, RunPage, WORD } from "./run_page.ts";

/** What a thread is started with, as plain data. */
export interface VcpuThreadStart {
  readonly vcpu: number;
  readonly cpu: CpuModel;
  readonly engine: SingleEngine;
  readonly jitThreshold: number;
  readonly jitInBackground: boolean;
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;
  readonly modules: InterpreterModules;
  /** What wakes the machine: it sleeps on the word. */
  readonly bell: { readonly words: Int32Array; readonly index: number };
}

/** What the machine's side of the thread gives to it. */
export interface VcpuWorld {
  /** The machine's timebase, below 2^53. */
  timebase(): number;
  /** 32 random bits. */
  random(): number;
  /** Serves what the vCPU has left for, if that can be done here. */
  serve(reason: ExitReason): boolean;
}

/** Makes what the machine's side gives, once the thread is there. */
export type BuildVcpuWorld = (
  thread: VcpuThread,
  /** Clock of the thread that has started this one, in milliseconds. */
  now: () => number,
) => VcpuWorld;

/** The fewest, where an interrupt of the decrementer is near. */
const SHORTEST_SLICE = 512;

const NO_COMPILER = {
  regions: 0,
  instructions: 0,
  wasmBytes: 0,
  emitTime: 0,
  compileTime: 0,
  regionTime: 0,
  helperTime: 0,
  unproductive: 0,
};

/** Runs one vCPU until it is told to end. */
export class VcpuThread {
  /** Place among the vCPUs. */
  readonly vcpu: number;
  readonly registers: Registers;
  readonly #start: VcpuThreadStart;
  readonly #page: RunPage;
  readonly #vcpu: RunnableVcpu;
  readonly #world: VcpuWorld;
  readonly #interpreters: Interpreters;
  readonly #runner: Runner;
  readonly #words: Int32Array;
  readonly #kept: Kept;
  readonly #requests: Requests;
  readonly #pace = new Pace();
  /** Milliseconds in engines, and serving. */
  #guest = 0;
  #served = 0;
  /** Of those, hypercalls. */
  #hypercalls = 0;

  constructor(
    start: VcpuThreadStart,
    page: RunPage,
    build: (thread: VcpuThread) => VcpuWorld,
  ) {
    const { vcpu: number, memory, layout } = start;
    const { state } = layout.vcpus[number] ?? { state: 0 };
    this.#start = start;
    this.#page = page;
    this.vcpu = number;
    this.#words = new Int32Array(memory.buffer);
    const registers = new Registers(memory, state);
    this.registers = registers;
    this.#vcpu = { number, state, registers };
    this.#interpreters = new Interpreters({
      ...start,
      // Its clock is the host's: nothing depends on where a run ends.
      overruns: true,
      timebase: () => world.timebase(),
      random: () => world.random(),
    });
    this.#runner = new Runner(memory, layout, this.#interpreters);
    this.#kept = new Kept(memory, layout, this.#interpreters);
    this.#requests = new Requests(memory, layout);
    const world = build(this);
    this.#world = world;
  }

  /** Tells that this thread has written to RAM. */
  ramWritten(address: number, bytes: number): void {
    this.#kept.ramWritten(address, bytes);
  }

  /** Makes all vCPUs forget translations that lead to a range of RAM. */
  dropTranslationsTo(address: number, bytes: number): void {
    this.#kept.dropTranslationsTo(address, bytes);
  }

  /** Raises or clears asynchronous interrupts of any vCPU. */
  setPending(vcpu: number, bits: number, on: boolean): void {
    this.#requests.setPending(vcpu, bits, on);
    const { memory, layout: { vcpus }, bell } = this.#start;
    const block = vcpus[vcpu];
    if (!on || !block) return;
    // One that the machine has to wake.
    const page = new RunPage(memory.buffer, block.run);
    if (page.get(WORD.TURN) === 0) ring(bell);
  }

  run(): void {
    try {
      this.#runUntilStopped();
    } finally {
      this.#interpreters.close();
    }
  }

  #runUntilStopped(): void {
    const page = this.#page;
    for (;;) {
      const bell = page.get(WORD.BELL);
      if (page.get(WORD.STOP) !== 0) return;
      if (page.get(WORD.TURN) !== GO || !this.#enter()) {
        page.wait(WORD.BELL, bell);
        continue;
      }
      const reason = this.#runGuest();
      if (reason === undefined) this.#leave();
      else this.#exit(reason);
    }
  }

  /** Goes in, unless somebody holds the vCPU. */
  #enter(): boolean {
    const page = this.#page;
    page.set(WORD.STATE, IN);
    if (page.get(WORD.HOLDERS) === 0) return true;
    this.#leave();
    return false;
  }

  #leave(): void {
    this.#page.figures = {
      ...this.#interpreters.jitStatistics ?? NO_COMPILER,
      guest: this.#guest,
      machine: this.#served,
      hypercalls: this.#hypercalls,
    };
    this.#page.set(WORD.STATE, OUT);
    this.#page.notify(WORD.STATE);
  }

  /** Leaves to the machine, with the reason. */
  #exit(reason: ExitReason): void {
    const page = this.#page;
    if (this.#interpreters.unknown.size > 0) {
      page.unknown = this.#interpreters.unknown;
    }
    page.exit = reason;
    this.#leave();
    ring(this.#start.bell);
  }

  /** Runs until the machine is needed, or, undefined, somebody holds the vCPU. */
  #runGuest(): ExitReason | undefined {
    const page = this.#page;
    while (page.get(WORD.HOLDERS) === 0 && page.get(WORD.STOP) === 0) {
      const budget = this.#updateTimer();
      const start = performance.now();
      const reason = this.#runner.run(this.#vcpu, budget, { exact: false });
      const left = performance.now();
      this.#guest += left - start;
      switch (reason) {
        case "budget":
          if (budget >= this.#pace.budget) this.#pace.note(left - start);
          continue;
        case "mode":
        case "timer":
        case "kick":
          continue;
        default: {
          const served = this.#world.serve(reason);
          const took = performance.now() - left;
          this.#served += took;
          if (reason === "hypercall") this.#hypercalls += took;
          if (!served) return reason;
        }
      }
    }
    return undefined;
  }

  /** Raises or drops the decrementer; gives a budget that ends about in time. */
  #updateTimer(): number {
    const { registers, state } = this.#vcpu;
    const expiry = signed(registers, "DEC_EXPIRY") -
      signed(registers, "TB_OFFSET");
    const left = expiry - this.#world.timebase();
    const at = (state + STATE.PENDING.offset) >>> 2;
    const bit = PENDING.decrementer;
    const due = left < 0;
    if (((Atomics.load(this.#words, at) & bit) !== 0) !== due) {
      if (due) Atomics.or(this.#words, at, bit);
      else Atomics.and(this.#words, at, ~bit);
    }
    const { budget } = this.#pace;
    return due ? budget : Math.max(SHORTEST_SLICE, Math.min(budget, left));
  }
}

function ring({ words, index }: VcpuThreadStart["bell"]): void {
  Atomics.add(words, index, 1);
  Atomics.notify(words, index);
}

/** A doubleword as a signed number: exact to 2^53. */
function signed(
  registers: Registers,
  name: "DEC_EXPIRY" | "TB_OFFSET",
): number {
  return (registers.high(name) | 0) * 2 ** 32 + registers.low(name);
}

/**
 * The whole life of a vCPU's thread.
 *
 * @param start What the thread was started with.
 * @param build Makes what the machine gives.
 */
export function runVcpuThread(
  start: VcpuThreadStart,
  build: BuildVcpuWorld,
): void {
  const { memory, layout, vcpu, bell } = start;
  const block = layout.vcpus[vcpu];
  if (!block) throw new RangeError(`Cannot find vCPU: ${vcpu}`);
  const page = new RunPage(memory.buffer, block.run);
  try {
    const lead = answerClock(page, () => performance.now());
    const now = () => performance.now() + lead;
    new VcpuThread(start, page, (thread) => build(thread, now)).run();
  } catch (error) {
    page.fault = error instanceof Error
      ? error.stack ?? error.message
      : String(error);
    // Nobody waits for a thread that has failed.
    const words = new Int32Array(memory.buffer);
    Atomics.store(words, (block.state + STATE.RUNNING.offset) >>> 2, 0);
    page.set(WORD.STATE, OUT);
    page.notify(WORD.STATE);
  }
  page.set(WORD.STOP, 2);
  page.notify(WORD.STOP);
  ring(bell);
}
