/**
 * Ethernet frames (IEEE 802.3, clause 3), without VLAN tags.
 *
 * @module
 */
import { ETHERNET_HEADER } from "../backend.ts";
import { GATEWAY_MAC } from "./address.ts";
import { get16, put16 } from "./octets.ts";

/** What a frame holds. */
export const ETHER_TYPE = { ipv4: 0x0800, arp: 0x0806 } as const;

export const MAC_BYTES = 6;

/** An address that is everybody's. */
export const BROADCAST_MAC: Uint8Array<ArrayBuffer> = new Uint8Array(MAC_BYTES)
  .fill(0xff);

/** A frame of the guest's. */
export interface EthernetFrame {
  readonly destination: Uint8Array<ArrayBuffer>;
  readonly source: Uint8Array<ArrayBuffer>;
  readonly type: number;
  readonly payload: Uint8Array<ArrayBuffer>;
}

/** Reads a frame; undefined where it is too short. */
export function readEthernet(
  bytes: Uint8Array<ArrayBuffer>,
): EthernetFrame | undefined {
  if (bytes.length < ETHERNET_HEADER) return undefined;
  return {
    destination: bytes.slice(0, 6),
    source: bytes.slice(6, 12),
    type: get16(bytes, 12),
    payload: bytes.subarray(ETHERNET_HEADER),
  };
}

/** Writes the header of a frame from the gateway. */
export function writeEthernet(
  frame: Uint8Array,
  { to, type }: { to: Uint8Array; type: number },
): void {
  frame.set(to.subarray(0, MAC_BYTES), 0);
  frame.set(GATEWAY_MAC, MAC_BYTES);
  put16(frame, 12, type);
}

/** Whether a frame is the gateway's to look at. */
export function isForGateway({ destination }: EthernetFrame): boolean {
  return ((destination[0] ?? 0) & 1) !== 0 ||
    destination.every((byte, index) => byte === GATEWAY_MAC[index]);
}
