/**
 * The virtio console device (virtio 1.3, 5.3): one console, and ports with
 * names beside it.
 *
 * @module
 */
import type { OrderedReader, OrderedWriter } from "../accessor.ts";
import type {
  ActiveDevice,
  QueueDescription,
  VirtioDevice,
  VirtQueue,
} from "../device.ts";
import { featureMask } from "../features.ts";
import { CONTROL_EVENT, readControl, writeControl } from "./control.ts";
import { checkPorts, type ConsoleOptions } from "./options.ts";
import { OWED, Port, type PortState } from "./port.ts";
import {
  CONTROL_QUEUE,
  describeQueues,
  inputQueue,
  outputQueue,
  portOf,
} from "./queues.ts";
import { inputRoom, takeOutput } from "./transfer.ts";

/** VIRTIO_CONSOLE_F_*, those that are offered here. */
export const CONSOLE_FEATURE = { multiport: 1, emergencyWrite: 2 } as const;

/** What `ConsoleDevice` saves. */
export interface ConsoleState {
  readonly ports: readonly PortState[];
}

/** Offset of `emerg_wr`. */
const EMERGENCY_OFFSET = 8;

/** The messages that a port's driver can be owed, in their order. */
const MESSAGES = [
  [OWED.add, CONTROL_EVENT.deviceAdd],
  [OWED.console, CONTROL_EVENT.consolePort],
  [OWED.name, CONTROL_EVENT.portName],
  [OWED.open, CONTROL_EVENT.portOpen],
] as const;

/** Terminals and byte pipes between host and guest. */
export class ConsoleDevice implements VirtioDevice {
  readonly kind = "console";
  readonly features: bigint;
  readonly queues: readonly QueueDescription[];
  /** Port 0, and then the named ones. */
  readonly ports: readonly Port[];
  readonly #defer: ConsoleOptions["defer"];
  #active: ActiveDevice | undefined;

  /** Throws RangeError for ports that cannot be. */
  constructor({ console, ports = [], defer }: ConsoleOptions) {
    checkPorts(ports);
    this.#defer = defer;
    const first = {
      index: 0,
      name: undefined,
      backend: console,
      open: console !== undefined,
    };
    const others = ports.map(({ name, backend, open = true }, index) => ({
      index: index + 1,
      name,
      backend,
      open,
    }));
    this.ports = [first, ...others].map((port) =>
      new Port({
        serve: (port) => this.#run(() => this.#serve(port)),
        serveOutput: (port) => this.#run(() => this.#serveOutput(port)),
      }, port)
    );
    this.features =
      (ports.length > 0 ? featureMask(CONSOLE_FEATURE.multiport) : 0n) |
      (console ? featureMask(CONSOLE_FEATURE.emergencyWrite) : 0n);
    this.queues = describeQueues(ports.length);
  }

  config(fields: OrderedWriter): void {
    fields.u16(0); // cols and rows: no host has a say in them
    fields.u16(0);
    fields.u32(this.ports.length);
    fields.u32(0); // emerg_wr
  }

  /** `emerg_wr` works before there is a driver, and where rings are broken. */
  writeConfig(offset: number, value: OrderedReader): void {
    if (offset !== EMERGENCY_OFFSET || value.remaining !== 4) return;
    this.ports[0]?.output(Uint8Array.of(value.u32()));
  }

  /** Serves what was typed, and given, before. */
  activate(active: ActiveDevice): void {
    this.#active = active;
    this.#serveAll();
  }

  notify(queue: number): void {
    if (queue === CONTROL_QUEUE.fromDriver) this.#takeControl();
    else if (queue === CONTROL_QUEUE.toDriver) this.#sendControl();
    else {
      const port = this.ports[portOf(queue)];
      if (port === undefined) return;
      if (queue === outputQueue(port)) this.#serveOutput(port);
      else this.#serve(port);
    }
  }

  reset(): void {
    this.#active = undefined;
    for (const port of this.ports) port.reset();
  }

  save(): ConsoleState {
    return { ports: this.ports.map((port) => port.save()) };
  }

  restore(state: unknown, active: ActiveDevice | undefined): void {
    const saved = (state as Partial<ConsoleState> | undefined)?.ports;
    if (!Array.isArray(saved) || saved.length !== this.ports.length) {
      throw new TypeError("Cannot restore a console: its ports are not these");
    }
    for (const port of this.ports) port.restore(saved[port.index]);
    this.#active = active;
    this.#defer(() => active?.run(() => this.#serveAll()));
  }

  #serveAll(): void {
    for (const port of this.ports) {
      this.#serve(port);
      this.#serveOutput(port);
    }
  }

  #run(work: () => void): void {
    this.#active?.run(work);
  }

  /** Whether the driver knows of ports other than 0. */
  get #multiport(): boolean {
    return this.#active?.has(CONSOLE_FEATURE.multiport) ?? false;
  }

  #queue(index: number): VirtQueue | undefined {
    return this.#active?.queues[index];
  }

  /** Messages and input for the guest. */
  #serve(port: Port): void {
    this.#sendControl();
    const queue = this.#queue(inputQueue(port));
    const open = this.#multiport ? port.guestOpen : port.index === 0;
    if (!open || queue === undefined) return;
    while (port.waiting.length > 0) {
      const chain = queue.pop();
      if (chain === undefined) return;
      const bytes = port.waiting.take(inputRoom(chain));
      chain.writable.bytes(bytes);
      queue.push(chain, bytes.length);
      port.tookInput();
    }
  }

  #serveOutput(port: Port): void {
    const queue = this.#queue(outputQueue(port));
    while (queue !== undefined && !port.full) {
      const chain = queue.pop();
      if (chain === undefined) return;
      takeOutput(chain, (bytes) => port.output(bytes));
      queue.push(chain, 0);
    }
  }

  #takeControl(): void {
    const queue = this.#queue(CONTROL_QUEUE.fromDriver);
    if (queue === undefined || !this.#multiport) return;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) {
      const { id, event, value } = readControl(chain.readable);
      queue.push(chain, 0);
      if (event === CONTROL_EVENT.deviceReady) this.#driverReady(value !== 0);
      else {
        const port = this.ports[id];
        if (port !== undefined) this.#heard(port, event, value !== 0);
      }
    }
  }

  #driverReady(well: boolean): void {
    for (const port of this.ports) {
      port.reset();
      if (well && port.backend !== undefined) port.owed = OWED.add;
    }
    this.#sendControl();
  }

  #heard(port: Port, event: number, on: boolean): void {
    if (port.backend === undefined) return;
    if (event === CONTROL_EVENT.portReady) {
      port.ready = on;
      if (!on) return;
      port.owed |= port.name === undefined ? OWED.console : OWED.name;
      if (port.hostOpen) port.owed |= OWED.open;
      this.#sendControl();
    } else if (event === CONTROL_EVENT.portOpen) {
      port.setGuestOpen(on);
      this.#serve(port);
    }
  }

  /** Sends what is owed, as far as the driver has given buffers for it. */
  #sendControl(): void {
    const queue = this.#queue(CONTROL_QUEUE.toDriver);
    if (queue === undefined || !this.#multiport) return;
    for (const port of this.ports) {
      for (const [bit, event] of MESSAGES) {
        if ((port.owed & bit) === 0) continue;
        const chain = queue.pop();
        if (chain === undefined) return;
        const value = event === CONTROL_EVENT.portOpen
          ? Number(port.hostOpen)
          : 1;
        writeControl(chain.writable, { id: port.index, event, value });
        if (event === CONTROL_EVENT.portName) {
          chain.writable.bytes(new TextEncoder().encode(port.name));
        }
        queue.push(chain, chain.writable.written);
        port.owed &= ~bit;
      }
    }
  }
}
