/**
 * Requests of a block device, carried out on a backend (virtio 1.3, 5.2.6.2).
 *
 * @module
 */
import {
  BackendError,
  type BlockBackend,
  holdsSectors,
  SECTOR_BYTES,
} from "./backend.ts";
import {
  MAX_DISCARD_SECTORS,
  MAX_REQUEST_SECTORS,
  MAX_ZEROED_SECTORS,
} from "./limits.ts";
import { type BlkOperation, type Segment, SEGMENT_UNMAP } from "./request.ts";

/** VIRTIO_BLK_S_*. */
export const BLK_STATUS = { ok: 0, ioError: 1, unsupported: 2 } as const;

/** What requests are carried out on. */
export interface ExecutionContext {
  readonly backend: BlockBackend;
  /** The device's id string: padded with zeros. */
  readonly id: Uint8Array;
  /** Whether a write is on the host's disk before it is answered. */
  readonly writeThrough: boolean;
  /** What the backend threw. The guest learns no more than "I/O error". */
  readonly onFailure: (error: BackendError) => void;
}

/** How a request went. */
export interface Outcome {
  /** One of `BLK_STATUS`. */
  readonly status: number;
  /** Bytes of data for the guest, from the first one on. */
  readonly bytesIn: number;
  /** Bytes that went to or came from the disk. */
  readonly transferred: number;
}

/** Carries an operation out. Never throws for what the host fails at. */
export function execute(
  operation: BlkOperation,
  context: ExecutionContext,
): Outcome {
  try {
    return perform(operation, context);
  } catch (error) {
    if (!(error instanceof BackendError)) throw error;
    context.onFailure(error);
    return IO_ERROR;
  }
}

const DONE: Outcome = { status: BLK_STATUS.ok, bytesIn: 0, transferred: 0 };
const IO_ERROR: Outcome = { ...DONE, status: BLK_STATUS.ioError };
const UNSUPPORTED: Outcome = { ...DONE, status: BLK_STATUS.unsupported };

function perform(
  operation: BlkOperation,
  context: ExecutionContext,
): Outcome {
  const { backend, id } = context;
  switch (operation.kind) {
    case "in": {
      if (!mayTransfer(operation, backend)) return IO_ERROR;
      const { sector, data } = operation;
      const bytes = data.remaining;
      backend.read(sector * SECTOR_BYTES, data.views(bytes));
      return { ...DONE, bytesIn: bytes, transferred: bytes };
    }
    case "out": {
      if (!mayTransfer(operation, backend)) return IO_ERROR;
      if (backend.readonly) return IO_ERROR;
      const { sector, data } = operation;
      const bytes = data.remaining;
      backend.write(sector * SECTOR_BYTES, data.views(bytes));
      if (context.writeThrough) backend.flush();
      return { ...DONE, transferred: bytes };
    }
    case "flush":
      backend.flush();
      return DONE;
    case "get-id": {
      const bytes = Math.min(operation.data.remaining, id.length);
      operation.data.bytes(id.subarray(0, bytes));
      return { ...DONE, bytesIn: bytes };
    }
    case "discard":
      return discard(operation.segments, backend);
    case "write-zeroes":
      return writeZeroes(operation.segments, context);
    case "unsupported":
      return UNSUPPORTED;
    case "malformed":
      return IO_ERROR;
  }
}

function mayTransfer(
  { sector, sectors }: { sector: number; sectors: number },
  backend: BlockBackend,
): boolean {
  return sectors <= MAX_REQUEST_SECTORS &&
    holdsSectors(backend, sector, sectors);
}

/**
 * The host offers no way to give a range of a file back: sectors keep what
 * they hold, which is allowed.
 */
function discard(
  segments: readonly Segment[],
  backend: BlockBackend,
): Outcome {
  if (backend.readonly) return IO_ERROR;
  for (const { sector, sectors, flags } of segments) {
    if (flags !== 0) return UNSUPPORTED;
    if (sectors > MAX_DISCARD_SECTORS) return IO_ERROR;
    if (!holdsSectors(backend, sector, sectors)) return IO_ERROR;
  }
  return DONE;
}

function writeZeroes(
  segments: readonly Segment[],
  { backend, writeThrough }: ExecutionContext,
): Outcome {
  if (backend.readonly) return IO_ERROR;
  let total = 0;
  for (const { sector, sectors, flags } of segments) {
    if ((flags & ~SEGMENT_UNMAP) !== 0) return UNSUPPORTED;
    if (sectors > MAX_ZEROED_SECTORS) return IO_ERROR;
    if (!holdsSectors(backend, sector, sectors)) return IO_ERROR;
    total += sectors;
  }
  for (const { sector, sectors } of segments) {
    backend.zero(sector * SECTOR_BYTES, sectors * SECTOR_BYTES);
  }
  if (writeThrough) backend.flush();
  return { ...DONE, transferred: total * SECTOR_BYTES };
}
