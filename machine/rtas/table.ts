/**
 * One row per RTAS call: token, name, arguments, what it does
 * (LoPAPR chapter 7).
 *
 * @module
 */
import type { FirmwareAssistedNmi } from "../firmware_assisted_nmi.ts";
import type { Nvram } from "../vio/nvram.ts";
import type { RealTimeClock } from "../real_time_clock.ts";
import type { Partition } from "../partition.ts";
import type { VirtualTerminals } from "../vio/vty.ts";

/** Status words that RTAS calls return first (LoPAPR 7.2.7). */
export const RTAS = {
  SUCCESS: 0,
  HARDWARE_ERROR: -1,
  BUSY: -2,
  PARAMETER_ERROR: -3,
  NO_ERRORS_FOUND: 1,
  NOT_AUTHORIZED: -9002,
  SYSPARM_PARAM_ERROR: -9999,
} as const;

/** Parts of the machine that RTAS calls work on. */
export interface RtasWorld extends Partition {
  readonly terminals: VirtualTerminals;
  readonly nvram: Nvram;
  readonly nmi: FirmwareAssistedNmi;
  readonly realTimeClock: RealTimeClock;
}

/** A call under way: cells in, cells out. */
export interface RtasContext {
  readonly world: RtasWorld;
  readonly vcpu: number;
  /** Number of results that the caller has room for, the status included. */
  readonly results: number;
  /** Argument n from 0, as the 32-bit cell that it is. */
  arg(n: number): number;
  /** Sets result n from 1; result 0 is the status. */
  result(n: number, value: number): void;
}

/** One RTAS call. */
export interface RtasCall {
  /** The property of `/rtas` that gives its token. */
  readonly name: string;
  /** Token: 0x2000 and up. */
  readonly token: number;
  readonly args: number;
  readonly results: number;
  /** Carries the call out and gives the status. */
  readonly handle: (call: RtasContext) => number;
}

/** Looks calls up and carries them out; see `dispatch.ts`. */
export interface RtasCalls {
  /** Serves the argument block at a real address; gives H_RTAS's code. */
  dispatch(vcpu: number, block: number): number;
}
