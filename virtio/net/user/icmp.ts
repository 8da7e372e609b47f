/**
 * ICMP (RFC 792): answers to echo requests, and complaints.
 *
 * @module
 */
import { finishSum, sumWords } from "../checksum.ts";
import type { Address } from "./address.ts";
import {
  type Ipv4Packet,
  newIpv4Frame,
  PAYLOAD_START,
  PROTOCOL,
} from "./ipv4.ts";
import { put16 } from "./octets.ts";

const ECHO_REPLY = 0;
const UNREACHABLE = 3;
const ECHO = 8;
const ICMP_HEADER = 8;

/** Codes of a destination that is unreachable (RFC 792, RFC 1122 3.2.2.1). */
export const UNREACHABLE_CODE = { port: 3, prohibited: 13 } as const;

/** The header and 8 bytes of what is complained about. */
const QUOTED_PAYLOAD = 8;

/** Where answers go. */
export interface IcmpReturn {
  /** The guest's interface. */
  readonly to: Uint8Array;
  /** Who answers. */
  readonly from: Address;
}

/** The frame that answers an echo request; undefined for anything else. */
export function answerEcho(
  { payload, source }: Ipv4Packet,
  { to, from }: IcmpReturn,
): Uint8Array<ArrayBuffer> | undefined {
  if (payload.length < ICMP_HEADER || payload[0] !== ECHO) return undefined;
  if (finishSum(sumWords(payload)) !== 0) return undefined;
  const route = { to, source: from, destination: source };
  return finish(route, {
    type: ECHO_REPLY,
    code: 0,
    rest: payload.subarray(4),
  });
}

/** The frame that says that a packet cannot be delivered. */
export function unreachable(
  packet: Ipv4Packet,
  { to, from, code }: IcmpReturn & { code: number },
): Uint8Array<ArrayBuffer> {
  const header = packet.bytes.length - packet.payload.length;
  const quoted = packet.bytes.subarray(0, header + QUOTED_PAYLOAD);
  const rest = new Uint8Array(4 + quoted.length);
  rest.set(quoted, 4);
  const route = { to, source: from, destination: packet.source };
  return finish(route, { type: UNREACHABLE, code, rest });
}

function finish(
  route: { to: Uint8Array; source: Address; destination: Address },
  { type, code, rest }: { type: number; code: number; rest: Uint8Array },
): Uint8Array<ArrayBuffer> {
  const length = 4 + rest.length;
  const frame = newIpv4Frame(route, { protocol: PROTOCOL.icmp, length });
  frame[PAYLOAD_START] = type;
  frame[PAYLOAD_START + 1] = code;
  frame.set(rest, PAYLOAD_START + 4);
  const sum = finishSum(sumWords(frame, { from: PAYLOAD_START }));
  put16(frame, PAYLOAD_START + 2, sum);
  return frame;
}
