/**
 * UDP datagrams (RFC 768).
 *
 * @module
 */
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
import { get16, put16 } from "./octets.ts";

const UDP_HEADER = 8;

/** Most bytes of a datagram for the guest: larger ones would be fragments. */
export const MAX_DATAGRAM: number = MTU - IPV4_HEADER - UDP_HEADER;

/** A datagram of the guest's. */
export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data: Uint8Array<ArrayBuffer>;
  /** Whether its sender gave it a checksum. */
  readonly summed: boolean;
}

/** Reads a datagram; undefined where its lengths are wrong. */
export function readUdp(
  payload: Uint8Array<ArrayBuffer>,
): UdpDatagram | undefined {
  const length = get16(payload, 4);
  if (length < UDP_HEADER || length > payload.length) return undefined;
  return {
    sourcePort: get16(payload, 0),
    destinationPort: get16(payload, 2),
    data: payload.subarray(UDP_HEADER, length),
    summed: get16(payload, 6) !== 0,
  };
}

/** The frame of a datagram for the guest. */
export function newUdpFrame(
  route: Ipv4Route,
  { sourcePort, destinationPort, data }: {
    sourcePort: number;
    destinationPort: number;
    data: Uint8Array;
  },
): Uint8Array<ArrayBuffer> {
  const length = UDP_HEADER + data.length;
  const what = { protocol: PROTOCOL.udp, length };
  const frame = newIpv4Frame(route, what);
  put16(frame, PAYLOAD_START, sourcePort);
  put16(frame, PAYLOAD_START + 2, destinationPort);
  put16(frame, PAYLOAD_START + 4, length);
  frame.set(data, PAYLOAD_START + UDP_HEADER);
  const pseudo = pseudoHeaderSum(route, what);
  const sum = finishSum(sumWords(frame, { from: PAYLOAD_START, sum: pseudo }));
  // Zero would mean that there is none.
  put16(frame, PAYLOAD_START + 6, sum === 0 ? 0xffff : sum);
  return frame;
}
