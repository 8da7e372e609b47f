/**
 * IPv4 packets (RFC 791). Fragments are not put together.
 *
 * @module
 */
import { ETHERNET_HEADER } from "../backend.ts";
import { finishSum, sumWords } from "../checksum.ts";
import type { Address } from "./address.ts";
import { ETHER_TYPE, writeEthernet } from "./ethernet.ts";
import { get16, get32, put16, put32 } from "./octets.ts";

/** What a packet holds (RFC 790). */
export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17 } as const;

/** Bytes of a header without options, as all headers here are. */
export const IPV4_HEADER = 20;

/** Largest packet that is no large segment. */
export const MTU = 1500;

/** Where the payload is in a frame that is made here. */
export const PAYLOAD_START: number = ETHERNET_HEADER + IPV4_HEADER;

const MORE_FRAGMENTS_AND_OFFSET = 0x3fff;
const DO_NOT_FRAGMENT = 0x4000;
const TIME_TO_LIVE = 64;

/** A packet of the guest's. */
export interface Ipv4Packet {
  readonly protocol: number;
  readonly source: Address;
  readonly destination: Address;
  readonly payload: Uint8Array<ArrayBuffer>;
  /** The packet itself, for those who complain about it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Why a packet is not looked at. */
export type Ipv4Fault = "ipv4-header" | "ipv4-checksum" | "ipv4-fragment";

/** Reads a packet, which padding may follow. */
export function readIpv4(
  bytes: Uint8Array<ArrayBuffer>,
): Ipv4Packet | Ipv4Fault {
  const first = bytes[0] ?? 0;
  const header = (first & 15) * 4;
  const total = get16(bytes, 2);
  if (
    first >> 4 !== 4 || header < IPV4_HEADER || total < header ||
    total > bytes.length
  ) return "ipv4-header";
  if (finishSum(sumWords(bytes, { to: header })) !== 0) return "ipv4-checksum";
  if ((get16(bytes, 6) & MORE_FRAGMENTS_AND_OFFSET) !== 0) {
    return "ipv4-fragment";
  }
  return {
    protocol: bytes[9] ?? 0,
    source: get32(bytes, 12),
    destination: get32(bytes, 16),
    payload: bytes.subarray(header, total),
    bytes: bytes.subarray(0, total),
  };
}

/** Where a packet from here goes. */
export interface Ipv4Route {
  readonly to: Uint8Array;
  readonly source: Address;
  readonly destination: Address;
}

/**
 * A frame with its Ethernet and IPv4 headers, and room for a payload at
 * `PAYLOAD_START`, at most 65515 bytes.
 */
export function newIpv4Frame(
  { to, source, destination }: Ipv4Route,
  { protocol, length }: { protocol: number; length: number },
): Uint8Array<ArrayBuffer> {
  const frame = new Uint8Array(PAYLOAD_START + length);
  writeEthernet(frame, { to, type: ETHER_TYPE.ipv4 });
  const at = ETHERNET_HEADER;
  frame[at] = 0x45;
  put16(frame, at + 2, IPV4_HEADER + length);
  put16(frame, at + 6, DO_NOT_FRAGMENT);
  frame[at + 8] = TIME_TO_LIVE;
  frame[at + 9] = protocol;
  put32(frame, at + 12, source);
  put32(frame, at + 16, destination);
  const sum = sumWords(frame, { from: at, to: PAYLOAD_START });
  put16(frame, at + 10, finishSum(sum));
  return frame;
}

/** Sum of the pseudo header that TCP and UDP checksums begin with. */
export function pseudoHeaderSum(
  { source, destination }: { source: Address; destination: Address },
  { protocol, length }: { protocol: number; length: number },
): number {
  const words = (address: Address) => (address >>> 16) + (address & 0xffff);
  return words(source) + words(destination) + protocol + length;
}

/** Whether the checksum of a TCP or UDP packet is right. */
export function hasRightSum(packet: Ipv4Packet): boolean {
  const { protocol, payload } = packet;
  const { length } = payload;
  const sum = pseudoHeaderSum(packet, { protocol, length });
  return finishSum(sumWords(payload, { sum })) === 0;
}
