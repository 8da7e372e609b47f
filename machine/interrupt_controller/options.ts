/**
 * What an interrupt controller is given.
 *
 * @module
 */
import type { GuestRam } from "../ram.ts";

/** What an interrupt controller needs of the world. */
export interface InterruptControllerOptions {
  /** Shared memory that the state lies in. */
  readonly buffer: ArrayBufferLike;
  /** First byte of the state there: a multiple of 64. */
  readonly offset: number;
  readonly vcpus: number;
  readonly ram: Pick<GuestRam, "contains" | "setU32" | "write">;
  /**
   * Raises or drops a vCPU's external interrupt, a level. Called while the
   * controller is locked: it must not call back.
   */
  readonly setPending: (vcpu: number, on: boolean) => void;
  /** The timebase, for H_XIRR-X; without it that call does not exist. */
  readonly timebase?: () => number;
}
