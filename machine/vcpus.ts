/**
 * The vCPUs of a partition: which of them run, wait or are stopped.
 *
 * @module
 */
import type { Accelerator } from "../cpu/accelerator.ts";
import { PENDING } from "../cpu/interrupts.ts";
import { LPCR, MSR } from "../cpu/state.ts";
import type { Clock } from "./clock.ts";
import type { Away, DispatchReason, PreemptReason } from "./dispatch.ts";
import type { FirmwareAssistedNmi } from "./firmware_assisted_nmi.ts";
import type { Platform } from "./partition.ts";
import type { VirtualProcessorAreas } from "./virtual_processor_area.ts";

/**
 * How a vCPU stands: stopped ones wait for start-cpu, ceded ones are idle,
 * joined ones wait for H_PROD.
 */
export type VcpuStatus = "running" | "ceded" | "joined" | "stopped";

/** Plain data of one vCPU. */
export interface VcpuState {
  readonly registers: Uint8Array;
  readonly status: VcpuStatus;
  /** H_PROD has come: the next H_CEDE returns at once. */
  readonly prodded: boolean;
  /** A system reset waits to be taken in the guest's own handler. */
  readonly resetting: boolean;
  /** Since when, and why, it is not dispatched, where it could be. */
  readonly away: Away | null;
}

/** Parts of the machine that vCPUs stand on. */
export interface VcpuWorld {
  readonly platform: Platform;
  readonly accelerator: Accelerator;
  readonly clock: Clock;
  readonly processorAreas: VirtualProcessorAreas;
  readonly nmi: FirmwareAssistedNmi;
}

/** DEC after reset: as far away as 32 bits allow. */
const FAR = 0x7fff_ffffn;

/** Type and tag of a doorbell message to thread 0 (Book III 10.4). */
const DIRECTED_PRIVILEGED_DOORBELL = 5n;

/** A {@linkcode VcpuState} without registers, to be changed. */
type State = {
  -readonly [K in Exclude<keyof VcpuState, "registers">]: VcpuState[K];
};

/** Keeps how each vCPU stands. */
export class Vcpus {
  readonly #world: VcpuWorld;
  #states: State[];

  constructor(world: VcpuWorld) {
    this.#world = world;
    this.#states = Array.from({ length: world.platform.vcpus }, initial);
  }

  status(vcpu: number): VcpuStatus {
    return this.#states[vcpu]?.status ?? "stopped";
  }

  /** Whether a system reset waits to be taken in the guest's own handler. */
  isResetting(vcpu: number): boolean {
    return this.#states[vcpu]?.resetting ?? false;
  }

  /**
   * Whether a vCPU is to be run now, and the timebase at which its decrementer
   * is due. Wakes it if it has ceded and something waits for it.
   */
  prepare(vcpu: number): { runs: boolean; deadline: number } {
    const state = this.#states[vcpu];
    if (!state || state.status === "stopped") {
      return { runs: false, deadline: Infinity };
    }
    const deadline = this.#updateTimer(vcpu);
    if (state.status !== "running" && !this.#wakes(state, vcpu)) {
      return { runs: false, deadline };
    }
    if (state.away) this.#dispatch(state, vcpu);
    // What came before a wait is kept for it.
    if (state.status !== "running") state.prodded = false;
    state.status = "running";
    state.away = null;
    if (state.resetting) {
      state.resetting = false;
      this.#world.nmi.takeSystemReset(vcpu);
    }
    return { runs: true, deadline };
  }

  /** Raises or drops the decrementer; gives the timebase at which it is due. */
  #updateTimer(vcpu: number): number {
    const { accelerator, clock } = this.#world;
    const expiry = Number(
      BigInt.asIntN(
        64,
        accelerator.getOneReg(vcpu, "DEC_EXPIRY") -
          accelerator.getOneReg(vcpu, "TB_OFFSET"),
      ),
    );
    const due = clock.now() > expiry;
    accelerator.setPending(vcpu, PENDING.decrementer, due);
    return due ? Infinity : expiry + 1;
  }

  /** Whether something has come that ends a wait. */
  #wakes({ status, prodded, resetting }: State, vcpu: number): boolean {
    if (prodded || resetting) return true;
    return status === "ceded" && this.#pending(vcpu) !== 0;
  }

  #pending(vcpu: number): number {
    return Number(this.#world.accelerator.getOneReg(vcpu, "PENDING"));
  }

  /** Notes in the guest's memory that a vCPU goes on. */
  #dispatch(state: State, vcpu: number): void {
    const { away } = state;
    if (!away) return;
    const { accelerator, clock, processorAreas } = this.#world;
    processorAreas.dispatched(vcpu, {
      away,
      reason: this.#reason(state, vcpu),
      now: clock.now(),
      place: () => ({
        nia: accelerator.getOneReg(vcpu, "NIA"),
        msr: accelerator.getOneReg(vcpu, "MSR"),
      }),
    });
  }

  #reason({ away, prodded, resetting }: State, vcpu: number): DispatchReason {
    if (away?.reason === "timeSlice") return "timeSlice";
    if (away?.reason === "confer") return "conferred";
    if (prodded) return "prod";
    const pending = this.#pending(vcpu);
    if (resetting || pending & PENDING.systemReset) return "systemReset";
    return pending & PENDING.decrementer ? "decrementer" : "external";
  }

  /** Halts a vCPU until something is pending (H_CEDE, wait, stop). */
  cede(vcpu: number): void {
    this.preempt(vcpu, "cede", "ceded");
  }

  /** Halts a vCPU until H_PROD, or a system reset (H_JOIN). */
  join(vcpu: number): void {
    this.preempt(vcpu, "cede", "joined");
  }

  /** Its turn is over: others that could run have been waiting for theirs. */
  endTurn(vcpu: number): void {
    const waiting = this.#states.some(({ status }, other) =>
      other !== vcpu && status === "running"
    );
    if (waiting) this.preempt(vcpu, "timeSlice");
  }

  /** Takes a vCPU off: its guest sees it in the yield count. */
  preempt(
    vcpu: number,
    reason: PreemptReason,
    status: VcpuStatus = "running",
  ): void {
    const state = this.#states[vcpu];
    if (!state) return;
    state.status = status;
    state.away = { reason, since: this.#world.clock.now() };
    this.#world.processorAreas.preempted(vcpu);
  }

  /** Wakes a ceded vCPU, or makes its next H_CEDE return (H_PROD). */
  prod(vcpu: number): void {
    const state = this.#states[vcpu];
    if (state) state.prodded = true;
  }

  /** Starts a stopped vCPU big-endian. LPCR is left as after power-on. */
  start(
    vcpu: number,
    { address, argument, caller }: {
      address: number;
      argument: number;
      caller: number;
    },
  ): void {
    const state = this.#states[vcpu];
    if (!state) return;
    const { accelerator } = this.#world;
    const table = accelerator.getOneReg(caller, "PRTBL");
    // What a processor does before it stops itself counts on.
    const instructions = accelerator.getOneReg(vcpu, "INSTRUCTIONS");
    this.resetRegisters(vcpu);
    accelerator.setOneReg(vcpu, "INSTRUCTIONS", instructions);
    accelerator.setOneReg(vcpu, "RUN_END", instructions);
    accelerator.setOneReg(vcpu, "PRTBL", table);
    accelerator.setOneReg(vcpu, "NIA", BigInt(address));
    accelerator.setOneReg(vcpu, "GPR", BigInt(argument), { index: 3 });
    state.status = "running";
  }

  stop(vcpu: number): void {
    const state = this.#states[vcpu];
    if (state) state.status = "stopped";
  }

  /** A system reset: in the guest's registered handler, or at 0x100. */
  systemReset(vcpu: number): void {
    const state = this.#states[vcpu];
    if (!state || state.status === "stopped") return;
    const { accelerator, nmi } = this.#world;
    if (nmi.isRegistered) state.resetting = true;
    else accelerator.setPending(vcpu, PENDING.systemReset, true);
  }

  /** msgsndp: a doorbell to a thread of the same core, which has but one. */
  message(vcpu: number, value: bigint): void {
    const type = (value >> 27n) & 31n;
    const tag = value & 0x7fn;
    if (type !== DIRECTED_PRIVILEGED_DOORBELL || tag !== 0n) return;
    this.#world.accelerator.setPending(vcpu, PENDING.doorbell, true);
  }

  /** All as after power-on: vCPU 0 is about to run, the others are stopped. */
  reset(): void {
    const { accelerator, clock, platform } = this.#world;
    const now = clock.save();
    for (let vcpu = 0; vcpu < platform.vcpus; vcpu++) accelerator.reset(vcpu);
    // A clock that follows instructions must not jump back with their count.
    clock.restore(now);
    for (let vcpu = 0; vcpu < platform.vcpus; vcpu++) this.resetRegisters(vcpu);
    this.#states = Array.from({ length: platform.vcpus }, initial);
  }

  /** LPCR: what wakes a ceded thread, and POWER9's large decrementer. */
  resetRegisters(vcpu: number): void {
    const { accelerator, clock, platform } = this.#world;
    accelerator.reset(vcpu);
    const large = platform.cpu === "power9" ? LPCR.LD : 0n;
    accelerator.setOneReg(vcpu, "PAPR", 1n);
    accelerator.setOneReg(vcpu, "MSR", MSR.SF | MSR.ME);
    accelerator.setOneReg(vcpu, "LPCR", LPCR.PECE | 8n | large);
    accelerator.setOneReg(vcpu, "DEC_EXPIRY", BigInt(clock.now()) + FAR);
  }

  save(): VcpuState[] {
    return this.#states.map((state, vcpu) => ({
      registers: this.#world.accelerator.save(vcpu),
      ...state,
    }));
  }

  /** Throws RangeError where there are not as many vCPUs. */
  restore(states: readonly VcpuState[]): void {
    const { accelerator, platform } = this.#world;
    if (states.length !== platform.vcpus) {
      throw new RangeError(
        `Cannot restore machine: expected ${platform.vcpus} vCPUs, got ${states.length}`,
      );
    }
    states.forEach(({ registers }, vcpu) =>
      accelerator.restore(vcpu, registers)
    );
    this.#states = states.map(({ registers: _, ...state }) => ({ ...state }));
  }
}

function initial(_: unknown, vcpu: number) {
  return {
    status: vcpu === 0 ? "running" as const : "stopped" as const,
    prodded: false,
    resetting: false,
    away: null,
  };
}
