/**
 * Runs vCPUs on their interpreters: modes, kicks, single steps, and how many
 * instructions have been carried out.
 *
 * @module
 */
import { type MemoryLayout, REQUEST } from "../engine/layout.ts";
import { SYNCHRONIZED } from "../engine/runtime.ts";
import { type ExitReason, EXITS } from "../exits.ts";
import { interruptNumber } from "../interrupts.ts";
import type { Instruction } from "../isa/row.ts";
import { probeTranslation } from "../mmu/probe.ts";
import type { Registers } from "../registers.ts";
import { STATE } from "../state.ts";
import { traceInterrupt } from "../trace.ts";
import type { Interpreter, Interpreters } from "./interpreters.ts";
import { MODE, modeOf } from "./mode.ts";

/** Instructions between two looks at what others ask for: about 1 ms. */
const LONGEST_RUN = 1 << 18;

/** The same where each run is to begin in a region. */
const LONGEST_RUN_AHEAD = 1 << 12;

/** TIMEBASE_UNTIL where the last reading serves no longer. */
const NO_TIMEBASE = 0x7fff_ffff;

/** A vCPU to run. */
export interface RunnableVcpu {
  /** Its place among the vCPUs. */
  readonly number: number;
  /** Byte offset of its register block. */
  readonly state: number;
  readonly registers: Registers;
}

/** Runs vCPUs, one at a time. */
export class Runner {
  readonly #memory: WebAssembly.Memory;
  readonly #words: Int32Array;
  readonly #layout: MemoryLayout;
  readonly #interpreters: Interpreters;

  constructor(
    memory: WebAssembly.Memory,
    layout: MemoryLayout,
    interpreters: Interpreters,
  ) {
    this.#memory = memory;
    this.#words = new Int32Array(memory.buffer);
    this.#layout = layout;
    this.#interpreters = interpreters;
  }

  /** Runs for about the budget, or exactly; gives why the vCPU has left. */
  run(
    vcpu: RunnableVcpu,
    budget: number,
    { exact }: { exact: boolean },
  ): ExitReason {
    const { registers, state } = vcpu;
    let left = budget;
    const longest = this.#interpreters.isAhead
      ? LONGEST_RUN_AHEAD
      : LONGEST_RUN;
    let reason: ExitReason = "budget";
    while (left > 0 && (reason === "budget" || reason === "mode")) {
      if (this.#kicked(state)) return "kick";
      // An access that the machine has served is completed, and then pending
      // interrupts are looked at again.
      const served = registers.low("MMIO_DONE") !== 0;
      const count = served ? 1 : Math.min(left, longest);
      // What is more is there for regions to come to their ends.
      const given = served || exact
        ? count
        : count + this.#interpreters.overrun;
      const start = registers.number("INSTRUCTIONS");
      registers.setNumber("RUN_END", start + given);
      registers.setLow("BUDGET", given);
      // Where regions left in an earlier run says nothing of this one.
      registers.setLow("REGION_LEFT_AT", 0);
      registers.setLow("TIMEBASE_UNTIL", NO_TIMEBASE);
      const { concurrent } = this.#layout;
      if (concurrent) this.#setRunning(state, 1);
      reason = this.#runInMode(vcpu, given, { exact });
      if (concurrent) this.#setRunning(state, 0);
      const done = given - (registers.low("BUDGET") | 0);
      registers.setNumber("INSTRUCTIONS", start + done);
      left -= done;
      if (served && done > 0) registers.setLow("MMIO_DONE", 0);
      else if (done >= count) {
        this.#interpreters.sample(modeOf(registers), vcpu.number);
      }
    }
    return reason;
  }

  /** Others wait for what they ask of a vCPU while it runs. */
  #setRunning(state: number, running: 0 | 1): void {
    Atomics.store(
      this.#words,
      (state + STATE.RUNNING.offset) >>> 2,
      running,
    );
  }

  /** Takes what a look at what is pending answers, and kicks. */
  #kicked(state: number): boolean {
    const at = (state + STATE.REQUEST.offset) >>> 2;
    if (Atomics.load(this.#words, at) === 0) return false;
    const rest = ~(REQUEST.kick | REQUEST.interrupt);
    return (Atomics.and(this.#words, at, rest) & REQUEST.kick) !== 0;
  }

  /** Runs in the mode of MSR, as long as that stays. */
  #runInMode(
    vcpu: RunnableVcpu,
    count: number,
    { exact }: { exact: boolean },
  ): ExitReason {
    const { registers, state } = vcpu;
    for (;;) {
      const mode = modeOf(registers);
      const counting = registers.low("FP_COUNTING") !== 0 ||
        registers.low("ACCESS_COUNTING") !== 0;
      const stepping = (mode & MODE.singleStep) !== 0;
      const interpreter = this.#interpreters.get(mode, {
        exact: exact || stepping || counting,
      });
      if (interpreter.synchronize(state) === SYNCHRONIZED.checkstop) {
        return "checkstop";
      }
      // An interrupt may have been taken, in another mode.
      if (modeOf(registers) !== mode) continue;
      if (stepping) return this.#step(vcpu, interpreter);
      if (!exact) this.#interpreters.ahead(mode, vcpu.number);
      return EXITS[interpreter.run(state, count)] ?? "budget";
    }
  }

  /** One instruction, then the trace interrupt unless another came first. */
  #step(vcpu: RunnableVcpu, interpreter: Interpreter): ExitReason {
    const { registers, state } = vcpu;
    const msr = registers.get("MSR");
    const before = registers.low("INTERRUPTS");
    const instruction = this.#nextInstruction(vcpu);
    const start = registers.number("INSTRUCTIONS");
    const count = registers.low("BUDGET");
    registers.setNumber("RUN_END", start + 1);
    const reason = EXITS[interpreter.run(state, 1)] ?? "budget";
    const undone = registers.low("BUDGET");
    registers.setLow("BUDGET", count - 1 + undone);
    registers.setNumber("RUN_END", start + count);
    const completed = reason === "budget" &&
      registers.low("INTERRUPTS") === before;
    const srr1 = completed ? traceInterrupt(instruction, msr) : undefined;
    if (srr1 !== undefined) {
      const number = BigInt(interruptNumber("trace"));
      interpreter.interrupt(state, number, srr1);
    }
    return reason;
  }

  /** The row of the instruction at NIA, unless its fetch would raise. */
  #nextInstruction(
    { registers, state }: RunnableVcpu,
  ): Instruction | undefined {
    const { ram, ramBytes, hashTable, hashTableBytes } = this.#layout;
    const place = probeTranslation({
      memory: this.#memory,
      stateOffset: state,
      ramOffset: ram,
      ramBytes,
      hashTable: { offset: hashTable, bytes: hashTableBytes },
    }, { ea: registers.get("NIA"), access: "fetch" });
    if (!("real" in place) || place.real > BigInt(ramBytes - 4)) return;
    const view = new DataView(this.#memory.buffer);
    const littleEndian = (modeOf(registers) & MODE.littleEndian) !== 0;
    return this.#interpreters.table.instruction(
      view.getUint32(ram + Number(place.real), littleEndian),
    );
  }
}
