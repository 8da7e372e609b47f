import assert from "node:assert/strict";
import { GATEWAY_MAC, NETWORK } from "../../../virtio/net/user/address.ts";
import { finishSum, sumWords } from "../../../virtio/net/checksum.ts";
import type { HostEvent } from "../../../virtio/net/user/host_sockets.ts";
import {
  hasRightSum,
  newIpv4Frame,
  PROTOCOL,
} from "../../../virtio/net/user/ipv4.ts";
import { NO_OFFLOADS } from "../../../virtio/net/backend.ts";
import { UserNetwork } from "../../../virtio/net/user/network.ts";
import { put16, put32 } from "../../../virtio/net/user/octets.ts";
import {
  advance,
  newTcpFrame,
  readTcp,
  TCP_FLAG,
} from "../../../virtio/net/user/tcp_segment.ts";
import { newUdpFrame } from "../../../virtio/net/user/udp.ts";
import { fromGuest, packetOf, SilentSockets, TestClock } from "./_guest.ts";

const ROUNDS = 20_000;

/** Numbers below a bound, the same for the same seed. */
function random(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed);
    return ((mixed ^ mixed >>> 14) >>> 0) % bound;
  };
}

type Random = ReturnType<typeof random>;

/** A frame that could be one, before anything is done to it. */
function plausible(next: Random): Uint8Array<ArrayBuffer> {
  const places = [NETWORK.gateway, NETWORK.dns, 0x08080808, 0xffffffff];
  const source = next(8) === 0 ? next(2 ** 31) : NETWORK.guest;
  const destination = places[next(places.length)] ?? 0;
  const route = { to: GATEWAY_MAC, source, destination };
  const ports = { sourcePort: next(4), destinationPort: next(4) };
  switch (next(5)) {
    case 0: {
      const length = next(100);
      return newIpv4Frame(route, { protocol: next(20), length });
    }
    case 1: {
      const data = new Uint8Array(next(400)).fill(next(256));
      if (data.length > 250) {
        data.set([1, 1, 6]);
        put32(data, 236, 0x63825363);
        for (let at = 240; at < data.length; at++) data[at] = next(256);
        data.set([53, 1, next(9)], 240);
        return newUdpFrame(route, { ...ports, destinationPort: 67, data });
      }
      return newUdpFrame(route, { ...ports, data });
    }
    case 2: {
      const frame = new Uint8Array(42);
      frame.set(GATEWAY_MAC);
      frame.set([8, 6, 0, 1, 8, 0, 6, 4, 0, next(3)], 12);
      put32(frame, 38, destination);
      return frame;
    }
    default:
      return newTcpFrame(route, {
        ...ports,
        sequence: next(3) * 100,
        acknowledgment: 0x00fa0000 * next(8) + next(3),
        flags: next(64),
        window: next(65536),
        length: next(3000),
        ...next(2) === 0 ? { synOptions: { shift: next(256) } } : {},
      }).frame;
  }
}

/** Changes some bytes, perhaps the length, and perhaps makes sums right again. */
function spoil(
  frame: Uint8Array<ArrayBuffer>,
  next: Random,
): Uint8Array<ArrayBuffer> {
  for (let times = next(4); times > 0; times--) {
    const at = next(Math.min(frame.length, 80));
    frame[at] = next(256);
  }
  if (next(2) === 0 && frame.length >= 34) {
    put16(frame, 24, 0);
    put16(frame, 24, finishSum(sumWords(frame, { from: 14, to: 34 })));
  }
  return next(4) === 0 ? frame.slice(0, next(frame.length + 1)) : frame;
}

/** What the network said last, which a guest that wants in would answer. */
function answering(
  frame: Uint8Array<ArrayBuffer>,
  next: Random,
): Uint8Array<ArrayBuffer> | undefined {
  const packet = packetOf(frame);
  if (packet?.protocol !== PROTOCOL.tcp) return undefined;
  const heard = readTcp(packet.payload) ?? assert.fail();
  const { syn, fin, ack } = TCP_FLAG;
  const ends = Number((heard.flags & (syn | fin)) !== 0);
  return newTcpFrame({
    to: GATEWAY_MAC,
    source: NETWORK.guest,
    destination: packet.source,
  }, {
    sourcePort: heard.destinationPort,
    destinationPort: heard.sourcePort,
    sequence: (heard.acknowledgment + next(8) % 3) >>> 0,
    acknowledgment: advance(heard.sequence, heard.data.length + ends),
    flags: heard.flags === syn ? syn | ack : ack | (next(4) === 0 ? fin : 0),
    window: next(65536),
    length: next(3) * 500,
  }).frame;
}

function hostEvent(socket: number, next: Random): HostEvent {
  const data = new Uint8Array(next(3000));
  const events: readonly HostEvent[] = [
    { kind: "tcp-open", socket },
    { kind: "tcp-open", socket },
    { kind: "tcp-data", socket, data: data.buffer },
    { kind: "tcp-sent", socket, bytes: next(5000) },
    { kind: "tcp-end", socket },
    { kind: "tcp-failed", socket },
    { kind: "tcp-accepted", listener: 1, socket: 2 * next(1000) },
    { kind: "udp-data", socket, data: data.buffer },
  ];
  return events[next(events.length)] ?? assert.fail();
}

/** Runs rounds from a seed; gives how often the network did which thing. */
function attack(seed: number): Map<string, number> {
  const next = random(seed);
  const sockets = new SilentSockets();
  const clock = new TestClock();
  const network = new UserNetwork({
    sockets,
    clock,
    forwards: [{ protocol: "tcp", hostPort: 0, guestPort: 2 }],
    dns: { address: "127.0.0.1", port: 53 },
  });
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  let last = new Uint8Array(0);
  network.connect({
    offloads: NO_OFFLOADS,
    room: true,
    receive(frame) {
      assert.ok(frame.length <= 1514);
      const packet = packetOf(frame);
      const summed = packet !== undefined && packet.protocol !== PROTOCOL.icmp;
      assert.ok(!summed || hasRightSum(packet));
      count(`protocol ${packet?.protocol}`);
      last = frame;
    },
  });
  const opened: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const reply = next(3) > 0 ? answering(last, next) : undefined;
    const frame = fromGuest(reply ?? plausible(next));
    const partial = { checksum: { start: 34, offset: 16 } };
    const sent = reply === undefined ? spoil(frame, next) : frame;
    network.send(sent, next(2) === 0 ? partial : undefined);
    if (next(4) === 0) {
      const socket = opened.at(-1 - next(4)) ?? 2 * next(1000);
      sockets.emit(hostEvent(socket, next));
    }
    if (next(50) === 0) clock.advance(next(2000));
    for (const request of sockets.requests.splice(0)) {
      count(request.kind);
      const { kind } = request;
      if (kind === "tcp-connect" || kind === "udp-open") {
        opened.push(request.socket);
      }
    }
    assert.ok(network.sizes.tcp <= 512 && network.sizes.udp <= 256);
  }
  return seen;
}

Deno.test("UserNetwork bears whatever the guest sends", () => {
  const seed = Date.now() % 2 ** 32;
  let seen: Map<string, number>;
  try {
    seen = attack(seed);
  } catch (error) {
    throw new Error(`Seed ${seed}`, { cause: error });
  }
  const reached = [
    ...["protocol 1", "protocol 6", "protocol 17", "protocol undefined"],
    ...["tcp-connect", "tcp-send", "tcp-end", "tcp-abort", "tcp-taken"],
    ...["udp-open", "udp-send", "udp-close"],
  ];
  const missed = reached.filter((what) => !seen.has(what));
  assert.deepEqual(missed, [], `Seed ${seed}`);
});

Deno.test("UserNetwork bears frames of every length", () => {
  const sockets = new SilentSockets();
  const network = new UserNetwork({ sockets, clock: new TestClock() });
  const next = random(1);
  for (let times = 0; times < 20; times++) {
    const frame = fromGuest(plausible(next));
    for (let length = 0; length < Math.min(frame.length, 400); length++) {
      network.send(frame.slice(0, length));
    }
  }
  assert.ok((network.drops["ethernet"] ?? 0) === 20 * 14);
});
