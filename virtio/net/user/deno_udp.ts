/**
 * One UDP socket of the host. `Deno.listenDatagram` is not stable.
 *
 * @module
 */
import { createSocket, type Socket } from "node:dgram";
import type { HostEndpoint } from "./host_sockets.ts";

/** Datagrams that wait until the socket is bound. */
const MAX_WAITING = 64;

/** Exchanges datagrams with one place, and hears no other. */
export class DenoUdp {
  readonly #target: HostEndpoint;
  readonly #socket: Socket;
  #waiting: Uint8Array[] | undefined = [];
  #closed = false;

  constructor(
    target: HostEndpoint,
    received: (data: Uint8Array<ArrayBuffer>) => void,
  ) {
    this.#target = target;
    this.#socket = createSocket("udp4");
    this.#socket.on("message", (data, { address, port }) => {
      if (this.#closed) return;
      if (address !== target.address || port !== target.port) return;
      received(Uint8Array.from(data));
    });
    // An ICMP complaint, or no permission: a datagram is lost, as they may be.
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
    const { port, address } = this.#target;
    this.#socket.send(data, port, address, () => {});
  }
}
