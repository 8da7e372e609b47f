/**
 * The boundary between a machine and what runs its vCPUs: `Accelerator` is to
 * Janus's machine what KVM is to QEMU. A vCPU's registers belong to the
 * accelerator; the machine asks for them.
 *
 * @module
 */
import type { CompilerFigures, RegionView } from "./engine/jit/view.ts";
import type { MemoryLayout } from "./engine/layout.ts";
import type { StateName } from "./state.ts";

/** Why `run` came back, as plain data. */
export type Exit =
  | { readonly reason: "budget" }
  | { readonly reason: "hypercall" }
  | {
    /** A load or store of storage that is not RAM. */
    readonly reason: "mmio";
    /** Real address; below 2^60. */
    readonly address: bigint;
    readonly bytes: number;
    readonly store: boolean;
    /** The bytes in memory order, read as a little-endian number. */
    readonly value: bigint;
  }
  | {
    /** wait or stop: nothing to do until an interrupt. */
    readonly reason: "halt";
  }
  | { readonly reason: "attn" }
  | {
    /** msgsnd, msgsndp: RB of the instruction. */
    readonly reason: "message";
    readonly value: bigint;
  }
  | { readonly reason: "kick" }
  | {
    /** The thread cannot go on, and why. */
    readonly reason: "checkstop";
    readonly message: string;
  };

/** Processors that Janus implements. */
export type CpuModel = "power8" | "power9";

/** Processor version register of each (POWER8 DD2.0, POWER9 DD2.2). */
export const PVR: Readonly<Record<CpuModel, number>> = {
  power8: 0x004d0200,
  power9: 0x004e1202,
};

/**
 * What carries instructions out: `interpreter` each by itself, `jit` hot code
 * as WebAssembly of its own and the rest as the interpreter does, `both` each
 * twice, to stop where they differ.
 */
export const ENGINES = ["interpreter", "jit", "both"] as const;

/** One of {@linkcode ENGINES}. */
export type EngineKind = typeof ENGINES[number];

/** Those that carry each instruction out once. */
export type SingleEngine = Exclude<EngineKind, "both">;

/**
 * Where vCPUs run: `inline`, in turn on the machine's thread; `threads`, each
 * in a thread of its own.
 */
export const ACCELERATORS = ["inline", "threads"] as const;

/** One of {@linkcode ACCELERATORS}. */
export type AcceleratorKind = typeof ACCELERATORS[number];

/** Runs vCPUs and keeps their registers. */
export interface Accelerator {
  readonly memory: WebAssembly.Memory;
  readonly layout: MemoryLayout;

  /** Answers the load or store that {@linkcode Exit} `mmio` asked for. */
  completeMmio(vcpu: number, value: bigint): void;

  /** Makes a running vCPU leave soon. Safe from any thread. */
  kick(vcpu: number): void;

  /** Reads a register; a running vCPU is synchronised first. */
  getOneReg(vcpu: number, name: StateName, index?: number): bigint;

  /**
   * Replaces the bits of `mask` (default: all) of a register, on the vCPU's
   * side, so that two writers of different fields never undo each other. A
   * write of LPCR sets the order of injected interrupts too (`INTR_MSR`).
   */
  setOneReg(
    vcpu: number,
    name: StateName,
    value: bigint,
    options?: { mask?: bigint; index?: number },
  ): void;

  /** Raises or clears asynchronous interrupts (bits of `PENDING`). */
  setPending(vcpu: number, bits: number, on: boolean): void;

  /** Sets all registers to their state after reset; NIA, GPRs, MSR are 0. */
  reset(vcpu: number): void;

  /** Forgets translations after the machine changed a table. */
  dropTranslations(vcpu: number): void;

  /**
   * Forgets every vCPU's translations that lead to a range of real storage,
   * after the machine took entries for it out of a table.
   */
  dropTranslationsTo(address: number, bytes: number): void;

  /** Tells that the machine has written to RAM: decoded code may be stale. */
  ramWritten(address: number, bytes: number): void;

  /** Instructions that the vCPU has completed since reset. */
  instructions(vcpu: number): number;

  /** Instructions that no row describes, by word, with their counts. */
  readonly unknown: ReadonlyMap<number, number>;

  /** Registers and reservations as plain data. */
  save(vcpu: number): Uint8Array;

  /** Throws RangeError where the data is not of `save`'s form. */
  restore(vcpu: number, data: Uint8Array): void;
}

/** What there is to see of an engine that compiles. */
export interface EngineView {
  /** Figures of the compiler, where there is one. */
  readonly statistics: CompilerFigures | undefined;
  /** A register that the engine counts in. */
  counter(vcpu: number, name: StateName, index?: number): number;
  /** The region at an address of a vCPU's present context. */
  region(vcpu: number, address: bigint): RegionView | undefined;
}

/** Runs vCPUs in the caller's thread. */
export interface TurnAccelerator extends Accelerator {
  readonly view: EngineView;

  /** Runs a vCPU for about `budget` instructions. */
  run(vcpu: number, budget: number): Exit;

  /** Ends what threads it has. */
  close(): void;
}

/**
 * Runs each vCPU in a thread of its own, from `resume` until there is an exit
 * for the machine. Whatever asks for a register keeps the vCPU out of the guest
 * meanwhile; one that waits for its exit to be served is out already.
 */
export interface ParallelAccelerator extends Accelerator {
  readonly view: EngineView;

  /**
   * Milliseconds of each thread, in engines and serving what it left for, and
   * of that, hypercalls.
   */
  readonly figures: readonly {
    readonly guest: number;
    readonly machine: number;
    readonly hypercalls: number;
  }[];

  /** Lets a vCPU run until its next exit. */
  resume(vcpu: number): void;

  /** Whether it has been resumed, and its exit, if it has one, not taken yet. */
  isResumed(vcpu: number): boolean;

  /** Whether an exit waits for the machine. */
  hasExit(vcpu: number): boolean;

  /** The exit that waits for the machine, if one does; it is taken. */
  takeExit(vcpu: number): Exit | undefined;

  /** Takes a resumption back, and an exit that was not taken. */
  withdraw(vcpu: number): void;

  /** Keeps all vCPUs out of the guest, and waits until they are. */
  pause(): void;

  /** Ends a `pause`. */
  unpause(): void;

  /** Ends all threads. */
  close(): void;
}
