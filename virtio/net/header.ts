/**
 * The header before each frame (virtio 1.3, 5.1.6).
 *
 * @module
 */
import type { OrderedReader, OrderedWriter } from "../accessor.ts";
import { ETHERNET_HEADER, type FrameOffload } from "./backend.ts";

/** VIRTIO_NET_HDR_F_*. */
export const HEADER_FLAG = { needsChecksum: 1, dataValid: 2 } as const;

/** VIRTIO_NET_HDR_GSO_*, without the ECN bit. */
export const SEGMENTATION = { none: 0, tcp4: 1 } as const;

/** VIRTIO_NET_HDR_GSO_ECN. */
const ECN = 0x80;

/** A header's fields; `buffers` is not one of them when the guest sends. */
export interface NetHeader {
  readonly flags: number;
  readonly segmentation: number;
  readonly headerBytes: number;
  readonly segmentBytes: number;
  readonly checksumStart: number;
  readonly checksumOffset: number;
}

/** Bytes of a header: legacy drivers without merged buffers have no count. */
export function headerLength({ counted }: { counted: boolean }): number {
  return counted ? 12 : 10;
}

/** Reads a header of the guest's. The stream throws where it is too short. */
export function readHeader(
  fields: OrderedReader,
  { counted }: { counted: boolean },
): NetHeader {
  const header = {
    flags: fields.u8(),
    segmentation: fields.u8(),
    headerBytes: fields.u16(),
    segmentBytes: fields.u16(),
    checksumStart: fields.u16(),
    checksumOffset: fields.u16(),
  };
  if (counted) fields.skip(2);
  return header;
}

/** Writes the header of a frame for the guest, which lies in that many buffers. */
export function writeHeader(
  fields: OrderedWriter,
  { offload, buffers, counted }: {
    offload: FrameOffload | undefined;
    buffers: number;
    counted: boolean;
  },
): void {
  const { checksum, segment } = offload ?? {};
  const cut = checksum !== undefined && segment !== undefined;
  fields.u8(checksum === undefined ? 0 : HEADER_FLAG.needsChecksum);
  fields.u8(cut ? SEGMENTATION.tcp4 : SEGMENTATION.none);
  // Ethernet, IPv4 and TCP without options: the least that it can be is a hint
  // that every driver has to check (5.1.6.4.1).
  fields.u16(cut ? checksum.start + 20 : 0);
  fields.u16(cut ? segment : 0);
  fields.u16(checksum?.start ?? 0);
  fields.u16(checksum?.offset ?? 0);
  if (counted) fields.u16(buffers);
}

/**
 * What a guest's header leaves to the backend, or why the frame cannot be
 * taken: work that was not agreed on, or places outside the frame.
 */
export function offloadOf(
  header: NetHeader,
  { length, checksum, segments }: {
    length: number;
    checksum: boolean;
    segments: boolean;
  },
): FrameOffload | string {
  const { checksumStart: start, checksumOffset: offset } = header;
  const partial = (header.flags & HEADER_FLAG.needsChecksum) !== 0;
  const kind = header.segmentation & ~ECN;
  if (partial && !checksum) return "checksum-not-agreed";
  if (partial && (start < ETHERNET_HEADER || start + offset + 2 > length)) {
    return "checksum-outside";
  }
  const fields = partial ? { checksum: { start, offset } } : {};
  if (kind === SEGMENTATION.none) return fields;
  if (kind !== SEGMENTATION.tcp4 || !segments || !partial) {
    return "segmentation-not-agreed";
  }
  if (header.segmentBytes === 0) return "segmentation-size";
  return { ...fields, segment: header.segmentBytes };
}
