/**
 * The host's sockets by Deno, for the thread that talks to the world. It needs
 * the permission for each place that the guest may talk to.
 *
 * @module
 */
import { DenoTcp } from "./deno_tcp.ts";
import { DenoUdp, type HostDatagrams } from "./deno_udp.ts";
import { DenoUdpListener } from "./deno_udp_listener.ts";
import type { HostEvent, HostRequest, HostSockets } from "./host_sockets.ts";

type Listen = Extract<HostRequest, { kind: "listen" }>;

/**
 * Most TCP sockets at a time, those that are still being connected among them:
 * more than the guest's network has connections.
 */
const MAX_TCP = 1024;

/** Sockets of the process. */
export class DenoSockets implements HostSockets {
  readonly #tcp = new Map<number, DenoTcp>();
  readonly #udp = new Map<number, HostDatagrams>();
  readonly #listeners = new Set<{ close(): void }>();
  readonly #hasRoom: () => boolean;
  #onEvent: (event: HostEvent) => void = () => {};
  #accepted = 0;

  /**
   * While there is no room for events, datagrams are lost and connections
   * from outside refused.
   */
  constructor({ hasRoom = () => true }: { hasRoom?: () => boolean } = {}) {
    this.#hasRoom = hasRoom;
  }

  connect(onEvent: (event: HostEvent) => void): void {
    this.#onEvent = onEvent;
  }

  request(request: HostRequest): void {
    switch (request.kind) {
      case "tcp-connect":
        this.#connectTcp(request);
        break;
      case "tcp-send":
        this.#tcp.get(request.socket)?.send(new Uint8Array(request.data));
        break;
      case "tcp-end":
        this.#tcp.get(request.socket)?.send(undefined);
        break;
      case "tcp-abort":
        this.#tcp.get(request.socket)?.close();
        break;
      case "tcp-taken":
        this.#tcp.get(request.socket)?.taken(request.bytes);
        break;
      case "udp-open":
        this.#openUdp(request);
        break;
      case "udp-send":
        this.#udp.get(request.socket)?.send(new Uint8Array(request.data));
        break;
      case "udp-close":
        this.#udp.get(request.socket)?.close();
        this.#udp.delete(request.socket);
        break;
      case "listen":
        // Events never come from within a request.
        queueMicrotask(() => this.#listen(request));
        break;
    }
  }

  /** Closes everything. */
  close(): void {
    this.#onEvent = () => {};
    for (const listener of this.#listeners) listener.close();
    this.#listeners.clear();
    for (const tcp of [...this.#tcp.values()]) tcp.close();
    for (const udp of this.#udp.values()) udp.close();
    this.#udp.clear();
  }

  #connectTcp(
    { socket, address, port }: Extract<HostRequest, { kind: "tcp-connect" }>,
  ): void {
    if (this.#tcp.size < MAX_TCP) {
      this.#newTcp(socket).connect(address, port);
      return;
    }
    queueMicrotask(() => this.#onEvent({ kind: "tcp-failed", socket }));
  }

  #newTcp(socket: number): DenoTcp {
    const emit = (event: HostEvent) => this.#onEvent(event);
    const tcp = new DenoTcp(socket, emit, () => this.#tcp.delete(socket));
    this.#tcp.set(socket, tcp);
    return tcp;
  }

  #openUdp(
    { socket, address, port }: Extract<HostRequest, { kind: "udp-open" }>,
  ): void {
    const received = (data: ArrayBuffer) => this.#datagram(socket, data);
    this.#udp.set(socket, new DenoUdp({ address, port }, received));
  }

  #datagram(socket: number, data: ArrayBuffer): void {
    if (this.#hasRoom()) this.#onEvent({ kind: "udp-data", socket, data });
  }

  #listen(request: Listen): void {
    if (request.protocol === "udp") this.#listenUdp(request);
    else this.#listenTcp(request);
  }

  #listenUdp({ listener, address, port }: Listen): void {
    const socket = new DenoUdpListener({ address, port }, {
      listening: (port) => this.#onEvent({ kind: "listening", listener, port }),
      failed: (reason) =>
        this.#onEvent({ kind: "listen-failed", listener, reason }),
      accepted: (peer) => {
        const socket = this.#newNumber();
        this.#udp.set(socket, peer);
        this.#onEvent({ kind: "udp-accepted", listener, socket });
        return (data) => this.#datagram(socket, data);
      },
    });
    this.#listeners.add(socket);
  }

  async #listenTcp({ listener, address, port }: Listen): Promise<void> {
    let socket: Deno.TcpListener;
    try {
      socket = Deno.listen({ hostname: address, port });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#onEvent({ kind: "listen-failed", listener, reason });
      return;
    }
    this.#listeners.add(socket);
    this.#onEvent({ kind: "listening", listener, port: socket.addr.port });
    try {
      for await (const connection of socket) this.#accept(listener, connection);
    } catch {
      // The listener was closed.
    }
  }

  #accept(listener: number, connection: Deno.TcpConn): void {
    if (this.#tcp.size >= MAX_TCP || !this.#hasRoom()) {
      connection.close();
      return;
    }
    const socket = this.#newNumber();
    const tcp = this.#newTcp(socket);
    this.#onEvent({ kind: "tcp-accepted", listener, socket });
    if (this.#tcp.has(socket)) tcp.start(connection);
    else connection.close();
  }

  #newNumber(): number {
    this.#accepted += 2;
    return this.#accepted;
  }
}
