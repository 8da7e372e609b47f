/**
 * A UDP port of the host that is forwarded: each place that sends to it is a
 * peer of its own.
 *
 * @module
 */
import { createSocket, type Socket } from "node:dgram";
import type { HostDatagrams } from "./deno_udp.ts";
import type { HostEndpoint } from "./host_sockets.ts";

/** What a listener tells. */
export interface UdpListenerEvents {
  listening(port: number): void;
  failed(reason: string): void;
  /** A new peer; gives what takes its datagrams. */
  accepted(peer: HostDatagrams): (data: ArrayBuffer) => void;
}

/** Most peers at a time: those of others are lost meanwhile. */
const MAX_PEERS = 256;

/** Datagrams that wait to be sent: more are lost. */
const MAX_WAITING = 64;

/** A bound port. */
export class DenoUdpListener {
  readonly #socket: Socket;
  readonly #events: UdpListenerEvents;
  readonly #peers = new Map<string, (data: ArrayBuffer) => void>();
  #listening = false;
  #closed = false;
  #sending = 0;

  constructor({ address, port }: HostEndpoint, events: UdpListenerEvents) {
    this.#events = events;
    this.#socket = createSocket("udp4");
    this.#socket.on("message", (data, from) => this.#received(data, from));
    this.#socket.on("error", ({ message }) => this.#failed(message));
    this.#socket.bind({ port, address }, () => {
      if (this.#closed) return;
      this.#listening = true;
      events.listening(this.#socket.address().port);
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#peers.clear();
    this.#socket.close();
  }

  /** Once it listens, an error is a datagram's, which is lost. */
  #failed(reason: string): void {
    if (this.#listening || this.#closed) return;
    this.close();
    this.#events.failed(reason);
  }

  #received(
    data: Uint8Array,
    { address, port }: { address: string; port: number },
  ): void {
    if (this.#closed) return;
    const name = `${address}:${port}`;
    let take = this.#peers.get(name);
    if (take === undefined) {
      if (this.#peers.size >= MAX_PEERS) return;
      take = this.#events.accepted({
        send: (data) => this.#send(data, { address, port }),
        close: () => void this.#peers.delete(name),
      });
      this.#peers.set(name, take);
    }
    take(Uint8Array.from(data).buffer);
  }

  #send(data: Uint8Array, { address, port }: HostEndpoint): void {
    if (this.#closed || this.#sending >= MAX_WAITING) return;
    this.#sending++;
    this.#socket.send(data, port, address, () => this.#sending--);
  }
}
