/**
 * TCP segments (RFC 9293, section 3.1).
 *
 * @module
 */
import { ETHERNET_HEADER, type FrameOffload } from "../backend.ts";
import { finishSum, sumWords } from "../checksum.ts";
import {
  IPV4_HEADER,
  type Ipv4Route,
  MTU,
  newIpv4Frame,
  PAYLOAD_START,
  PROTOCOL,
  pseudoHeaderSum,
} from "./ipv4.ts";
import { get16, get32, put16, put32 } from "./octets.ts";

/** Control bits. */
export const TCP_FLAG = {
  fin: 1,
  syn: 2,
  rst: 4,
  psh: 8,
  ack: 16,
} as const;

const TCP_HEADER = 20;
const CHECKSUM_OFFSET = 16;

/** Largest segment that fits a packet. */
export const MAX_SEGMENT: number = MTU - IPV4_HEADER - TCP_HEADER;

/** Payload of a segment where none was announced (RFC 9293, 3.7.1). */
export const DEFAULT_SEGMENT = 536;

/** A smaller announcement would only make work. */
const LEAST_SEGMENT = 64;

/** Largest shift of a window (RFC 7323, 2.3). */
const MAX_SHIFT = 14;

const OPTION = { end: 0, nothing: 1, maximum: 2, scale: 3 } as const;

/** A segment of the guest's. */
export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  /** As it stands there, without scaling. */
  readonly window: number;
  readonly data: Uint8Array<ArrayBuffer>;
  /** Largest segment that the guest takes. */
  readonly maximum: number;
  /** Shift of windows; undefined where the guest does not scale them. */
  readonly shift: number | undefined;
}

/** Reads a segment; undefined where its lengths are wrong. */
export function readTcp(
  payload: Uint8Array<ArrayBuffer>,
): TcpSegment | undefined {
  const header = ((payload[12] ?? 0) >> 4) * 4;
  if (header < TCP_HEADER || header > payload.length) return undefined;
  return {
    sourcePort: get16(payload, 0),
    destinationPort: get16(payload, 2),
    sequence: get32(payload, 4),
    acknowledgment: get32(payload, 8),
    flags: payload[13] ?? 0,
    window: get16(payload, 14),
    data: payload.subarray(header),
    ...readOptions(payload.subarray(TCP_HEADER, header)),
  };
}

function readOptions(
  options: Uint8Array,
): { maximum: number; shift: number | undefined } {
  let maximum = DEFAULT_SEGMENT;
  let shift: number | undefined;
  for (let at = 0; at < options.length;) {
    const kind = options[at];
    if (kind === OPTION.end) break;
    if (kind === OPTION.nothing) {
      at++;
      continue;
    }
    const length = options[at + 1] ?? 0;
    if (length < 2 || at + length > options.length) break;
    if (kind === OPTION.maximum && length === 4) {
      const announced = get16(options, at + 2);
      maximum = Math.min(MAX_SEGMENT, Math.max(LEAST_SEGMENT, announced));
    } else if (kind === OPTION.scale && length === 3) {
      shift = Math.min(options[at + 2] ?? 0, MAX_SHIFT);
    }
    at += length;
  }
  return { maximum, shift };
}

/** A segment for the guest. */
export interface NewSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly flags: number;
  readonly window: number;
  /** Bytes of data, at most 65495. */
  readonly length?: number;
  /** Fills the data in. */
  readonly fill?: (data: Uint8Array<ArrayBuffer>) => void;
  /** Of a SYN: our own largest segment, and shift of windows. */
  readonly synOptions?: { readonly shift: number | undefined };
}

/** A frame for the guest, and what is left to the guest to do. */
export interface OutgoingFrame {
  readonly frame: Uint8Array<ArrayBuffer>;
  readonly offload?: FrameOffload;
}

/**
 * The frame of a segment. With `offload`, the guest does without a checksum,
 * and data may be more than `segmentBytes`, into which it is to be cut.
 */
export function newTcpFrame(
  route: Ipv4Route,
  segment: NewSegment,
  { offload = false, segmentBytes = MAX_SEGMENT }: {
    offload?: boolean;
    segmentBytes?: number;
  } = {},
): OutgoingFrame {
  const options = segment.synOptions === undefined
    ? new Uint8Array(0)
    : newOptions(segment.synOptions);
  const header = TCP_HEADER + options.length;
  const data = segment.length ?? 0;
  const length = header + data;
  const what = { protocol: PROTOCOL.tcp, length };
  const frame = newIpv4Frame(route, what);
  const tcp = frame.subarray(PAYLOAD_START);
  put16(tcp, 0, segment.sourcePort);
  put16(tcp, 2, segment.destinationPort);
  put32(tcp, 4, segment.sequence);
  put32(tcp, 8, segment.acknowledgment);
  tcp[12] = header / 4 << 4;
  tcp[13] = segment.flags;
  put16(tcp, 14, segment.window);
  tcp.set(options, TCP_HEADER);
  segment.fill?.(tcp.subarray(header));
  const pseudo = pseudoHeaderSum(route, what);
  if (!offload) {
    put16(tcp, CHECKSUM_OFFSET, finishSum(sumWords(tcp, { sum: pseudo })));
    return { frame };
  }
  put16(tcp, CHECKSUM_OFFSET, ~finishSum(pseudo) & 0xffff);
  const checksum = {
    start: ETHERNET_HEADER + IPV4_HEADER,
    offset: CHECKSUM_OFFSET,
  };
  const cut = data > segmentBytes ? { segment: segmentBytes } : {};
  return { frame, offload: { checksum, ...cut } };
}

function newOptions({ shift }: { shift: number | undefined }): Uint8Array {
  const maximum = [OPTION.maximum, 4, MAX_SEGMENT >> 8, MAX_SEGMENT & 0xff];
  return Uint8Array.from(
    shift === undefined
      ? maximum
      : [...maximum, OPTION.nothing, OPTION.scale, 3, shift],
  );
}

/** How far a sequence number is behind another one; negative where before. */
export function distance(from: number, to: number): number {
  return (to - from) | 0;
}

/** A sequence number and bytes after it. */
export function advance(sequence: number, bytes: number): number {
  return (sequence + bytes) >>> 0;
}
