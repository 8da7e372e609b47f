import { deviceNames } from "../machine/virtio/options.ts";
import type { DeviceOptions } from "../machine/virtio/options.ts";
import { messageOf } from "./exit_status.ts";
import { bindUnix } from "../monitor/transports/unix.ts";

/** Bytes that are read at once: they find room in a port that is empty. */
const READ_BYTES = 16_384;

/** Accepting can fail for a while, as when there are no descriptors left. */
const RETRY_MILLISECONDS = 100;

/** A named port of a virtio console. */
export interface PortName {
  /** Name of the console. */
  readonly device: string;
  /** Name of the port. */
  readonly port: string;
}

/** What the world does to a port. */
export type PortInput =
  | { readonly kind: "opened"; readonly open: boolean }
  | { readonly kind: "input"; readonly bytes: ArrayBuffer }
  /** So many bytes of the guest's are out of the way. */
  | { readonly kind: "sent"; readonly bytes: number };

/** What a port does to the world. */
export type PortOutput =
  | { readonly kind: "output"; readonly bytes: ArrayBuffer }
  /** The input was taken: more may come. */
  | { readonly kind: "taken" };

/** The socket of a port cannot be had. */
export class PortError extends Error {
  /** What kind of error it is. */
  override readonly name = "PortError";
}

/** Sockets of the host that ports lead to: one client at a time each. */
export class HostPorts implements Disposable {
  readonly #ports = new Map<string, HostPort>();

  /**
   * Makes the ends of all ports that lead to a socket.
   *
   * @param onInput Told what happens at one
   */
  constructor(
    devices: readonly DeviceOptions[],
    onInput: (name: PortName, input: PortInput) => void,
  ) {
    deviceNames(devices).forEach((device, at) => {
      const options = devices[at];
      if (options?.kind !== "console") return;
      for (const port of options.ports ?? []) {
        if (typeof port === "string" || port.host?.kind !== "unix") continue;
        const name = { device, port: port.name };
        this.#ports.set(
          keyOf(name),
          new HostPort(port.host.path, (input) => onInput(name, input)),
        );
      }
    });
  }

  /**
   * Listens at every socket.
   *
   * @throws {PortError} If one cannot be had
   */
  async listen(): Promise<void> {
    for (const port of this.#ports.values()) await port.listen();
  }

  /** Takes what a port does. */
  output(name: PortName, output: PortOutput): void {
    this.#ports.get(keyOf(name))?.output(output);
  }

  /** Closes every socket. */
  [Symbol.dispose](): void {
    for (const port of this.#ports.values()) port.close();
  }
}

function keyOf({ device, port }: PortName): string {
  return `${device}/${port}`;
}

class HostPort {
  readonly #path: string;
  readonly #onInput: (input: PortInput) => void;
  #listener: Deno.UnixListener | undefined;
  #client: Deno.UnixConn | undefined;
  #taken = Promise.withResolvers<void>();
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(path: string, onInput: (input: PortInput) => void) {
    this.#path = path;
    this.#onInput = onInput;
  }

  async listen(): Promise<void> {
    try {
      this.#listener = await bindUnix(this.#path);
    } catch (error) {
      throw new PortError(messageOf(error), { cause: error });
    }
    void this.#acceptAll(this.#listener);
  }

  output(output: PortOutput): void {
    if (output.kind === "taken") return this.#taken.resolve();
    const bytes = new Uint8Array(output.bytes);
    const client = this.#client;
    this.#writing = this.#writing.then(async () => {
      try {
        for (let at = 0; client !== undefined && at < bytes.length;) {
          at += await client.write(bytes.subarray(at));
        }
      } catch {
        // It is gone; what it did not get is lost.
      }
      this.#onInput({ kind: "sent", bytes: bytes.length });
    });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#taken.resolve();
    this.#client?.close();
    // Deno removes the file with the listener.
    this.#listener?.close();
  }

  /** One client after the other: whoever comes meanwhile waits. */
  async #acceptAll(listener: Deno.UnixListener): Promise<void> {
    while (!this.#closed) {
      try {
        await this.#serve(await listener.accept());
      } catch {
        if (this.#closed) return;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
      }
    }
  }

  async #serve(client: Deno.UnixConn): Promise<void> {
    this.#client = client;
    this.#onInput({ kind: "opened", open: true });
    try {
      while (!this.#closed) {
        const buffer = new Uint8Array(READ_BYTES);
        const length = await client.read(buffer);
        if (length === null) break;
        this.#taken = Promise.withResolvers();
        const bytes = buffer.slice(0, length).buffer;
        this.#onInput({ kind: "input", bytes });
        await this.#taken.promise;
      }
    } catch {
      // As if it had closed.
    }
    this.#client = undefined;
    if (this.#closed) return;
    this.#onInput({ kind: "opened", open: false });
    client.close();
  }
}
