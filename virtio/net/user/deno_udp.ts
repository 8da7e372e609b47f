/**
 * One UDP socket of the host. `Deno.listenDatagram` is not stable.
 *
 * @module
 */
import { createSocket, type Socket } from "node:dgram";
import type { HostEndpoint } from "./host_sockets.ts";

/** Something that datagrams can be given to. */
export interface HostDatagrams {
  send(data: Uint8Array): void;
  close(): void;
}

/** Datagrams that wait to be sent: more are lost, as they may be. */
const MAX_WAITING = 64;

/** Exchanges datagrams with one place, and hears no other. */
export class DenoUdp implements HostDatagrams {
  readonly #target: HostEndpoint;
  readonly #socket: Socket;
  #waiting: Uint8Array[] | undefined = [];
  #sending = 0;
  #closed = false;

  constructor(
    target: HostEndpoint,
    received: (data: ArrayBuffer) => void,
  ) {
    this.#target = target;
    this.#socket = createSocket("udp4");
    this.#socket.on("message", (data, { address, port }) => {
      if (this.#closed) return;
      if (address !== target.address || port !== target.port) return;
      received(Uint8Array.from(data).buffer);
    });
    // An ICMP complaint, or no permission: a datagram is lost.
    this.#socket.on("error", () => this.close());
    this.#socket.bind({ port: 0, address: "0.0.0.0" }, () => this.#bound());
  }

  send(data: Uint8Array): void {
    if (this.#closed) return;
    if (this.#waiting === undefined) this.#send(data);
    else if (this.#waiting.length < MAX_WAITING) this.#waiting.push(data);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  #bound(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const data of waiting) this.send(data);
  }

  #send(data: Uint8Array): void {
    if (this.#sending >= MAX_WAITING) return;
    const { port, address } = this.#target;
    this.#sending++;
    this.#socket.send(data, port, address, () => this.#sending--);
  }
}
