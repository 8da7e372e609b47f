/**
 * The control queue of a virtio SCSI host (virtio 1.3, 5.6.6.2). Commands are
 * done before the next request is looked at, so there is never one to abort.
 *
 * @module
 */
import type { Chain } from "../chain.ts";
import { RingError } from "../ring_error.ts";
import { type LogicalUnit, parseLun } from "./request.ts";

/** VIRTIO_SCSI_S_*, of commands and of the control queue. */
export const SCSI_RESPONSE = {
  ok: 0,
  overrun: 1,
  badTarget: 3,
  failure: 9,
  functionRejected: 11,
  incorrectLun: 12,
} as const;

const TYPE = { taskManagement: 0, query: 1, subscribe: 2 } as const;

/** VIRTIO_SCSI_T_TMF_*. */
const FUNCTION = {
  abortTask: 0,
  abortTaskSet: 1,
  clearAca: 2,
  clearTaskSet: 3,
  nexusReset: 4,
  unitReset: 5,
  queryTask: 6,
  queryTaskSet: 7,
} as const;

const LUN_BYTES = 8;

/** A request to the host itself. */
export type ControlRequest =
  | {
    readonly kind: "task-management";
    readonly function: number;
    readonly unit: LogicalUnit;
  }
  /** Asynchronous notifications: asked about, or subscribed to. */
  | { readonly kind: "notifications"; readonly unit: LogicalUnit };

/** Reads a request. Throws RingError where it is of no known form. */
export function parseControl({ readable }: Chain): ControlRequest {
  const type = readable.u32();
  switch (type) {
    case TYPE.taskManagement: {
      const what = readable.u32();
      const unit = parseLun(readable.bytes(LUN_BYTES));
      readable.skip(8); // the id of a task, none of which is under way
      return { kind: "task-management", function: what, unit };
    }
    case TYPE.query:
    case TYPE.subscribe: {
      const unit = parseLun(readable.bytes(LUN_BYTES));
      readable.skip(4); // the events asked for, none of which there is
      return { kind: "notifications", unit };
    }
    default:
      throw new RingError(
        "request",
        `Cannot answer a control request: unknown type: ${type}`,
      );
  }
}

/** Answers a request; `resetUnit` is called where the disk is to be reset. */
export function answerControl(
  request: ControlRequest,
  { writable }: Chain,
  resetUnit: () => void,
): void {
  if (request.kind === "notifications") {
    writable.u32(0); // event_actual
    writable.u8(unitResponse(request.unit));
    return;
  }
  writable.u8(manage(request, resetUnit));
}

function manage(
  { function: what, unit }: { function: number; unit: LogicalUnit },
  resetUnit: () => void,
): number {
  const response = what === FUNCTION.nexusReset && unit.kind === "unit"
    ? unitResponse({ ...unit, lun: 0 })
    : unitResponse(unit);
  if (response !== SCSI_RESPONSE.ok) return response;
  switch (what) {
    case FUNCTION.nexusReset:
    case FUNCTION.unitReset:
      resetUnit();
      return SCSI_RESPONSE.ok;
    case FUNCTION.abortTask:
    case FUNCTION.abortTaskSet:
    case FUNCTION.clearTaskSet:
    case FUNCTION.queryTask:
    case FUNCTION.queryTaskSet:
      return SCSI_RESPONSE.ok;
    default:
      // CLEAR ACA is for units with NORMACA, which this one is not.
      return SCSI_RESPONSE.functionRejected;
  }
}

/** Whether a unit is there: target 0 has the disk, as LUN 0. */
export function unitResponse(unit: LogicalUnit): number {
  if (unit.kind !== "unit" || unit.target !== 0) return SCSI_RESPONSE.badTarget;
  return unit.lun === 0 ? SCSI_RESPONSE.ok : SCSI_RESPONSE.incorrectLun;
}
