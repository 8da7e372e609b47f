/**
 * How a machine's vCPUs get to run: in turn on its own thread, or each in one
 * of its own.
 *
 * @module
 */
import type {
  Exit,
  ParallelAccelerator,
  TurnAccelerator,
} from "../cpu/accelerator.ts";
import type { Pace } from "../cpu/inline/pace.ts";
import type { Vcpus } from "./vcpus.ts";

/** What a scheduler needs of its machine. */
export interface ScheduledMachine {
  readonly vcpus: number;
  readonly states: Pick<Vcpus, "prepare" | "isResetting">;
  /** Serves an exit; gives whether the guest has ended by it. */
  serve(vcpu: number, exit: Exit): boolean;
  /**
   * Instructions that a vCPU may run whose decrementer is due then, where time
   * follows instructions.
   */
  budget(deadline: number): number;
}

/** What a round of scheduling has found. */
export interface Round {
  /** To be called again at once. */
  readonly busy: boolean;
  /** The guest has ended, or restarts. */
  readonly ended: boolean;
  /** Timebase of the next decrementer that wakes a vCPU. */
  readonly deadline: number;
}

/** Where the host's time has gone, in milliseconds, of all threads together. */
export interface HostTimes {
  /** In the engines. */
  readonly guest: number;
  /** Serving what vCPUs left for: hypercalls, RTAS, devices. */
  readonly machine: number;
  /** Of those, hypercalls, of which RTAS is one. */
  readonly hypercalls: number;
  /** How many vCPUs may run at once. */
  readonly atOnce: number;
}

/** Lets vCPUs run. */
export interface Scheduler {
  readonly times: HostTimes;
  /** Lets vCPUs run, and serves what they have left for. */
  round(): Round;
  /** Keeps the vCPUs from running, everything served that they left for. */
  stop(): void;
  /** Lets them run again. */
  start(): void;
  /** Forgets what was under way: vCPUs are about to be reset. */
  reset(): void;
  /** Ends what runs beside the machine. */
  close(): void;
}

/** Milliseconds in which exits were served. */
class ServedTimes {
  #machine = 0;
  #hypercalls = 0;

  get times(): Pick<HostTimes, "machine" | "hypercalls"> {
    return { machine: this.#machine, hypercalls: this.#hypercalls };
  }

  add({ reason }: Exit, took: number): void {
    if (reason === "budget") return;
    this.#machine += took;
    if (reason === "hypercall") this.#hypercalls += took;
  }
}

/** One vCPU after the other. */
export class Turns implements Scheduler {
  readonly #machine: ScheduledMachine;
  readonly #accelerator: TurnAccelerator;
  /** Where time is the host's. */
  readonly #pace: Pace | undefined;
  #guest = 0;
  readonly #served = new ServedTimes();

  constructor(
    machine: ScheduledMachine,
    accelerator: TurnAccelerator,
    pace?: Pace,
  ) {
    this.#machine = machine;
    this.#accelerator = accelerator;
    this.#pace = pace;
  }

  get times(): HostTimes {
    return { guest: this.#guest, ...this.#served.times, atOnce: 1 };
  }

  round(): Round {
    const { vcpus, states } = this.#machine;
    let busy = false;
    let deadline = Infinity;
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      const { runs, deadline: timer } = states.prepare(vcpu);
      if (!runs) {
        deadline = Math.min(deadline, timer);
        continue;
      }
      busy = true;
      const budget = this.#pace?.budget ?? this.#machine.budget(timer);
      const start = performance.now();
      const exit = this.#accelerator.run(vcpu, budget);
      const left = performance.now();
      this.#guest += left - start;
      if (exit.reason === "budget") this.#pace?.note(left - start);
      const ended = this.#machine.serve(vcpu, exit);
      this.#served.add(exit, performance.now() - left);
      if (ended) return { busy, ended: true, deadline };
    }
    return { busy, ended: false, deadline };
  }

  stop(): void {}

  start(): void {}

  reset(): void {}

  close(): void {
    this.#accelerator.close();
  }
}

/** All at once. */
export class Threads implements Scheduler {
  readonly #machine: ScheduledMachine;
  readonly #accelerator: ParallelAccelerator;
  #running = false;
  /** Of exits that the threads did not serve. */
  readonly #served = new ServedTimes();

  constructor(machine: ScheduledMachine, accelerator: ParallelAccelerator) {
    this.#machine = machine;
    this.#accelerator = accelerator;
    accelerator.pause();
  }

  get times(): HostTimes {
    let guest = 0;
    let { machine, hypercalls } = this.#served.times;
    for (const figures of this.#accelerator.figures) {
      guest += figures.guest;
      machine += figures.machine;
      hypercalls += figures.hypercalls;
    }
    return { guest, machine, hypercalls, atOnce: this.#machine.vcpus };
  }

  round(): Round {
    const { vcpus, states } = this.#machine;
    let deadline = Infinity;
    // All exits first: what one asks for may wake any other.
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      if (this.#serve(vcpu)) return { busy: false, ended: true, deadline };
    }
    for (let vcpu = 0; vcpu < vcpus; vcpu++) {
      if (this.#accelerator.isResumed(vcpu)) {
        if (states.isResetting(vcpu)) this.#interrupt(vcpu);
        continue;
      }
      const { runs, deadline: timer } = states.prepare(vcpu);
      if (runs) this.#accelerator.resume(vcpu);
      else deadline = Math.min(deadline, timer);
    }
    return { busy: false, ended: false, deadline };
  }

  /** Takes a vCPU out of the guest for what the machine does to it. */
  #interrupt(vcpu: number): void {
    this.#accelerator.pause();
    // With an exit, it is prepared once that is served.
    if (!this.#accelerator.hasExit(vcpu)) this.#machine.states.prepare(vcpu);
    this.#accelerator.unpause();
  }

  /** Serves the exit of a vCPU, if it has one; gives whether all ends. */
  #serve(vcpu: number): boolean {
    const exit = this.#accelerator.takeExit(vcpu);
    if (exit === undefined) return false;
    const start = performance.now();
    const ended = this.#machine.serve(vcpu, exit);
    this.#served.add(exit, performance.now() - start);
    return ended;
  }

  stop(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#accelerator.pause();
    // No exit is left half-way, which a saved state would not have.
    for (let vcpu = 0; vcpu < this.#machine.vcpus; vcpu++) this.#serve(vcpu);
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#accelerator.unpause();
  }

  reset(): void {
    for (let vcpu = 0; vcpu < this.#machine.vcpus; vcpu++) {
      this.#accelerator.withdraw(vcpu);
    }
  }

  close(): void {
    this.#accelerator.close();
  }
}
