/**
 * Datagrams of the guest's that leave the network, and the answers to them.
 *
 * @module
 */
import { type Address, EPHEMERAL, NETWORK } from "./address.ts";
import { type FlowKey, FlowMap } from "./flow_map.ts";
import type { HostEndpoint } from "./host_sockets.ts";
import { MAX_DATAGRAM, newUdpFrame } from "./udp.ts";
import type { Wire } from "./wire.ts";

/** Most flows at a time: the one that was quiet longest makes place. */
export const MAX_FLOWS = 256;

/** How long a flow waits for more, in milliseconds; DNS answers once. */
const IDLE = { usual: 60_000, dns: 15_000 } as const;

const DNS_PORT = 53;

interface Flow {
  readonly key: FlowKey;
  readonly guest: Address;
  readonly socket: number;
  used: number;
}

/** Pairs of places that exchange datagrams. */
export class UdpFlows {
  readonly #wire: Wire;
  readonly #byFlow = new FlowMap<Flow>();
  readonly #bySocket = new Map<number, Flow>();
  #ephemeral = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  get size(): number {
    return this.#byFlow.size;
  }

  /** A datagram of the guest's for a place on the host's side. */
  send(
    data: Uint8Array,
    { key, guest, target }: {
      key: FlowKey;
      guest: Address;
      target: HostEndpoint;
    },
  ): void {
    let flow = this.#byFlow.get(key);
    if (flow !== undefined && flow.guest !== guest) {
      this.#close(flow);
      flow = undefined;
    }
    flow ??= this.#open({ key, guest, target });
    flow.used = this.#wire.now();
    const { socket } = flow;
    const { buffer } = Uint8Array.from(data);
    this.#wire.toHost({ kind: "udp-send", socket, data: buffer });
  }

  /** Somebody sends datagrams to a forwarded port. */
  accepted(socket: number, guestPort: number): void {
    const address = NETWORK.gateway;
    let port: number;
    do {
      port = EPHEMERAL.first + this.#ephemeral;
      this.#ephemeral = (this.#ephemeral + 1) % EPHEMERAL.count;
    } while (this.#byFlow.get({ address, port, guestPort }) !== undefined);
    const key = { address, port, guestPort };
    this.#add({ key, guest: NETWORK.guest, socket });
  }

  /** A datagram for the guest. */
  received(socket: number, data: Uint8Array): void {
    const flow = this.#bySocket.get(socket);
    if (flow === undefined) return;
    flow.used = this.#wire.now();
    if (data.length > MAX_DATAGRAM) return this.#wire.drop("udp-too-long");
    if (!this.#wire.room) return this.#wire.drop("udp-no-room");
    const { key, guest } = flow;
    this.#wire.toGuest(newUdpFrame({
      to: this.#wire.guestMac,
      source: key.address,
      destination: guest,
    }, {
      sourcePort: key.port,
      destinationPort: key.guestPort,
      data,
    }));
  }

  /** Closes what was quiet for too long. */
  tick(): void {
    const now = this.#wire.now();
    for (const flow of this.#byFlow.values()) {
      const idle = flow.key.port === DNS_PORT ? IDLE.dns : IDLE.usual;
      if (now - flow.used >= idle) this.#close(flow);
    }
  }

  reset(): void {
    for (const flow of this.#byFlow.values()) this.#close(flow);
  }

  #open(
    { key, guest, target }: {
      key: FlowKey;
      guest: Address;
      target: HostEndpoint;
    },
  ): Flow {
    const socket = this.#wire.newNumber();
    const flow = this.#add({ key, guest, socket });
    this.#wire.toHost({ kind: "udp-open", socket, ...target });
    return flow;
  }

  #add(parts: Omit<Flow, "used">): Flow {
    if (this.size >= MAX_FLOWS) {
      const oldest = this.#byFlow.values()
        .reduce((first, flow) => flow.used < first.used ? flow : first);
      this.#close(oldest);
    }
    const flow = { ...parts, used: this.#wire.now() };
    this.#byFlow.set(flow.key, flow);
    this.#bySocket.set(flow.socket, flow);
    return flow;
  }

  #close(flow: Flow): void {
    this.#byFlow.delete(flow.key);
    this.#bySocket.delete(flow.socket);
    this.#wire.toHost({ kind: "udp-close", socket: flow.socket });
  }
}
