/**
 * Requests of a virtio block device, read out of their chains (virtio 1.3,
 * 5.2.6). What they ask for is not looked at here.
 *
 * @module
 */
import { BytesReader } from "../accessor.ts";
import { BOOK_ORDER } from "../byte_order.ts";
import type { Chain } from "../chain.ts";
import { RingError } from "../ring_error.ts";
import type { ReadStream, WriteStream } from "../stream.ts";
import { SECTOR_BYTES } from "./backend.ts";
import { MAX_DISCARD_SEGMENTS, MAX_ZEROED_SEGMENTS } from "./limits.ts";

/** VIRTIO_BLK_T_*, the types of requests that are known here. */
const TYPE = {
  in: 0,
  out: 1,
  flush: 4,
  /** Of legacy drivers; the same as `flush` (5.2.6.3). */
  flushOut: 5,
  getId: 8,
  discard: 11,
  writeZeroes: 13,
} as const;

/** type, reserved (once ioprio) and sector. */
const HEADER_BYTES = 16;

/** sector, num_sectors and flags of a range to discard or to zero. */
const SEGMENT_BYTES = 16;

/** Flag of a segment: it may be deallocated. */
export const SEGMENT_UNMAP = 1;

/** A range of sectors to discard or to zero. */
export interface Segment {
  /** Infinity where the guest's number is beyond all disks. */
  readonly sector: number;
  readonly sectors: number;
  readonly flags: number;
}

/** What a request asks for. */
export type BlkOperation =
  | {
    readonly kind: "in";
    readonly sector: number;
    readonly sectors: number;
    readonly data: WriteStream;
  }
  | {
    readonly kind: "out";
    readonly sector: number;
    readonly sectors: number;
    readonly data: ReadStream;
  }
  | { readonly kind: "flush" }
  | { readonly kind: "get-id"; readonly data: WriteStream }
  | {
    readonly kind: "discard" | "write-zeroes";
    readonly segments: readonly Segment[];
  }
  /** Of a type that no feature offers. */
  | { readonly kind: "unsupported"; readonly type: number }
  /** Not in the form that its type has. */
  | { readonly kind: "malformed"; readonly reason: string };

/** A request and where its answer goes. */
export interface BlkRequest {
  readonly operation: BlkOperation;
  /** One byte, the last one that the device may write. */
  readonly status: WriteStream;
}

/** Reads a request. Throws RingError where it has no byte for a status. */
export function parseRequest(chain: Chain): BlkRequest {
  const { writable } = chain;
  if (writable.remaining === 0) {
    throw new RingError(
      "request",
      "Cannot answer a request: it has no byte for the status",
    );
  }
  const status = writable.splitEnd(1);
  return { status, operation: parseOperation(chain) };
}

function parseOperation({ readable, writable }: Chain): BlkOperation {
  if (readable.remaining < HEADER_BYTES) {
    return malformed(`header has ${readable.remaining} bytes`);
  }
  const type = readable.u32();
  readable.skip(4);
  const sector = readable.u64Number();
  switch (type) {
    case TYPE.in:
      return parseTransfer(sector, { kind: "in", data: writable });
    case TYPE.out:
      return parseTransfer(sector, { kind: "out", data: readable });
    case TYPE.flush:
    case TYPE.flushOut:
      return { kind: "flush" };
    case TYPE.getId:
      return { kind: "get-id", data: writable };
    case TYPE.discard:
      return parseSegments(readable, "discard", MAX_DISCARD_SEGMENTS);
    case TYPE.writeZeroes:
      return parseSegments(readable, "write-zeroes", MAX_ZEROED_SEGMENTS);
    default:
      return { kind: "unsupported", type };
  }
}

type Transfer =
  | { readonly kind: "in"; readonly data: WriteStream }
  | { readonly kind: "out"; readonly data: ReadStream };

function parseTransfer(sector: number, transfer: Transfer): BlkOperation {
  const bytes = transfer.data.remaining;
  if (bytes === 0 || bytes % SECTOR_BYTES !== 0) {
    return malformed(`data has ${bytes} bytes, not whole sectors`);
  }
  return { ...transfer, sector, sectors: bytes / SECTOR_BYTES };
}

/**
 * Ranges are little-endian for legacy drivers too: the legacy interface has
 * only the header in the guest's order (5.2.6.3), and so does Linux.
 */
function parseSegments(
  data: ReadStream,
  kind: "discard" | "write-zeroes",
  limit: number,
): BlkOperation {
  const bytes = data.remaining;
  const count = bytes / SEGMENT_BYTES;
  if (!Number.isInteger(count) || count < 1 || count > limit) {
    return malformed(`segments have ${bytes} bytes`);
  }
  const fields = new BytesReader(data.bytes(bytes), BOOK_ORDER);
  const segments = Array.from({ length: count }, () => ({
    sector: fields.u64Number(),
    sectors: fields.u32(),
    flags: fields.u32(),
  }));
  return { kind, segments };
}

function malformed(reason: string): BlkOperation {
  return { kind: "malformed", reason };
}
