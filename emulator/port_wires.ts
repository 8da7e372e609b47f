import type { PortEnd, PortWire } from "../machine/virtio/create_console.ts";
import type { PortInput, PortName, PortOutput } from "./host_ports.ts";

/** Wires of ports, as the machine's thread holds them. */
export class PortWires {
  readonly #send: (name: PortName, output: PortOutput) => void;
  readonly #ends = new Map<string, PortEnd>();

  /** Makes none yet; what goes out goes through `send`. */
  constructor(send: (name: PortName, output: PortOutput) => void) {
    this.#send = send;
  }

  /** The wire of a port. */
  wire(name: PortName): PortWire {
    return {
      send: (bytes) =>
        this.#send(name, { kind: "output", bytes: bytes.slice().buffer }),
      taken: () => this.#send(name, { kind: "taken" }),
      connect: (end) => void this.#ends.set(keyOf(name), end),
    };
  }

  /** Takes what happened at the other end. */
  input(name: PortName, input: PortInput): void {
    const end = this.#ends.get(keyOf(name));
    switch (input.kind) {
      case "opened":
        return end?.opened(input.open);
      case "input":
        return end?.input(new Uint8Array(input.bytes));
      case "sent":
        return end?.sent(input.bytes);
    }
  }
}

function keyOf({ device, port }: PortName): string {
  return `${device}/${port}`;
}
