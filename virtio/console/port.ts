/**
 * Ports of a console: what the host gives for one, and what the device keeps.
 *
 * @module
 */
import { ByteQueue } from "./byte_queue.ts";

/** The host's end of a port. */
export interface PortBackend {
  /**
   * Takes bytes that the guest wrote, and may keep them. Where it gives false,
   * no more come until `Port.drained()` is called.
   */
  write(bytes: Uint8Array<ArrayBuffer>): boolean;
  /** The guest opened or closed the port. Only named ports tell. */
  onGuestOpen?(open: boolean): void;
  /** There is room again, after `Port.input()` did not take everything. */
  onRoom?(): void;
}

/** Bytes of input that may wait for the guest, as on any terminal here. */
export const INPUT_LIMIT = 64 * 1024;

/** Messages that the driver is to get about a port, as bits of a mask. */
export const OWED = { add: 1, console: 2, name: 4, open: 8 } as const;

const ALL_OWED = OWED.add | OWED.console | OWED.name | OWED.open;

/** What a `Port` saves. */
export interface PortState {
  readonly input: Uint8Array;
  readonly ready: boolean;
  readonly guestOpen: boolean;
  readonly hostOpen: boolean;
  readonly owed: number;
}

/** What a port asks of its device. */
export interface PortDevice {
  /** Input, or a message to the driver, may be due. */
  serve(port: Port): void;
  /** The backend takes output again. */
  serveOutput(port: Port): void;
}

/** A port, from the host's side. */
export class Port {
  readonly index: number;
  /** Undefined for the console. */
  readonly name: string | undefined;
  /** Undefined where nothing is at port 0. */
  readonly backend: PortBackend | undefined;
  readonly waiting: ByteQueue = new ByteQueue(INPUT_LIMIT);
  /** Whether the driver has set the port up. */
  ready = false;
  /** Whether the guest has it open. */
  guestOpen = false;
  /** Whether the backend takes no output now. */
  full = false;
  /** Messages that are due, of `OWED`. */
  owed = 0;
  readonly #device: PortDevice;
  #hostOpen: boolean;
  #refused = false;

  constructor(
    device: PortDevice,
    { index, name, backend, open }: {
      index: number;
      name: string | undefined;
      backend: PortBackend | undefined;
      open: boolean;
    },
  ) {
    this.#device = device;
    this.index = index;
    this.name = name;
    this.backend = backend;
    this.#hostOpen = open;
  }

  /** Input for the guest; gives how many bytes found room. */
  input(bytes: Uint8Array): number {
    const taken = this.waiting.add(bytes);
    if (taken < bytes.length) this.#refused = true;
    this.#device.serve(this);
    return taken;
  }

  /** The backend takes output again, after `write()` gave false. */
  drained(): void {
    this.full = false;
    this.#device.serveOutput(this);
  }

  /** Whether somebody is at the host's end. */
  get hostOpen(): boolean {
    return this.#hostOpen;
  }

  /** Somebody came to, or left, the host's end: the guest is told. */
  set hostOpen(open: boolean) {
    if (this.#hostOpen === open) return;
    this.#hostOpen = open;
    if (this.ready) this.owed |= OWED.open;
    this.#device.serve(this);
  }

  /** Drops input that the guest has not taken, as when the power fails. */
  discardInput(): void {
    this.waiting.clear();
  }

  /** Output of the guest. What nobody is there for is lost. */
  output(bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#hostOpen || this.backend === undefined) return;
    if (!this.backend.write(bytes)) this.full = true;
  }

  /** Some input was taken: tells the backend, if it waits for that. */
  tookInput(): void {
    if (!this.#refused) return;
    this.#refused = false;
    this.backend?.onRoom?.();
  }

  /** The guest opened or closed the port. */
  setGuestOpen(open: boolean): void {
    if (this.guestOpen === open) return;
    this.guestOpen = open;
    this.backend?.onGuestOpen?.(open);
  }

  /** The driver is gone. Input waits for the next one. */
  reset(): void {
    this.ready = false;
    this.owed = 0;
    this.setGuestOpen(false);
  }

  save(): PortState {
    return {
      input: this.waiting.save(),
      ready: this.ready,
      guestOpen: this.guestOpen,
      hostOpen: this.#hostOpen,
      owed: this.owed,
    };
  }

  /**
   * Throws TypeError or RangeError. The host's end stays as it is, and the
   * guest is told where that is not how it was.
   */
  restore(state: PortState): void {
    const { input, ready, guestOpen, hostOpen, owed } = state;
    const flags = [ready, guestOpen, hostOpen];
    if (
      !(input instanceof Uint8Array) ||
      flags.some((flag) => typeof flag !== "boolean") ||
      typeof owed !== "number" || (owed & ~ALL_OWED) !== 0
    ) {
      throw new TypeError(`Cannot restore port ${this.index}: not its state`);
    }
    this.waiting.restore(input);
    this.ready = ready;
    this.owed = owed;
    if (ready && hostOpen !== this.#hostOpen) this.owed |= OWED.open;
    this.full = false;
    this.setGuestOpen(guestOpen);
  }
}
