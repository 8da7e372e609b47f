/**
 * What the machine's thread does: it runs the guest slice by slice, and looks
 * at the door in between. The loop is synchronous from beginning to end, since
 * a machine that had to go through promises would take several times as long to
 * wake up.
 *
 * @module
 */
import type { Machine } from "../machine/machine.ts";
import type {
  Bell,
  MachineHost,
  MachineOptions,
} from "../machine/machine_options.ts";
import type { EventInterest } from "../monitor/backend.ts";
import { MonitorError } from "../monitor/errors.ts";
import type { MethodHandlers } from "../monitor/handlers.ts";
import type { RunControlHost } from "../monitor/machine_handlers/mod.ts";
import {
  toConsoleEvent,
  toMonitorEvent,
} from "../monitor/machine_handlers/events.ts";
import { VirtioFilter } from "../monitor/virtio_filter.ts";
import type { HostSockets } from "../virtio/net/user/host_sockets.ts";
import type { PortWire } from "../machine/virtio/create_console.ts";
import type { InnerDoor } from "./door.ts";
import { type Input, InputLog } from "./input_log.ts";
import { InputQueue } from "./input_queue.ts";
import { invoke } from "./invoke.ts";
import {
  type Inbound,
  type MachineEnd,
  toFault,
  type WorkerSetup,
} from "./messages.ts";
import { NetworkInput } from "./network_input.ts";
import { Outbox } from "./outbox.ts";
import { PortWires } from "./port_wires.ts";

/** What the loop needs of a machine. */
export type RunnableMachine = Pick<
  Machine,
  | "status"
  | "ended"
  | "slice"
  | "stop"
  | "close"
  | "typeConsole"
  | "instructions"
  | "now"
>;

/** A machine and the methods that are carried out on it. */
export interface BuiltMachine {
  /** The machine. */
  readonly machine: RunnableMachine;
  /** Its methods, every one of which answers at once. */
  readonly handlers: Partial<MethodHandlers>;
}

/** Builds the machine that a loop runs. */
export type BuildMachine = (
  options: MachineOptions,
  host: MachineHost & RunControlHost,
) => BuiltMachine;

type Call = Inbound & { kind: "call" };

/** Runs a machine until it is told to leave. */
export class MachineLoop implements MachineHost, RunControlHost {
  readonly #door: InnerDoor;
  readonly #outbox: Outbox;
  readonly #machine: RunnableMachine;
  readonly #handlers: Partial<MethodHandlers>;
  readonly #cpu: MachineOptions["cpu"];
  readonly #log: InputLog | undefined;
  readonly #input = new InputQueue();
  readonly #network: NetworkInput;
  readonly #ports = new PortWires((name, output) =>
    this.#outbox.add({ kind: "port", name, output })
  );
  #interest: EventInterest = { events: [], hcalls: [], virtio: [] };
  #virtio: VirtioFilter | "all" = "all";
  #listened: ReadonlySet<string> = new Set();
  #sent = -1;
  #reportedEnd: Machine["ended"];

  /**
   * Builds the machine, which does not run yet.
   *
   * @throws {Error} Whatever the building throws
   */
  constructor(door: InnerDoor, build: BuildMachine, setup: WorkerSetup) {
    this.#door = door;
    this.#outbox = new Outbox(door);
    this.#cpu = setup.machine.cpu;
    this.#log = setup.record ? new InputLog() : undefined;
    this.#network = new NetworkInput((message) => door.acknowledge(message));
    const { machine, handlers } = build(machineOptions(setup), this);
    this.#machine = machine;
    this.#handlers = handlers;
  }

  /** Runs the machine until the stop flag is set. */
  run(): void {
    this.#outbox.add({ kind: "ready" });
    try {
      while (!this.#door.stopped) this.#turn();
    } finally {
      this.#machine.close();
    }
    this.#outbox.flush({ sleeping: true });
  }

  #turn(): void {
    const { bell, sent } = this.#door;
    if (sent !== this.#sent) this.#takeAll();
    this.#sent = sent;
    const idle = this.#advance();
    this.#reportEnd();
    this.#outbox.flush({ sleeping: idle > 0 });
    if (idle > 0) this.#door.wait(bell, idle);
  }

  /** What vCPUs in threads of their own ring, see {@linkcode MachineHost}. */
  get bell(): Bell {
    return this.#door.bellWord;
  }

  /** Takes console output, see {@linkcode MachineHost}. */
  console(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#outbox.console(bytes);
    if (!this.listens("CONSOLE")) return;
    const event = toConsoleEvent(bytes, this.#machine.now());
    this.#outbox.add({ kind: "event", event });
  }

  /** Takes an event, see {@linkcode MachineHost}. */
  event(...[event, at]: Parameters<MachineHost["event"]>): void {
    const { hcalls } = this.#interest;
    if (
      event.name === "HCALL" && hcalls !== "all" &&
      !hcalls.includes(String(event.data.name))
    ) return;
    const unwanted = this.#virtio !== "all" &&
      event.name.startsWith("VIRTIO_") && !this.#virtio.wants(event.data);
    if (unwanted) return;
    this.#outbox.add({
      kind: "event",
      event: toMonitorEvent(event, { at, cpu: this.#cpu }),
    });
  }

  /** Whether somebody listens, see {@linkcode MachineHost}. */
  listens(name: string): boolean {
    return this.#listened.has(name);
  }

  /** The host's sockets for a network device, see {@linkcode MachineHost}. */
  sockets(device: string): HostSockets {
    return {
      request: (request) =>
        this.#outbox.add({ kind: "network", device, request }),
      connect: (onEvent) => this.#network.connect(device, onEvent),
    };
  }

  /** The wire to a port's socket, see {@linkcode MachineHost}. */
  port(device: string, port: string): PortWire {
    return this.#ports.wire({ device, port });
  }

  /** Ends the run on behalf of a client, see {@linkcode RunControlHost}. */
  quit(): void {
    this.#machine.stop();
    this.#sendEnd({ reason: "host-request" });
  }

  /** Runs the guest a little; returns how many milliseconds there is nothing to do. */
  #advance(): number {
    this.#feed();
    if (!this.#door.hasRoom) return Infinity;
    if (this.#machine.status === "running") {
      this.#network.feed((input) => this.#record(input));
    }
    const idle = this.#machine.slice();
    // A guest that has just taken input makes room for more of it.
    return this.#feed() > 0 ? 0 : idle;
  }

  #takeAll(): void {
    for (
      let message = this.#door.take();
      message !== undefined;
      message = this.#door.take()
    ) {
      this.#take(message);
    }
  }

  #take(message: Inbound): void {
    switch (message.kind) {
      case "input":
        this.#input.push(new Uint8Array(message.bytes));
        return;
      case "call":
        return this.#answer(message);
      case "network":
        return this.#network.push(message);
      case "port":
        this.#record(message);
        return this.#ports.input(message.name, message.input);
      case "interest":
        this.#interest = message.interest;
        this.#listened = new Set(message.interest.events);
        this.#virtio = message.interest.virtio === "all"
          ? "all"
          : new VirtioFilter(message.interest.virtio);
        return;
      case "recording":
        this.#outbox.add({
          kind: "answer",
          id: message.id,
          result: this.#log?.take(),
        }, { urgent: true });
        return;
    }
  }

  #answer(call: Call): void {
    const { id } = call;
    try {
      const { method, params } = call;
      this.#record({ kind: "call", method, params });
      const { status: state } = this.#machine;
      const result = invoke(call, { handlers: this.#handlers, state });
      this.#outbox.add({ kind: "answer", id, result }, { urgent: true });
    } catch (error) {
      this.#outbox.add(
        error instanceof MonitorError
          ? { kind: "refusal", id, error: error.toJSON() }
          : { kind: "failure", id, fault: toFault(error) },
        { urgent: true },
      );
    }
  }

  /** Types what waits, as far as the terminal has room; returns how much. */
  #feed(): number {
    const bytes = this.#input.feed((chunk) => {
      const count = this.#machine.typeConsole(chunk);
      if (count > 0) {
        this.#record({ kind: "console", bytes: chunk.slice(0, count) });
      }
      return count;
    });
    if (bytes > 0) this.#outbox.add({ kind: "taken", bytes });
    return bytes;
  }

  #record(input: Input): void {
    this.#log?.add(input, this.#machine.instructions());
  }

  #reportEnd(): void {
    const { ended } = this.#machine;
    if (ended === this.#reportedEnd) return;
    this.#reportedEnd = ended;
    if (ended === undefined) return;
    const { reason, message } = ended;
    // A machine restarts by itself; an end by reset would be its fault.
    if (reason === "reset") throw new TypeError("Cannot end by a reset");
    this.#sendEnd(message === undefined ? { reason } : { reason, message });
  }

  #sendEnd(end: MachineEnd): void {
    const bytes = this.#input.clear();
    if (bytes > 0) this.#outbox.add({ kind: "taken", bytes });
    this.#outbox.add({ kind: "end", end }, { urgent: true });
  }
}

function machineOptions({ machine, images }: WorkerSetup): MachineOptions {
  const { kernel, initrd } = images;
  return {
    ...machine,
    kernel: new Uint8Array(kernel),
    ...initrd && { initrd: new Uint8Array(initrd) },
  };
}
