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
}

/** Instructions between two looks at the time: less than half a millisecond. */
const SLICE = 65_536;

/** The fewest, where an interrupt of the decrementer is near. */
const SHORTEST_SLICE = 512;

/** Runs one vCPU until it is told to end. */
class VcpuThread {
  readonly #start: VcpuThreadStart;
  readonly #page: RunPage;
  readonly #vcpu: RunnableVcpu;
  readonly #world: VcpuWorld;
  readonly #interpreters: Interpreters;
  readonly #runner: Runner;
  readonly #words: Int32Array;

  constructor(start: VcpuThreadStart, page: RunPage, world: VcpuWorld) {
    const { vcpu: number, memory, layout } = start;
    const { state } = layout.vcpus[number] ?? { state: 0 };
    this.#start = start;
    this.#page = page;
    this.#world = world;
    this.#words = new Int32Array(memory.buffer);
    const registers = new Registers(memory, state);
    this.#vcpu = { number, state, registers };
    this.#interpreters = new Interpreters({
      ...start,
      timebase: () => world.timebase(),
      random: () => world.random(),
    });
    this.#runner = new Runner(memory, layout, this.#interpreters);
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
    this.#page.set(WORD.STATE, OUT);
    this.#page.notify(WORD.STATE);
  }

  /** Leaves to the machine, with the reason. */
  #exit(reason: ExitReason): void {
    const { bell } = this.#start;
    const page = this.#page;
    if (this.#interpreters.unknown.size > 0) {
      page.unknown = this.#interpreters.unknown;
    }
    page.exit = reason;
    this.#leave();
    Atomics.add(bell.words, bell.index, 1);
    Atomics.notify(bell.words, bell.index);
  }

  /** Runs until the machine is needed, or, undefined, somebody holds the vCPU. */
  #runGuest(): ExitReason | undefined {
    const page = this.#page;
    while (page.get(WORD.HOLDERS) === 0 && page.get(WORD.STOP) === 0) {
      const reason = this.#runner.run(this.#vcpu, this.#updateTimer(), {
        exact: false,
      });
      switch (reason) {
        case "budget":
        case "mode":
        case "timer":
        case "kick":
          continue;
        default:
          return reason;
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
    return due ? SLICE : Math.max(SHORTEST_SLICE, Math.min(SLICE, left));
  }
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
 * @param build Makes what the machine gives; its argument is the clock of the
 * thread that has started this one, in milliseconds.
 */
export function runVcpuThread(
  start: VcpuThreadStart,
  build: (now: () => number) => VcpuWorld,
): void {
  const { memory, layout, vcpu, bell } = start;
  const block = layout.vcpus[vcpu];
  if (!block) throw new RangeError(`Cannot find vCPU: ${vcpu}`);
  const page = new RunPage(memory.buffer, block.run);
  try {
    const lead = answerClock(page, () => performance.now());
    new VcpuThread(start, page, build(() => performance.now() + lead)).run();
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
  Atomics.add(bell.words, bell.index, 1);
  Atomics.notify(bell.words, bell.index);
}
