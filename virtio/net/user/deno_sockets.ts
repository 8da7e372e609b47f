/**
 * The host's sockets by Deno, for the thread that talks to the world. It needs
 * the permission for each place that the guest may talk to.
 *
 * @module
 */
import { DenoTcp } from "./deno_tcp.ts";
import { DenoUdp } from "./deno_udp.ts";
import type { HostEvent, HostRequest, HostSockets } from "./host_sockets.ts";

/** Sockets of the process. */
export class DenoSockets implements HostSockets {
  readonly #tcp = new Map<number, DenoTcp>();
  readonly #udp = new Map<number, DenoUdp>();
  readonly #listeners = new Set<Deno.Listener>();
  #onEvent: (event: HostEvent) => void = () => {};
  #accepted = 0;

  connect(onEvent: (event: HostEvent) => void): void {
    this.#onEvent = onEvent;
  }

  request(request: HostRequest): void {
    switch (request.kind) {
      case "tcp-connect":
        this.#newTcp(request.socket).connect(request.address, request.port);
        break;
      case "tcp-send":
        this.#tcp.get(request.socket)?.send(request.data);
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
        this.#udp.get(request.socket)?.send(request.data);
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
    for (const listener of this.#listeners) listener.close();
    this.#listeners.clear();
    for (const tcp of [...this.#tcp.values()]) tcp.close();
    for (const udp of this.#udp.values()) udp.close();
    this.#udp.clear();
    this.#onEvent = () => {};
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
    const received = (data: Uint8Array<ArrayBuffer>) =>
      this.#onEvent({ kind: "udp-data", socket, data });
    this.#udp.set(socket, new DenoUdp({ address, port }, received));
  }

  async #listen(
    { listener, address, port }: Extract<HostRequest, { kind: "listen" }>,
  ): Promise<void> {
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
      for await (const connection of socket) {
        this.#accepted += 2;
        const number = this.#accepted;
        const tcp = this.#newTcp(number);
        this.#onEvent({ kind: "tcp-accepted", listener, socket: number });
        if (this.#tcp.has(number)) tcp.start(connection);
        else connection.close();
      }
    } catch {
      // The listener was closed.
    }
  }
}
