/**
 * A DHCP server with one address to give (RFC 2131, RFC 2132).
 *
 * @module
 */
import { EVERYBODY, NETWORK } from "./address.ts";
import { BROADCAST_MAC, MAC_BYTES } from "./ethernet.ts";
import { get16, get32, put32 } from "./octets.ts";
import { newUdpFrame } from "./udp.ts";

/** Ports of servers and of clients. */
export const DHCP_PORT = { server: 67, client: 68 } as const;

const MESSAGE = {
  discover: 1,
  offer: 2,
  request: 3,
  acknowledge: 5,
  refuse: 6,
  inform: 8,
} as const;

const OPTION = {
  pad: 0,
  mask: 1,
  router: 3,
  dns: 6,
  requestedAddress: 50,
  lease: 51,
  message: 53,
  server: 54,
  end: 255,
} as const;

const BOOT_REQUEST = 1;
const BOOT_REPLY = 2;
const OPTIONS_START = 240;
const COOKIE = 0x63825363;
const LEASE_SECONDS = 86400;

/** BOOTP's least length, which some clients insist on (RFC 951). */
const LEAST_BYTES = 300;

/**
 * The frame that answers a client; undefined for what is no question to this
 * server. Without `outside` neither router nor DNS server are named.
 */
export function answerDhcp(
  message: Uint8Array,
  { outside }: { outside: boolean },
): Uint8Array<ArrayBuffer> | undefined {
  const ethernet = get16(message, 1) === 0x0106;
  if (
    message[0] !== BOOT_REQUEST || !ethernet ||
    get32(message, 236) !== COOKIE
  ) return undefined;
  const options = readOptions(message);
  const kind = answerKind(message, options);
  if (kind === undefined) return undefined;
  const reply = newReply(message, kind, outside);
  const client = message.subarray(28, 28 + MAC_BYTES);
  const address = get32(message, 12);
  const broadcasts = (get16(message, 10) & 0x8000) !== 0 ||
    kind === MESSAGE.refuse;
  return newUdpFrame({
    to: broadcasts ? BROADCAST_MAC : client,
    source: NETWORK.gateway,
    destination: broadcasts || address === 0 ? EVERYBODY : NETWORK.guest,
  }, {
    sourcePort: DHCP_PORT.server,
    destinationPort: DHCP_PORT.client,
    data: reply,
  });
}

/** Options by their number; the first of each counts. */
function readOptions(message: Uint8Array): Map<number, Uint8Array> {
  const options = new Map<number, Uint8Array>();
  for (let at = OPTIONS_START; at < message.length;) {
    const code = message[at++] ?? OPTION.end;
    if (code === OPTION.end) break;
    if (code === OPTION.pad) continue;
    const length = message[at++] ?? 0;
    if (at + length > message.length) break;
    if (!options.has(code)) {
      options.set(code, message.subarray(at, at + length));
    }
    at += length;
  }
  return options;
}

function answerKind(
  message: Uint8Array,
  options: Map<number, Uint8Array>,
): number | undefined {
  const server = options.get(OPTION.server);
  if (server !== undefined && get32(server, 0) !== NETWORK.gateway) {
    return undefined;
  }
  switch (options.get(OPTION.message)?.[0]) {
    case MESSAGE.discover:
      return MESSAGE.offer;
    case MESSAGE.inform:
      return MESSAGE.acknowledge;
    case MESSAGE.request: {
      const wanted = options.get(OPTION.requestedAddress);
      const address = wanted === undefined
        ? get32(message, 12)
        : get32(wanted, 0);
      return address === NETWORK.guest ? MESSAGE.acknowledge : MESSAGE.refuse;
    }
    default:
      return undefined;
  }
}

function newReply(
  message: Uint8Array,
  kind: number,
  outside: boolean,
): Uint8Array<ArrayBuffer> {
  const reply = new Uint8Array(LEAST_BYTES);
  reply.set([BOOT_REPLY, 1, MAC_BYTES], 0);
  reply.set(message.subarray(4, 8), 4); // xid
  reply.set(message.subarray(10, 12), 10); // flags
  reply.set(message.subarray(28, 44), 28); // chaddr
  put32(reply, 236, COOKIE);
  let at = OPTIONS_START;
  const option = (code: number, value: number, bytes = 4) => {
    reply[at] = code;
    reply[at + 1] = bytes;
    if (bytes === 4) put32(reply, at + 2, value);
    else reply[at + 2] = value;
    at += 2 + bytes;
  };
  option(OPTION.message, kind, 1);
  option(OPTION.server, NETWORK.gateway);
  if (kind !== MESSAGE.refuse) {
    // A client that informs has its address already (RFC 2131, 4.3.5).
    reply.set(message.subarray(12, 16), 12);
    if (readOptions(message).get(OPTION.message)?.[0] !== MESSAGE.inform) {
      put32(reply, 16, NETWORK.guest);
      option(OPTION.lease, LEASE_SECONDS);
    }
    option(OPTION.mask, NETWORK.mask);
    if (outside) {
      option(OPTION.router, NETWORK.gateway);
      option(OPTION.dns, NETWORK.dns);
    }
  }
  reply[at] = OPTION.end;
  return reply;
}
