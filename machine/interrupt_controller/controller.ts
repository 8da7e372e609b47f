/**
 * The face that both interrupt controllers show to the machine.
 *
 * @module
 */
import type { Hypercall } from "../hcall/table.ts";
import type { InterruptControllerKind, InterruptLines } from "../partition.ts";
import type { RtasCall } from "../rtas/table.ts";
import type { MmioRegion } from "./mmio_region.ts";
import type { XicsDescription } from "./xics/describe.ts";
import type { XicsState } from "./xics/state.ts";
import type { XiveDescription } from "./xive/describe.ts";
import type { XiveState } from "./xive/state.ts";

/**
 * An interrupt controller. All its state is in the shared memory, so every
 * thread can have its own instance on the same bytes. Constructing one changes
 * nothing there: `reset` makes the first state.
 */
export interface InterruptController extends InterruptLines {
  readonly kind: InterruptControllerKind;
  readonly hypercalls: readonly Hypercall[];
  readonly rtasCalls: readonly RtasCall[];
  readonly regions: readonly MmioRegion[];
  reset(): void;
  save(): InterruptControllerState;
  /**
   * Takes a saved state and drives the vCPUs' external interrupts by it.
   *
   * @throws {TypeError} If the state is malformed.
   * @throws {RangeError} If the state does not fit this partition. Nothing
   * has changed then.
   */
  restore(state: unknown): void;
  /** The state for people and the monitor: sources in use, all vCPUs. */
  describe(): InterruptControllerDescription;
}

/** Plain data of {@linkcode InterruptController} `save`. */
export type InterruptControllerState = XicsState | XiveState;

/** Plain data of {@linkcode InterruptController} `describe`. */
export type InterruptControllerDescription = XicsDescription | XiveDescription;
