/**
 * What the emitter needs to know of the function that it writes into.
 *
 * @module
 */
import type { Subroutine } from "../../isa/subroutine.ts";
import type { Code, Local } from "../../wasm/code.ts";
import type { MemoryLayout } from "../layout.ts";

/** Guest state that is constant in all code of one module. */
export interface Mode {
  /** MSR[LE]. */
  readonly littleEndian: boolean;
  /** MSR[SF]. */
  readonly sixtyFour: boolean;
}

/** What a handler that is a function of its own answers to the loop. */
export const STATUS = {
  /** Done, go on with the next instruction. */
  next: 0,
  /** EXCEPTION is set. */
  raised: 1,
  /** NIA is set. */
  jump: 2,
  /** EXIT and NIA are set. */
  exit: 3,
  /** MSR and NIA are set. */
  synchronize: 4,
  // Of a region, which sets NIA and BUDGET:
  /** Goes on at NIA. */
  region: 5,
  /** As `raised`, for the instruction at NIA. */
  regionRaised: 6,
  /** As `exit`. */
  regionExit: 7,
  /** As `synchronize`. */
  regionSynchronize: 8,
} as const;

/** Name of a handler's answer. */
export type Status = keyof typeof STATUS;

/** The function under construction, as the emitter sees it. */
export interface Frame {
  readonly code: Code;
  /** i32: start of the vCPU's block. */
  readonly state: Local;
  /** i32: the instruction word; absent in a subroutine. */
  readonly word: Local | undefined;
  /** The instruction word, where it is known when code is emitted. */
  readonly knownWord?: number;
  /** i32: the context's data TLB, where the function keeps it at hand. */
  readonly dataTlb?: Local;
  /** Pushes the address of the current instruction (i64). */
  pushCia(): void;
  /** Leaves the meaning with a status; registers are set as it asks. */
  leave(status: Status): void;
  /** Continues at the address (i64) in the local; ends the meaning. */
  jump(target: Local): void;
  /** Lets another engine carry out all of the instruction, then goes on. */
  slowly?(): void;
  /** A store has been done by the slow path: code may have been dropped. */
  storedSlowly?(): void;
  /** Continues within this page, `displacement` pushed by the closure (i32). */
  jumpWithinPage?(pushDisplacement: () => void): void;
}

/** What `resolve` is asked for, as bits. */
export const RESOLVE = {
  /** The storage is going to be written. */
  store: 1,
  /** Storage that is not memory makes an alignment interrupt. */
  alignment: 2,
  /** Storage that is not memory will do; the address is 0 then. */
  anyStorage: 4,
} as const;

/** Functions of the module that emitted code calls, by index. */
export interface Runtime {
  readonly layout: MemoryLayout;
  readonly mode: Mode;
  /** (state, ea) → value: load1 … load8, load16 gives nothing but SCRATCH. */
  loadSlow(bytes: 1 | 2 | 4 | 8 | 16): number;
  /** (state, ea, value). */
  storeSlow(bytes: 1 | 2 | 4 | 8): number;
  /**
   * (state, ea, {@linkcode RESOLVE} bits) → address in the shared memory, 0
   * where raised. Storage that is not memory makes a data storage interrupt
   * where the bits say nothing else.
   */
  readonly resolve: number;
  /** (state): drops translations by scope; (state, ea): those of a page. */
  readonly dropAll: number;
  readonly dropUser: number;
  readonly dropKeyed: number;
  readonly dropOthers: number;
  readonly dropOtherUsers: number;
  readonly dropPage: number;
  /** (state): waits until other threads have dropped what tlbie said. */
  readonly awaitShootdown: number;
  /** (state) → i64 timebase without TB_OFFSET; BUDGET must be up to date. */
  readonly timebase: number;
  /** (state): a random doubleword. */
  readonly random: number;
  /** The function that a subroutine became; made when first asked for. */
  subroutine(subroutine: Subroutine): number;
  /** Index of an interrupt for `EXCEPTION`, from 1. */
  interrupt(name: string): number;
}
