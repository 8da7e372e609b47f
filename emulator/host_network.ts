import { DenoSockets } from "../virtio/net/user/deno_sockets.ts";
import type {
  ForwardProtocol,
  HostEvent,
  HostRequest,
} from "../virtio/net/user/host_sockets.ts";
import type { OuterDoor } from "./door.ts";

/** A port of the host that leads to the guest. */
export interface BoundForward {
  readonly protocol: ForwardProtocol;
  readonly address: string;
  /** What was asked for: 0 for any. */
  readonly asked: number;
  readonly port: number;
}

/** A port of the host cannot be had. */
export class ForwardError extends Error {
  /** Tells it from other errors. */
  override readonly name = "ForwardError" as const;
}

type Listen = Extract<HostRequest, { kind: "listen" }>;

/** The sockets of a machine's network devices, on the main thread. */
export class HostNetwork {
  readonly #door: OuterDoor;
  readonly #sockets = new Map<string, DenoSockets>();
  readonly #listens: Promise<BoundForward>[] = [];
  readonly #forwards: BoundForward[] = [];
  /** Who waits for what becomes of a listener, by device and number. */
  readonly #answers = new Map<string, (event: HostEvent) => void>();

  /** Sends what happens in by the door. */
  constructor(door: OuterDoor) {
    this.#door = door;
  }

  /** Ports that are forwarded, once {@linkcode HostNetwork.listening} resolved. */
  get forwards(): readonly BoundForward[] {
    return this.#forwards;
  }

  /**
   * Resolves when all ports listen that were asked for until now; rejects with
   * a {@linkcode ForwardError} where one cannot be had.
   */
  get listening(): Promise<unknown> {
    return Promise.all(this.#listens);
  }

  /** A device wants something. */
  request(device: string, request: HostRequest): void {
    let sockets = this.#sockets.get(device);
    if (sockets === undefined) {
      sockets = new DenoSockets({ hasRoom: () => this.#door.hasRoom });
      sockets.connect((event) => this.#post(device, event));
      this.#sockets.set(device, sockets);
    }
    if (request.kind === "listen") this.#watch(device, request);
    sockets.request(request);
  }

  /** Closes every socket. */
  close(): void {
    for (const sockets of this.#sockets.values()) sockets.close();
  }

  /** Waits for what becomes of a port. */
  #watch(device: string, request: Listen): void {
    const { promise, resolve, reject } = Promise.withResolvers<BoundForward>();
    const { protocol, address, port: asked } = request;
    this.#answers.set(`${device} ${request.listener}`, (event) => {
      if (event.kind === "listening") {
        const bound = { protocol, address, asked, port: event.port };
        this.#forwards.push(bound);
        resolve(bound);
      } else if (event.kind === "listen-failed") {
        const reason = event.reason;
        reject(
          new ForwardError(
            `Cannot forward ${protocol} port ${asked} of ${address}: ${reason}`,
          ),
        );
      }
    });
    promise.catch(() => {});
    this.#listens.push(promise);
  }

  #post(device: string, event: HostEvent): void {
    if ("listener" in event) {
      this.#answers.get(`${device} ${event.listener}`)?.(event);
    }
    this.#door.post({ kind: "network", device, event });
  }
}
