/**
 * One function on the bus: the type 0 header, the capabilities, the BARs and
 * the interrupts of a device (PCI Local Bus 3.0, chapter 6).
 *
 * @module
 */
import type { PciBar, PciCapability, PciFace } from "../../virtio/pci_face.ts";
import type { InterruptWires } from "../../virtio/world.ts";
import {
  assignBar,
  barAddress,
  checkBars,
  layOutBars,
} from "./base_address.ts";
import { fieldsOf, flagOf } from "./check.ts";
import {
  type AccessBytes,
  CONFIG_BYTES,
  ConfigRegisters,
} from "./config_registers.ts";
import type { Message } from "./message.ts";
import { Msi } from "./msi.ts";
import { Msix, type MsixState } from "./msix.ts";

/** Registers of the header, by their offsets. */
const HEADER = {
  vendor: 0x00,
  device: 0x02,
  command: 0x04,
  status: 0x06,
  revision: 0x08,
  interface: 0x09,
  subclasses: 0x0a,
  cacheLine: 0x0c,
  latencyTimer: 0x0d,
  subsystemVendor: 0x2c,
  subsystem: 0x2e,
  capabilities: 0x34,
  interruptLine: 0x3c,
  interruptPin: 0x3d,
} as const;
const HEADER_END = 0x40;

/** The command register, as far as it does something here or can be written. */
const COMMAND = {
  io: 0x001,
  memory: 0x002,
  busMaster: 0x004,
  parityError: 0x040,
  systemError: 0x100,
  interruptDisable: 0x400,
  all: 0x547,
} as const;
const STATUS = { interrupt: 0x08, capabilities: 0x10 } as const;

/** A function's pin: INTA to INTD as 1 to 4. */
export type InterruptPin = 1 | 2 | 3 | 4;

/** What is put on the bus. */
export interface PciFunctionOptions {
  /** Name of the device, as in the monitor. */
  readonly name: string;
  readonly slot: number;
  readonly face: PciFace;
  /** @default {1} */
  readonly pin?: InterruptPin;
  /** Vectors of an MSI capability: a power of 2, at most 32; 0: none. */
  readonly msiVectors?: number;
}

/** What a function needs of the bus that it is on. */
export interface FunctionBus {
  /** The function's INTx is asserted or not. */
  setLine(fn: PciFunction, on: boolean): void;
  /** The function writes a message. */
  send(fn: PciFunction, message: Message): void;
  /** The function may answer to other addresses than before. */
  decodeChanged(): void;
}

/** Plain data of {@linkcode PciFunction}. */
export interface PciFunctionState {
  readonly name: string;
  readonly config: Uint8Array;
  readonly asserted: boolean;
  readonly held: boolean;
  readonly msix?: MsixState;
  readonly face: unknown;
}

interface PlacedCapability {
  readonly offset: number;
  readonly end: number;
  readonly capability: PciCapability;
}

/** A function of the bus. */
export class PciFunction {
  readonly name: string;
  readonly slot: number;
  readonly face: PciFace;
  readonly pin: InterruptPin;
  /** The device's BARs, and that of the MSI-X table. */
  readonly bars: readonly PciBar[];
  readonly msix: Msix | undefined;
  readonly msi: Msi | undefined;
  readonly #bus: FunctionBus;
  readonly #registers = new ConfigRegisters();
  readonly #capabilities: PlacedCapability[] = [];
  readonly #firmware = new Map<PciBar, number>();
  #asserted = false;
  #held = false;

  /** Throws RangeError for a function that cannot be. */
  constructor(options: PciFunctionOptions, bus: FunctionBus) {
    const { name, slot, face, pin = 1, msiVectors = 0 } = options;
    this.name = name;
    this.slot = slot;
    this.face = face;
    this.pin = pin;
    this.#bus = bus;
    const parts = {
      registers: this.#registers,
      port: { send: (message: Message) => this.#send(message) },
    };
    this.msix = face.msixVectors > 0
      ? new Msix({ vectors: face.msixVectors, bar: face.msixBar }, parts)
      : undefined;
    this.msi = msiVectors > 0
      ? new Msi({ vectors: msiVectors }, parts)
      : undefined;
    this.bars = this.msix ? [...face.bars, this.msix.bar] : [...face.bars];
    checkBars(name, this.bars);
    this.#layOut();
    face.connect(this.#wires());
  }

  /** Device and function number, as in a configuration address. */
  get devfn(): number {
    return this.slot << 3;
  }

  /** Whether INTx is asserted and comes out. */
  get line(): boolean {
    return this.#asserted && !this.#commands(COMMAND.interruptDisable) &&
      !this.messagesEnabled;
  }

  /** The command register. */
  get command(): number {
    return this.#registers.get(HEADER.command, 2);
  }

  get messagesEnabled(): boolean {
    return (this.msix?.enabled ?? false) || (this.msi?.enabled ?? false);
  }

  /** The bus address that a BAR holds, whether or not it is decoded. */
  barAddress(bar: PciBar): number {
    return barAddress(this.#registers, bar);
  }

  /** Whether accesses to a BAR's space are answered. */
  decodes({ kind }: PciBar): boolean {
    return !this.#held &&
      this.#commands(kind === "io" ? COMMAND.io : COMMAND.memory);
  }

  /** Gives a BAR its address, as firmware does, and keeps it in mind. */
  assign(bar: PciBar, address: number): void {
    this.#firmware.set(bar, address);
    assignBar(this.#registers, bar, address);
    this.#bus.decodeChanged();
  }

  /** Gives all BARs the addresses that they had from firmware. */
  reassign(): void {
    for (const [bar, address] of this.#firmware) this.assign(bar, address);
  }

  /** Whether the function is held in reset and answers to nothing. */
  get held(): boolean {
    return this.#held;
  }

  /** Resets the function and holds it there, or lets it go. */
  hold(on: boolean): void {
    if (on) this.reset();
    this.#held = on;
    this.#bus.decodeChanged();
  }

  /** Reads configuration space at a naturally aligned offset within it. */
  readConfig(offset: number, bytes: AccessBytes): number {
    if (this.#held) return 2 ** (8 * bytes) - 1;
    const placed = this.#capabilityAt(offset);
    return placed?.capability.load?.(offset - placed.offset, bytes) ??
      this.#registers.get(offset, bytes);
  }

  /** Writes configuration space at a naturally aligned offset within it. */
  writeConfig(offset: number, bytes: AccessBytes, value: number): void {
    if (this.#held) return;
    const placed = this.#capabilityAt(offset);
    if (placed) {
      placed.capability.store?.(offset - placed.offset, bytes, value);
      return;
    }
    this.#registers.write(offset, bytes, value);
    this.#bus.decodeChanged();
    this.msix?.controlWritten();
    this.#updateLine();
  }

  /** As after power-on: no addresses, no interrupts, the device reset. */
  reset(): void {
    this.#held = false;
    this.#registers.clear();
    this.msix?.reset();
    this.#asserted = false;
    this.face.reset();
    this.#updateLine();
    this.#bus.decodeChanged();
  }

  save(): PciFunctionState {
    return {
      name: this.name,
      config: this.#registers.save(),
      asserted: this.#asserted,
      held: this.#held,
      ...this.msix && { msix: this.msix.save() },
      face: this.face.save(),
    };
  }

  /** Throws TypeError or RangeError for what `save()` cannot have given. */
  restore(state: unknown): void {
    const fields = fieldsOf(state, "function");
    if (fields.name !== this.name) {
      throw new RangeError(
        `Cannot restore PCI: expected function ${this.name}: ${fields.name}`,
      );
    }
    this.#asserted = flagOf(fields, "asserted");
    this.#held = flagOf(fields, "held");
    this.#registers.set(HEADER.status, 2, this.#status());
    this.#registers.restore(fields.config);
    this.msix?.restore(fields.msix);
    this.face.restore(fields.face);
    this.#bus.decodeChanged();
  }

  #layOut(): void {
    const registers = this.#registers;
    const { ids } = this.face;
    registers.set(HEADER.vendor, 2, ids.vendor);
    registers.set(HEADER.device, 2, ids.device);
    registers.set(HEADER.revision, 1, ids.revision);
    registers.set(HEADER.interface, 1, ids.class);
    registers.set(HEADER.subclasses, 2, ids.class >> 8);
    registers.set(HEADER.subsystemVendor, 2, ids.subsystemVendor);
    registers.set(HEADER.subsystem, 2, ids.subsystem);
    registers.set(HEADER.interruptPin, 1, this.pin);
    registers.allow(HEADER.command, 2, COMMAND.all);
    registers.allow(HEADER.cacheLine, 1, 0xff);
    registers.allow(HEADER.latencyTimer, 1, 0xff);
    registers.allow(HEADER.interruptLine, 1, 0xff);
    layOutBars(registers, this.bars);
    this.#layOutCapabilities();
    registers.set(HEADER.status, 2, this.#status());
  }

  #layOutCapabilities(): void {
    const registers = this.#registers;
    let pointer: number = HEADER.capabilities;
    let free = HEADER_END;
    const place = (data: Uint8Array): number => {
      const offset = free;
      free += (data.length + 3) & ~3;
      if (free > CONFIG_BYTES) {
        throw new RangeError(
          `Cannot make PCI function ${this.name}: capabilities end at: ${free}`,
        );
      }
      registers.fill(offset, data);
      registers.set(offset + 1, 1, 0);
      registers.set(pointer, 1, offset);
      pointer = offset + 1;
      return offset;
    };
    for (const capability of this.face.capabilities) {
      const offset = place(capability.bytes);
      this.#capabilities.push({ offset, end: free, capability });
    }
    if (this.msix) place(this.msix.layOut(free));
    if (this.msi) place(this.msi.layOut(free));
  }

  #wires(): InterruptWires {
    // deno-lint-ignore no-this-alias
    const fn = this;
    return {
      setLine(on) {
        if (fn.#asserted === on) return;
        fn.#asserted = on;
        fn.#updateLine();
      },
      sendVector(vector) {
        if (fn.msix?.enabled) fn.msix.send(vector);
        else fn.msi?.send(vector);
      },
      get messagesEnabled() {
        return fn.messagesEnabled;
      },
    };
  }

  /** A message is a write like others: it takes a bus master. */
  #send(message: Message): void {
    if (this.#commands(COMMAND.busMaster)) this.#bus.send(this, message);
  }

  #updateLine(): void {
    this.#registers.set(HEADER.status, 2, this.#status());
    this.#bus.setLine(this, this.line);
  }

  /** The interrupt bit tells of the pin even where it does not come out. */
  #status(): number {
    const hasCapabilities = this.#registers.get(HEADER.capabilities, 1) !== 0;
    return (hasCapabilities ? STATUS.capabilities : 0) |
      (this.#asserted ? STATUS.interrupt : 0);
  }

  #commands(bit: number): boolean {
    return (this.command & bit) !== 0;
  }

  #capabilityAt(offset: number): PlacedCapability | undefined {
    return this.#capabilities.find((placed) =>
      offset >= placed.offset && offset < placed.end
    );
  }
}
