/**
 * The user-mode network: a guest's cable ends in sockets of the host, without
 * privileges there. The guest is 10.0.2.15; 10.0.2.2 routes, serves DHCP and
 * stands for the host's loopback; 10.0.2.3 is the host's DNS server.
 *
 * There is no IPv6, no fragment in either direction, no ICMP beyond the
 * network, and no TFTP.
 *
 * @module
 */
import {
  type AcceptedOffloads,
  type FrameOffload,
  type NetBackend,
  type NetLink,
  type NetReport,
  NO_OFFLOADS,
} from "../backend.ts";
import {
  type Address,
  DEFAULT_GUEST_MAC,
  EVERYBODY,
  formatAddress,
  isLocal,
  isOurs,
  isOutside,
  NETWORK,
} from "./address.ts";
import { answerArp } from "./arp.ts";
import { answerDhcp, DHCP_PORT } from "./dhcp.ts";
import {
  ETHER_TYPE,
  isForGateway,
  MAC_BYTES,
  readEthernet,
} from "./ethernet.ts";
import type {
  ForwardProtocol,
  HostEndpoint,
  HostEvent,
  HostSockets,
} from "./host_sockets.ts";
import { answerEcho, unreachable, UNREACHABLE_CODE } from "./icmp.ts";
import { hasRightSum, type Ipv4Packet, PROTOCOL, readIpv4 } from "./ipv4.ts";
import { readTcp } from "./tcp_segment.ts";
import { type SavedConnection, TcpTable } from "./tcp_table.ts";
import { readUdp } from "./udp.ts";
import { UdpFlows } from "./udp_flows.ts";
import type { NetClock, Wire } from "./wire.ts";

/** A port of the host that leads to one of the guest. */
export interface PortForward {
  /** What comes to the port. */
  readonly protocol: ForwardProtocol;
  /** IPv4 address of the host to listen at. @default {"127.0.0.1"} */
  readonly hostAddress?: string;
  /** 0 for any that is free. */
  readonly hostPort: number;
  /** Where it goes, at 10.0.2.15. */
  readonly guestPort: number;
}

/** How a user network is to be. */
export interface UserNetworkOptions {
  readonly sockets: HostSockets;
  readonly clock: NetClock;
  /** Nothing leaves the network; forwarded ports lead into it all the same. */
  readonly restrict?: boolean;
  readonly forwards?: readonly PortForward[];
  /** The host's DNS server; undefined for none. */
  readonly dns?: HostEndpoint;
  /** The guest's interface, until it is heard of. */
  readonly guestMac?: Uint8Array;
}

/** A forwarded port with what became of it. */
export interface ForwardState extends PortForward {
  /** The host's port once it listens; undefined before. */
  readonly listening: number | undefined;
  /** Why the host does not listen. */
  readonly failed: string | undefined;
}

/** What `UserNetwork` saves. Connections end where a machine is restored. */
export interface UserNetworkState {
  readonly guestMac: Uint8Array<ArrayBuffer>;
  readonly connections: readonly SavedConnection[];
}

/** Where ports of the host are that nobody wanted elsewhere. */
export const LOOPBACK = "127.0.0.1";

const DNS_PORT = 53;

/** Between looks at what is late, in milliseconds. */
const TICK = 250;

/** The far end of the guest's cable. */
export class UserNetwork implements NetBackend {
  readonly offloads: AcceptedOffloads = { checksum: true, segments: true };
  readonly #sockets: HostSockets;
  readonly #clock: NetClock;
  readonly #restrict: boolean;
  readonly #dns: HostEndpoint | undefined;
  readonly #forwards = new Map<number, ForwardState>();
  readonly #drops: Record<string, number> = {};
  readonly #tcp: TcpTable;
  readonly #udp: UdpFlows;
  #link: NetLink | undefined;
  #guestMac: Uint8Array<ArrayBuffer>;
  #number = -1;
  /** The ticks that go on; undefined where there are none. */
  #ticks: object | undefined;

  /** Listens at once on the ports that are forwarded. */
  constructor(options: UserNetworkOptions) {
    const { sockets, clock, restrict = false, forwards = [], dns } = options;
    this.#sockets = sockets;
    this.#clock = clock;
    this.#restrict = restrict;
    this.#dns = dns;
    this.#guestMac = Uint8Array.from(options.guestMac ?? DEFAULT_GUEST_MAC);
    const wire = this.#newWire();
    this.#tcp = new TcpTable(wire);
    this.#udp = new UdpFlows(wire);
    sockets.connect((event) => this.#event(event));
    for (const forward of forwards) this.#listen(forward);
  }

  /** The forwarded ports. */
  get forwards(): readonly ForwardState[] {
    return [...this.#forwards.values()];
  }

  /** Connections wait for the host, as do datagrams that got no answer. */
  get expectant(): boolean {
    return this.#tcp.size + this.#udp.size > 0;
  }

  /** Connections and flows that there are. */
  get sizes(): { readonly tcp: number; readonly udp: number } {
    return { tcp: this.#tcp.size, udp: this.#udp.size };
  }

  /** What came to nothing, by the reason. */
  get drops(): Readonly<Record<string, number>> {
    return { ...this.#drops };
  }

  connect(link: NetLink): void {
    this.#link = link;
  }

  send(bytes: Uint8Array<ArrayBuffer>, offload?: FrameOffload): void {
    const frame = readEthernet(bytes);
    if (frame === undefined) return this.#drop("ethernet");
    if (!isForGateway(frame)) return this.#drop("ethernet-not-ours");
    if (((frame.source[0] ?? 1) & 1) === 0) this.#guestMac = frame.source;
    if (frame.type === ETHER_TYPE.arp) {
      this.#answer(answerArp(frame.payload), "arp");
    } else if (frame.type === ETHER_TYPE.ipv4) {
      const packet = readIpv4(frame.payload);
      if (typeof packet === "string") this.#drop(packet);
      else this.#packet(packet, offload);
    } else {
      this.#drop("ethernet-type");
    }
  }

  drained(): void {
    this.#tcp.pump();
  }

  reset(): void {
    this.#tcp.reset();
    this.#udp.reset();
  }

  report(): NetReport {
    const forwards = this.forwards.map((forward) => ({
      protocol: forward.protocol,
      hostAddress: forward.hostAddress ?? LOOPBACK,
      hostPort: forward.listening ?? forward.hostPort,
      guestPort: forward.guestPort,
      listening: forward.listening !== undefined,
    }));
    return {
      backend: "user",
      restrict: this.#restrict,
      forwards,
      connections: this.#tcp.size,
      flows: this.#udp.size,
      drops: this.drops,
    };
  }

  save(): UserNetworkState {
    return { guestMac: this.#guestMac, connections: this.#tcp.save() };
  }

  /** The guest's connections are not there any more: they are reset. */
  restore(state: unknown): void {
    const { guestMac, connections } = (state ?? {}) as Partial<
      UserNetworkState
    >;
    if (!(guestMac instanceof Uint8Array) || guestMac.length !== MAC_BYTES) {
      throw new TypeError("Cannot restore a user network: not its state");
    }
    this.reset();
    this.#tcp.restore(connections);
    // What was to be looked at at another time is gone.
    this.#ticks = undefined;
    this.#guestMac = Uint8Array.from(guestMac);
  }

  #packet(packet: Ipv4Packet, offload: FrameOffload | undefined): void {
    const { protocol, source, destination } = packet;
    const summed = offload?.checksum === undefined;
    if (protocol === PROTOCOL.udp) {
      this.#datagram(packet, summed);
      return;
    }
    if (!isGuest(source)) return this.#drop("ipv4-source");
    if (protocol === PROTOCOL.tcp) {
      const segment = readTcp(packet.payload);
      if (segment === undefined) return this.#drop("tcp-header");
      if (summed && !hasRightSum(packet)) return this.#drop("tcp-checksum");
      if (destination >= 0xe0000000) return this.#drop("tcp-destination");
      this.#tcp.segment(segment, {
        guest: source,
        address: destination,
        target: this.#target(destination, segment.destinationPort),
      });
      this.#startTicking();
    } else if (protocol === PROTOCOL.icmp && isOurs(destination)) {
      const route = { to: this.#guestMac, from: destination };
      this.#answer(answerEcho(packet, route), "icmp");
    } else {
      this.#drop(protocol === PROTOCOL.icmp ? "icmp-outside" : "ipv4-protocol");
    }
  }

  #datagram(packet: Ipv4Packet, summed: boolean): void {
    const { source, destination } = packet;
    const datagram = readUdp(packet.payload);
    if (datagram === undefined) return this.#drop("udp-header");
    if (summed && datagram.summed && !hasRightSum(packet)) {
      return this.#drop("udp-checksum");
    }
    const { sourcePort, destinationPort, data } = datagram;
    const forServer = destination === EVERYBODY ||
      destination === NETWORK.broadcast || destination === NETWORK.gateway;
    if (destinationPort === DHCP_PORT.server && forServer) {
      const outside = !this.#restrict;
      this.#answer(answerDhcp(data, { outside }), "dhcp");
      return;
    }
    if (!isGuest(source)) return this.#drop("ipv4-source");
    const target = this.#target(destination, destinationPort);
    if (target === undefined) {
      this.#complain(packet);
      return;
    }
    const key = {
      address: destination,
      port: destinationPort,
      guestPort: sourcePort,
    };
    this.#udp.send(data, { key, guest: source, target });
    this.#startTicking();
  }

  /** Says that a datagram may not go where it wants to, unless to a group. */
  #complain(packet: Ipv4Packet): void {
    const { destination } = packet;
    this.#drop("udp-refused");
    if (destination === NETWORK.broadcast || destination >= 0xe0000000) return;
    const ours = isOurs(destination);
    this.#toGuest(unreachable(packet, {
      to: this.#guestMac,
      from: ours ? destination : NETWORK.gateway,
      code: ours ? UNREACHABLE_CODE.port : UNREACHABLE_CODE.prohibited,
    }));
  }

  /** Where on the host's side a place leads; undefined for nowhere. */
  #target(address: Address, port: number): HostEndpoint | undefined {
    if (this.#restrict || port === 0) return undefined;
    if (address === NETWORK.gateway) return { address: LOOPBACK, port };
    if (address === NETWORK.dns) {
      return port === DNS_PORT ? this.#dns : undefined;
    }
    if (!isOutside(address)) return undefined;
    return { address: formatAddress(address), port };
  }

  #listen(forward: PortForward): void {
    const listener = this.#newNumber();
    const state = { ...forward, listening: undefined, failed: undefined };
    this.#forwards.set(listener, state);
    const { protocol, hostAddress: address = LOOPBACK, hostPort } = forward;
    this.#sockets.request({
      kind: "listen",
      listener,
      protocol,
      address,
      port: hostPort,
    });
  }

  #event(event: HostEvent): void {
    if ("listener" in event) {
      const forward = this.#forwards.get(event.listener);
      if (forward === undefined) return;
      if (event.kind === "tcp-accepted" || event.kind === "udp-accepted") {
        const flows = event.kind === "tcp-accepted" ? this.#tcp : this.#udp;
        flows.accepted(event.socket, forward.guestPort);
        this.#startTicking();
        return;
      }
      this.#forwards.set(
        event.listener,
        event.kind === "listening"
          ? { ...forward, listening: event.port }
          : { ...forward, failed: event.reason },
      );
    } else if (event.kind === "udp-data") {
      this.#udp.received(event.socket, new Uint8Array(event.data));
    } else {
      this.#tcp.event(event);
    }
  }

  #newWire(): Wire {
    const guestMac = () => this.#guestMac;
    const link = () => this.#link;
    return {
      get guestMac() {
        return guestMac();
      },
      get room() {
        return link()?.room ?? false;
      },
      get offloads() {
        return link()?.offloads ?? NO_OFFLOADS;
      },
      now: () => this.#clock.now(),
      later: (milliseconds, work) => this.#clock.later(milliseconds, work),
      toGuest: (frame, offload) => this.#toGuest(frame, offload),
      toHost: (request) => this.#sockets.request(request),
      newNumber: () => this.#newNumber(),
      drop: (reason) => this.#drop(reason),
    };
  }

  #newNumber(): number {
    this.#number += 2;
    return this.#number;
  }

  #answer(frame: Uint8Array<ArrayBuffer> | undefined, protocol: string): void {
    if (frame === undefined) this.#drop(`${protocol}-unanswered`);
    else this.#toGuest(frame);
  }

  #toGuest(frame: Uint8Array<ArrayBuffer>, offload?: FrameOffload): void {
    this.#link?.receive(frame, offload);
  }

  #drop(reason: string): void {
    this.#drops[reason] = (this.#drops[reason] ?? 0) + 1;
  }

  /** Looks at what is late as long as there is something. */
  #startTicking(): void {
    if (this.#ticks !== undefined || !this.expectant) return;
    const ticks = {};
    this.#ticks = ticks;
    this.#clock.later(TICK, () => {
      if (this.#ticks !== ticks) return;
      this.#ticks = undefined;
      this.#tcp.tick();
      this.#udp.tick();
      this.#startTicking();
    });
  }
}

/** Whether an address can be the guest's. */
function isGuest(address: Address): boolean {
  return isLocal(address) && !isOurs(address) &&
    address !== NETWORK.broadcast && address !== NETWORK.network;
}
