/**
 * Interrupt controllers of a partition: XICS and XIVE.
 *
 * @module
 */
import type { XiveOptions } from "../boot/tree_options.ts";
import type { InterruptControllerKind } from "../partition.ts";
import { SOURCE } from "../source_numbers.ts";
import type { InterruptController } from "./controller.ts";
import type { InterruptControllerOptions } from "./options.ts";
import { xicsBytes } from "./xics/layout.ts";
import { Xics } from "./xics/xics.ts";
import { QUEUE_SHIFTS } from "./xive/event_queues.ts";
import { RESERVED_PRIORITY, TIMA, xiveBytes } from "./xive/layout.ts";
import { Xive } from "./xive/xive.ts";

/** What the device tree says of XIVE. */
export const XIVE_TREE: XiveOptions = {
  lisnRanges: [[SOURCE.ipi, SOURCE.epow - SOURCE.ipi]],
  timaUserAddress: TIMA.user,
  timaOsAddress: TIMA.os,
  timaPageBytes: TIMA.pageBytes,
  queueShifts: QUEUE_SHIFTS,
  reservedPriorities: [RESERVED_PRIORITY, 0xff - RESERVED_PRIORITY],
};

/** Bytes of shared memory that the controller's state takes. */
export function interruptControllerBytes(
  kind: InterruptControllerKind,
  vcpus: number,
): number {
  return kind === "xive" ? xiveBytes(vcpus) : xicsBytes(vcpus);
}

/**
 * Makes an interrupt controller on state in shared memory, which is nothing
 * before the controller's first `reset` or `restore`.
 *
 * @throws {RangeError} If the state does not fit there.
 */
export function createInterruptController(
  kind: InterruptControllerKind,
  options: InterruptControllerOptions,
): InterruptController {
  const { buffer, offset, vcpus } = options;
  const bytes = interruptControllerBytes(kind, vcpus);
  const fits = offset % 64 === 0 && offset >= 0 &&
    offset + bytes <= buffer.byteLength;
  if (!fits) {
    throw new RangeError(
      `Cannot make interrupt controller: ${bytes} bytes do not fit at offset: ${offset}`,
    );
  }
  return kind === "xive" ? new Xive(options) : new Xics(options);
}
