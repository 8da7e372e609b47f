/**
 * Requests of a virtio SCSI host, carried out by the unit that they are for,
 * and the response to them (virtio 1.3, 5.6.6.1).
 *
 * @module
 */
import type { Chain } from "../chain.ts";
import type { WriteStream } from "../stream.ts";
import { parseCommand } from "./command.ts";
import { SCSI_RESPONSE, unitResponse } from "./control.ts";
import type { ScsiDisk } from "./disk.ts";
import type { CommandOutcome } from "./outcome.ts";
import {
  type FieldSizes,
  parseRequest,
  RESPONSE_BYTES,
  type ScsiRequest,
} from "./request.ts";
import { senseBytes } from "./sense.ts";
import { executeNowhere, executeWellKnown } from "./units.ts";

/** Status codes of commands (SAM-5, 5.3.1). */
const STATUS = { good: 0x00, checkCondition: 0x02 } as const;

/** What became of a request: a unit did it, or it got to none. */
type Result = CommandOutcome | {
  readonly kind: "undelivered";
  readonly response: number;
};

/** What a request cost and gave. */
export interface Answered {
  /** The used length. */
  readonly written: number;
  /** Bytes that the host read or wrote. */
  readonly work: number;
}

/** Carries a request out and responds. Throws RingError for a wrong one. */
export function answerRequest(
  chain: Chain,
  sizes: FieldSizes,
  disk: ScsiDisk,
): Answered {
  const request = parseRequest(chain, sizes);
  const room = request.dataIn.remaining;
  const data = room + request.dataOut.remaining;
  const result = deliver(request, disk);
  const { transferred, work } = result.kind === "good"
    ? result
    : { transferred: 0, work: 0 };
  respond(request.response, result, {
    sense: sizes.sense,
    residual: data - transferred,
  });
  // Data in lie behind the response, without a gap.
  const bytesIn = room > 0 ? transferred : 0;
  return { written: RESPONSE_BYTES + sizes.sense + bytesIn, work };
}

function deliver(
  { unit, cdb, dataIn, dataOut }: ScsiRequest,
  disk: ScsiDisk,
): Result {
  const response = unitResponse(unit);
  const wellKnown = unit.kind === "well-known";
  if (response === SCSI_RESPONSE.badTarget && !wellKnown) {
    return { kind: "undelivered", response };
  }
  // That would need VIRTIO_SCSI_F_INOUT.
  if (dataIn.remaining > 0 && dataOut.remaining > 0) {
    return { kind: "undelivered", response: SCSI_RESPONSE.failure };
  }
  const command = parseCommand(cdb);
  if (wellKnown) return executeWellKnown(command, dataIn);
  return response === SCSI_RESPONSE.ok
    ? disk.execute(command, { in: dataIn, out: dataOut })
    : executeNowhere(command, dataIn);
}

function respond(
  fields: WriteStream,
  result: Result,
  { sense, residual }: { sense: number; residual: number },
): void {
  const failed = result.kind === "check-condition";
  const bytes = failed
    ? senseBytes(result.sense).subarray(0, sense)
    : new Uint8Array(0);
  fields.u32(bytes.length);
  fields.u32(residual);
  fields.u16(0); // status_qualifier
  fields.u8(failed ? STATUS.checkCondition : STATUS.good);
  fields.u8(responseCode(result));
  fields.bytes(bytes);
  fields.zeros(fields.remaining);
}

function responseCode(result: Result): number {
  switch (result.kind) {
    case "undelivered":
      return result.response;
    case "overrun":
      return SCSI_RESPONSE.overrun;
    default:
      return SCSI_RESPONSE.ok;
  }
}
