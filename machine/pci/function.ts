/**
 * One function on the bus: the type 0 header, the capabilities, the BARs and
 * the interrupts of a device (PCI Local Bus 3.0, chapter 6).
 *
 * @module
 */
import type { PciBar, PciFace } from "../../virtio/pci_face.ts";
import type { InterruptWires } from "../../virtio/world.ts";
import {
  assignBar,
  barAddress,
  checkBars,
  layOutBars,
} from "./base_address.ts";
import { fieldsOf, flagOf } from "./check.ts";
import { CapabilityChain } from "./capability_chain.ts";
import { type AccessBytes, ConfigRegisters } from "./config_registers.ts";
import { COMMAND, HEADER, layOutHeader, STATUS } from "./header.ts";
import type { Message } from "./message.ts";
import { Msi } from "./msi.ts";
import { Msix, type MsixState } from "./msix.ts";

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
  readonly #capabilities = new CapabilityChain(this.#registers);
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
    const placed = this.#capabilities.at(offset);
    return placed?.capability.load?.(offset - placed.offset, bytes) ??
      this.#registers.get(offset, bytes);
  }

  /** Writes configuration space at a naturally aligned offset within it. */
  writeConfig(offset: number, bytes: AccessBytes, value: number): void {
    if (this.#held) return;
    const placed = this.#capabilities.at(offset);
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
    const { ids, capabilities } = this.face;
    layOutHeader(this.#registers, { ids, pin: this.pin });
    layOutBars(this.#registers, this.bars);
    const chain = this.#capabilities;
    capabilities.forEach((capability) => chain.add(capability));
    for (const own of [this.msix, this.msi]) {
      if (own) chain.place(own.layOut(chain.next));
    }
    this.#registers.set(HEADER.status, 2, this.#status());
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
}
