/**
 * Address resolution (RFC 826): who asks for the gateway or the DNS server is
 * answered.
 *
 * @module
 */
import { ETHERNET_HEADER } from "../backend.ts";
import { GATEWAY_MAC, isOurs } from "./address.ts";
import { ETHER_TYPE, writeEthernet } from "./ethernet.ts";
import { get16, get32, put16, put32 } from "./octets.ts";

const ARP_BYTES = 28;
const REQUEST = 1;
const REPLY = 2;

/** The frame that answers an ARP packet; undefined where there is none. */
export function answerArp(
  packet: Uint8Array,
): Uint8Array<ArrayBuffer> | undefined {
  if (packet.length < ARP_BYTES) return undefined;
  const ethernetAndIpv4 = get32(packet, 0) === 0x00010800 &&
    get16(packet, 4) === 0x0604;
  const target = get32(packet, 24);
  if (!ethernetAndIpv4 || get16(packet, 6) !== REQUEST || !isOurs(target)) {
    return undefined;
  }
  const asker = packet.subarray(8, 18);
  const frame = new Uint8Array(ETHERNET_HEADER + ARP_BYTES);
  writeEthernet(frame, { to: asker, type: ETHER_TYPE.arp });
  const reply = frame.subarray(ETHERNET_HEADER);
  reply.set(packet.subarray(0, 6), 0);
  put16(reply, 6, REPLY);
  reply.set(GATEWAY_MAC, 8);
  put32(reply, 14, target);
  reply.set(asker, 18);
  return frame;
}
