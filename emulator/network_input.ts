import type { HostEvent } from "../virtio/net/user/host_sockets.ts";
import type { Input } from "./input_log.ts";
import type { Inbound } from "./messages.ts";

type NetworkMessage = Extract<Inbound, { kind: "network" }>;

/**
 * What happened to the sockets of network devices, until the machine runs: a
 * guest that is stopped gets no packets.
 */
export class NetworkInput {
  readonly #listeners = new Map<string, (event: HostEvent) => void>();
  readonly #taken: (message: NetworkMessage) => void;
  #messages: NetworkMessage[] = [];

  /** `taken` is told of each message that was dealt with. */
  constructor(taken: (message: NetworkMessage) => void) {
    this.#taken = taken;
  }

  /** Who hears of a device's sockets. */
  connect(device: string, onEvent: (event: HostEvent) => void): void {
    this.#listeners.set(device, onEvent);
  }

  /** Adds what came in. */
  push(message: NetworkMessage): void {
    this.#messages.push(message);
  }

  /** Tells the devices; `record` gets each event before. */
  feed(record: (input: Input) => void): void {
    if (this.#messages.length === 0) return;
    const messages = this.#messages;
    this.#messages = [];
    for (const message of messages) {
      record(message);
      this.#listeners.get(message.device)?.(message.event);
      this.#taken(message);
    }
  }
}
