import assert from "node:assert/strict";
import type {
  AcceptedOffloads,
  FrameOffload,
  NetLink,
} from "../../../virtio/net/backend.ts";
import { completeChecksum } from "../../../virtio/net/checksum.ts";
import {
  DEFAULT_GUEST_MAC,
  GATEWAY_MAC,
  NETWORK,
} from "../../../virtio/net/user/address.ts";
import { DenoSockets } from "../../../virtio/net/user/deno_sockets.ts";
import { readEthernet } from "../../../virtio/net/user/ethernet.ts";
import {
  hasRightSum,
  type Ipv4Packet,
  PROTOCOL,
  readIpv4,
} from "../../../virtio/net/user/ipv4.ts";
import {
  UserNetwork,
  type UserNetworkOptions,
} from "../../../virtio/net/user/network.ts";
import {
  advance,
  distance,
  newTcpFrame,
  readTcp,
  TCP_FLAG,
  type TcpSegment,
} from "../../../virtio/net/user/tcp_segment.ts";
import type { HostSockets } from "../../../virtio/net/user/host_sockets.ts";

/** Waits for a condition, a minute at most. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!condition()) {
    assert.ok(performance.now() < end, `never: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** A clock that the test moves. */
export class TestClock {
  time = 0;
  #later: { at: number; work: () => void }[] = [];

  now(): number {
    return this.time;
  }

  later(milliseconds: number, work: () => void): void {
    this.#later.push({ at: this.time + milliseconds, work });
  }

  /** Moves on by steps as small as the network's own. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    while (this.time < end) {
      this.time = Math.min(end, this.time + 50);
      const due = this.#later.filter(({ at }) => at <= this.time);
      this.#later = this.#later.filter(({ at }) => at > this.time);
      for (const { work } of due) work();
    }
  }
}

/** Sockets that remember what was asked. */
export class SilentSockets implements HostSockets {
  readonly requests: Parameters<HostSockets["request"]>[0][] = [];
  emit: Parameters<HostSockets["connect"]>[0] = () => {};

  request(request: Parameters<HostSockets["request"]>[0]): void {
    this.requests.push(request);
  }

  connect(onEvent: Parameters<HostSockets["connect"]>[0]): void {
    this.emit = onEvent;
  }
}

/** A guest at the network's cable, without a device between. */
export class TestGuest implements NetLink {
  offloads: AcceptedOffloads;
  room = true;
  /** Frames that no connection took. */
  readonly frames: Uint8Array<ArrayBuffer>[] = [];
  readonly connections: GuestTcp[] = [];
  readonly clock = new TestClock();
  readonly network: UserNetwork;
  /** Frames to lose, counted from now. */
  lose = 0;
  #pending: Uint8Array<ArrayBuffer>[] = [];

  constructor(
    sockets: HostSockets,
    { offloads = false, ...options }:
      & { offloads?: boolean }
      & Omit<UserNetworkOptions, "sockets" | "clock"> = {},
  ) {
    this.offloads = { checksum: offloads, segments: offloads };
    this.network = new UserNetwork({ sockets, clock: this.clock, ...options });
    this.network.connect(this);
  }

  receive(frame: Uint8Array<ArrayBuffer>, offload?: FrameOffload): void {
    if (this.lose > 0) {
      this.lose--;
      return;
    }
    if (offload !== undefined) completeChecksum(frame, offload);
    assert.ok(offload?.segment !== undefined || frame.length <= 1514);
    if (this.#pending.push(frame) === 1) queueMicrotask(() => this.#take());
  }

  send(frame: Uint8Array<ArrayBuffer>, offload?: FrameOffload): void {
    this.network.send(frame, offload);
  }

  /** What was received and is no connection's, each frame once. */
  take(): Uint8Array<ArrayBuffer>[] {
    this.#take();
    return this.frames.splice(0);
  }

  connect(
    address: number,
    port: number,
    options: { window?: number; guestPort?: number } = {},
  ): GuestTcp {
    const tcp = new GuestTcp(this, { address, port, ...options });
    this.connections.push(tcp);
    tcp.sendSyn(TCP_FLAG.syn);
    return tcp;
  }

  /** The guest's program that waits for calls. */
  onCall: (tcp: GuestTcp) => void = () => {};

  #take(): void {
    const frames = this.#pending;
    this.#pending = [];
    for (const frame of frames) this.#frame(frame);
  }

  #frame(frame: Uint8Array<ArrayBuffer>): void {
    const packet = packetOf(frame);
    if (packet?.protocol !== PROTOCOL.tcp) {
      this.frames.push(frame);
      return;
    }
    assert.ok(hasRightSum(packet));
    const segment = readTcp(packet.payload) ?? assert.fail();
    let tcp = this.connections.findLast((each) =>
      each.address === packet.source && each.port === segment.sourcePort &&
      each.guestPort === segment.destinationPort
    );
    if (tcp === undefined && segment.flags === TCP_FLAG.syn) {
      tcp = new GuestTcp(this, {
        address: packet.source,
        port: segment.sourcePort,
        guestPort: segment.destinationPort,
      });
      this.connections.push(tcp);
      tcp.answer(segment);
      this.onCall(tcp);
    } else if (tcp === undefined) {
      this.frames.push(frame);
    } else {
      tcp.segment(segment);
    }
  }
}

/** The packet in a frame; undefined where there is none. */
export function packetOf(
  frame: Uint8Array<ArrayBuffer>,
): Ipv4Packet | undefined {
  const ethernet = readEthernet(frame);
  if (ethernet?.type !== 0x0800) return undefined;
  const packet = readIpv4(ethernet.payload);
  assert.ok(typeof packet !== "string", String(packet));
  return packet;
}

/** A frame made here becomes one of the guest's. */
export function fromGuest(
  frame: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  frame.set(DEFAULT_GUEST_MAC, 6);
  return frame;
}

let nextPort = 33000;

/** The least TCP that gets data across a network that loses nothing. */
export class GuestTcp {
  readonly address: number;
  readonly port: number;
  readonly guestPort: number;
  established = false;
  refused = false;
  ended = false;
  /** Bytes that the guest's program did not read; they close its window. */
  readonly received: Uint8Array[] = [];
  receivedBytes = 0;
  /** Room that it announces. */
  window: number;
  readonly #guest: TestGuest;
  #sequence = 0xfffff000; // so that numbers wrap soon
  #acknowledged = 0xfffff000;
  #expected = 0;
  #peerWindow = 0;
  #queue: Uint8Array[] = [];
  #closing = false;

  constructor(
    guest: TestGuest,
    { address, port, window = 1 << 18, guestPort = nextPort++ }: {
      address: number;
      port: number;
      window?: number;
      guestPort?: number;
    },
  ) {
    this.#guest = guest;
    this.address = address;
    this.port = port;
    this.guestPort = guestPort;
    this.window = window;
  }

  get data(): Uint8Array {
    const all = new Uint8Array(this.receivedBytes);
    let at = 0;
    for (const part of this.received) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  get text(): string {
    return new TextDecoder().decode(this.data);
  }

  /** Bytes that the network has not acknowledged. */
  get unacknowledged(): number {
    return distance(this.#acknowledged, this.#sequence);
  }

  get unsent(): number {
    return this.#queue.length;
  }

  write(data: Uint8Array): void {
    for (let at = 0; at < data.length; at += 1460) {
      this.#queue.push(data.subarray(at, at + 1460));
    }
    this.#pump();
  }

  end(): void {
    this.#closing = true;
    this.#pump();
  }

  reset(): void {
    this.send(TCP_FLAG.rst | TCP_FLAG.ack);
  }

  sendSyn(flags: number): void {
    this.send(flags, { syn: true });
    this.#sequence = advance(this.#sequence, 1);
  }

  answer({ sequence, window }: TcpSegment): void {
    this.#expected = advance(sequence, 1);
    this.#peerWindow = window;
    this.sendSyn(TCP_FLAG.syn | TCP_FLAG.ack);
  }

  send(
    flags: number,
    { data = new Uint8Array(0), syn = false }: {
      data?: Uint8Array;
      syn?: boolean;
    } = {},
  ): void {
    const { frame } = newTcpFrame(
      { to: GATEWAY_MAC, source: NETWORK.guest, destination: this.address },
      {
        sourcePort: this.guestPort,
        destinationPort: this.port,
        sequence: this.#sequence,
        acknowledgment: this.#expected,
        flags,
        window: Math.min(0xffff, syn ? this.window : this.window >> 4),
        length: data.length,
        fill: (target) => target.set(data),
        ...syn ? { synOptions: { shift: 4 } } : {},
      },
    );
    this.#guest.send(fromGuest(frame));
  }

  segment(segment: TcpSegment): void {
    const { flags, sequence, acknowledgment, window, data } = segment;
    if ((flags & TCP_FLAG.rst) !== 0) {
      this.refused = true;
      return;
    }
    if ((flags & TCP_FLAG.syn) !== 0) {
      this.#expected = advance(sequence, 1);
      assert.equal(acknowledgment, this.#sequence);
    } else {
      this.established = true;
    }
    this.#acknowledged = acknowledgment;
    this.#peerWindow = (flags & TCP_FLAG.syn) !== 0 ? window : window << 3;
    const inOrder = sequence === this.#expected;
    const takes = inOrder && data.length <= this.window;
    if (takes) {
      this.#expected = advance(sequence, data.length);
      if (data.length > 0) {
        this.received.push(data.slice());
        this.receivedBytes += data.length;
      }
      if ((flags & TCP_FLAG.fin) !== 0) {
        this.#expected = advance(this.#expected, 1);
        this.ended = true;
      }
    }
    this.established = true;
    const silent = data.length === 0 &&
      (flags & (TCP_FLAG.syn | TCP_FLAG.fin)) === 0 && inOrder;
    if (!silent) this.send(TCP_FLAG.ack);
    this.#pump();
  }

  #pump(): void {
    if (!this.established) return;
    while (this.#queue.length > 0) {
      const data = this.#queue[0] ?? assert.fail();
      if (this.unacknowledged + data.length > this.#peerWindow) return;
      this.#queue.shift();
      this.send(TCP_FLAG.ack, { data });
      this.#sequence = advance(this.#sequence, data.length);
    }
    if (this.#closing) {
      this.#closing = false;
      this.send(TCP_FLAG.ack | TCP_FLAG.fin);
      this.#sequence = advance(this.#sequence, 1);
    }
  }
}

/** Runs a test with sockets of the host, which are closed at its end. */
export async function withSockets(
  work: (sockets: DenoSockets) => Promise<void>,
): Promise<void> {
  const sockets = new DenoSockets();
  try {
    await work(sockets);
  } finally {
    sockets.close();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A server on the host's loopback, and its port. */
export async function withServer(
  serve: (connection: Deno.TcpConn) => Promise<void>,
  work: (port: number) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const connection of listener) {
      served.push(
        serve(connection).finally(() => {
          try {
            connection.close();
          } catch {
            // It closed it itself.
          }
        }),
      );
    }
  })();
  try {
    await work(listener.addr.port);
  } finally {
    listener.close();
    await accepting;
    await Promise.all(served);
  }
}

/** Bytes that are no two times the same, from a seed. */
export function pattern(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  let state = seed;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}
