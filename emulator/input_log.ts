import type { HostEvent } from "../virtio/net/user/host_sockets.ts";
import type { PortInput, PortName } from "./host_ports.ts";

/** Something from outside that a machine took. */
export type Input =
  | { readonly kind: "console"; readonly bytes: Uint8Array }
  | {
    readonly kind: "call";
    readonly method: string;
    readonly params: unknown;
  }
  /** Of a socket of a network device. */
  | {
    readonly kind: "network";
    readonly device: string;
    readonly event: HostEvent;
  }
  | {
    readonly kind: "port";
    readonly name: PortName;
    readonly input: PortInput;
  };

/** An input and the moment at which it entered. */
export interface StampedInput {
  /** Instructions that the machine had completed. */
  readonly instructions: number;
  /** What entered. */
  readonly input: Input;
}

/** What an {@linkcode InputLog} holds. */
export interface InputRecording {
  /** The inputs in their order. */
  readonly inputs: readonly StampedInput[];
  /** Whether the log was full at some time: inputs after the last one are missing. */
  readonly truncated: boolean;
}

const MAX_BYTES = 64 << 20;
/** What an entry takes beside its content. */
const ENTRY_BYTES = 64;

/**
 * Keeps inputs up to a bound. A recording with a hole would replay wrongly, so
 * nothing is kept after the first input that did not fit.
 */
export class InputLog {
  readonly #inputs: StampedInput[] = [];
  readonly #maxBytes: number;
  #bytes = 0;
  #truncated = false;

  /** Makes an empty log. */
  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Adds an input, unless the log is full. */
  add(input: Input, instructions: number): void {
    this.#bytes += ENTRY_BYTES + sizeOf(input);
    this.#truncated ||= this.#bytes > this.#maxBytes;
    if (!this.#truncated) this.#inputs.push({ instructions, input });
  }

  /** All that was kept. */
  take(): InputRecording {
    return { inputs: [...this.#inputs], truncated: this.#truncated };
  }
}

function sizeOf(input: Input): number {
  if (input.kind === "console") return input.bytes.length;
  if (input.kind === "network") {
    return "data" in input.event ? input.event.data.byteLength : 0;
  }
  if (input.kind === "port") {
    return input.input.kind === "input" ? input.input.bytes.byteLength : 0;
  }
  const text = JSON.stringify(
    input.params,
    (_, value) => typeof value === "bigint" ? `0x${value.toString(16)}` : value,
  );
  return input.method.length + (text?.length ?? 0);
}
