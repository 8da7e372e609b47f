/**
 * What passes between the main thread and the machine's.
 *
 * Bytes pass as bare buffers: Deno 2.9 looks at every element of a typed array
 * in a message, which takes seconds for a kernel.
 *
 * @module
 */
import type { MachineOptions } from "../machine/machine_options.ts";
import type { EndReason } from "../machine/partition.ts";
import type { EventInterest, MonitorEvent } from "../monitor/backend.ts";
import type { PortInput, PortName, PortOutput } from "./host_ports.ts";
import type { MonitorErrorData } from "../monitor/errors.ts";
import type {
  HostEvent,
  HostRequest,
} from "../virtio/net/user/host_sockets.ts";

/** What the main thread sends in. */
export type Inbound =
  | { readonly kind: "input"; readonly bytes: ArrayBuffer }
  | {
    readonly kind: "call";
    readonly id: number;
    readonly method: string;
    readonly params: unknown;
    readonly client: number;
  }
  | { readonly kind: "interest"; readonly interest: EventInterest }
  /** Something happened to a socket of a network device. */
  | {
    readonly kind: "network";
    readonly device: string;
    readonly event: HostEvent;
  }
  /** Something happened at the host's end of a port. */
  | {
    readonly kind: "port";
    readonly name: PortName;
    readonly input: PortInput;
  }
  /** Answered with the log of inputs, see {@linkcode WorkerSetup.record}. */
  | { readonly kind: "recording"; readonly id: number };

/** Why a guest ended, and what is known about it. */
export interface MachineEnd {
  /** In the words of the partition; `"host-request"` if the guest did not ask for it. */
  readonly reason: Exclude<EndReason, "reset">;
  /** What the guest said, or what stopped it. */
  readonly message?: string;
}

/** An error as plain data. */
export interface Fault {
  /** The error's class. */
  readonly name: string;
  /** Its sentence. */
  readonly message: string;
  /** Where it happened. */
  readonly stack?: string;
}

/** What the machine's thread sends out, several at a time. */
export type Outbound =
  | { readonly kind: "ready" }
  | { readonly kind: "console"; readonly bytes: ArrayBuffer }
  /** So many bytes of input have been typed at the guest, or given up. */
  | { readonly kind: "taken"; readonly bytes: number }
  | { readonly kind: "answer"; readonly id: number; readonly result: unknown }
  | {
    readonly kind: "refusal";
    readonly id: number;
    readonly error: MonitorErrorData;
  }
  /** A call that failed by our fault. */
  | { readonly kind: "failure"; readonly id: number; readonly fault: Fault }
  | { readonly kind: "event"; readonly event: MonitorEvent }
  /** A network device wants something of its sockets. */
  | {
    readonly kind: "network";
    readonly device: string;
    readonly request: HostRequest;
  }
  /** A port has something for its end on the host. */
  | {
    readonly kind: "port";
    readonly name: PortName;
    readonly output: PortOutput;
  }
  | { readonly kind: "end"; readonly end: MachineEnd }
  /** The thread cannot go on. */
  | { readonly kind: "fault"; readonly fault: Fault };

/** What a guest is booted from, as it travels to the machine's thread. */
export interface ImageBuffers {
  /** An ELF file. */
  readonly kernel: ArrayBuffer;
  /** An initial ramdisk. */
  readonly initrd?: ArrayBuffer;
}

/** A machine without its images. */
export type BareMachine = Omit<MachineOptions, "kernel" | "initrd">;

/** What the machine's thread is started with. */
export interface WorkerSetup {
  /** The machine to build. */
  readonly machine: BareMachine;
  /** What it boots. */
  readonly images: ImageBuffers;
  /** Whether inputs are kept with their stamps. */
  readonly record: boolean;
}

/** An error as plain data. */
export function toFault(error: unknown): Fault {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error) };
  }
  const { name, message, stack } = error;
  return stack === undefined ? { name, message } : { name, message, stack };
}
