/**
 * The PCI host bridge of a pseries partition: what is on its bus, and how the
 * guest reaches it (LoPAPR 2.4, 7.3.3, 14.5.4.2).
 *
 * @module
 */
import type { GuestMemory } from "../../virtio/world.ts";
import type { DeviceTreeNode } from "../device_tree/node.ts";
import type { Hypercall } from "../hcall/table.ts";
import type { MmioRegion } from "../interrupt_controller/mmio_region.ts";
import type { InterruptLines } from "../partition.ts";
import type { RtasCall } from "../rtas/table.ts";
import { AddressDecoder } from "./address_decoder.ts";
import {
  MESSAGE_PORT,
  SLOTS,
  type WindowName,
  WINDOWS,
} from "./address_map.ts";
import { arrayOf, fieldsOf } from "./check.ts";
import { describeBridge, type PciDescription } from "./describe.ts";
import {
  DirectMemory,
  type DmaTarget,
  TranslatedMemory,
} from "./dma_memory.ts";
import { DmaWindows } from "./dma_windows.ts";
import {
  type FunctionBus,
  PciFunction,
  type PciFunctionOptions,
  type PciFunctionState,
} from "./function.ts";
import { tceHypercalls } from "./hypercalls.ts";
import { InterruptPins } from "./interrupt_pins.ts";
import type { Message } from "./message.ts";
import { type MessageSources, SourceAllocator } from "./message_sources.ts";
import { assignAddresses } from "./resource_assignment.ts";
import { configCalls } from "./rtas_config.ts";
import { dmaWindowCalls } from "./rtas_dma_windows.ts";
import { messageCalls } from "./rtas_messages.ts";
import { recoveryCalls } from "./rtas_recovery.ts";
import type { TceTableState } from "./tce_table.ts";
import { bridgeNode } from "./tree.ts";
import { windowRegion } from "./window_region.ts";

/** What a host bridge is given. */
export interface HostBridgeOptions extends DmaTarget {
  readonly interrupts: InterruptLines;
}

/** A device for the bus; without a slot it gets the first that is free. */
export type PciDeviceOptions =
  & Omit<PciFunctionOptions, "slot">
  & { readonly slot?: number };

/** Plain data of {@linkcode HostBridge}. */
export interface HostBridgeState {
  readonly functions: readonly (PciFunctionState & { slot: number })[];
  readonly messages: readonly (MessageSources & { slot: number })[];
  readonly windows: readonly TceTableState[];
}

/** A bus of up to 32 functions. Before it is used it has to be reset. */
export class HostBridge implements FunctionBus {
  readonly windows: DmaWindows;
  readonly messageSources = new SourceAllocator();
  readonly regions: readonly MmioRegion[];
  readonly hypercalls: readonly Hypercall[];
  readonly rtasCalls: readonly RtasCall[];
  readonly #interrupts: InterruptLines;
  readonly #target: DmaTarget;
  readonly #pins: InterruptPins;
  readonly #functions = new Map<number, PciFunction>();
  readonly #decoder = new AddressDecoder();
  #accessor: number | undefined;
  #strayMessages = 0;
  #restoring = false;

  constructor({ interrupts, ...target }: HostBridgeOptions) {
    this.#interrupts = interrupts;
    this.#target = target;
    this.#pins = new InterruptPins(interrupts);
    this.windows = new DmaWindows(target.ram);
    const during = this.during.bind(this);
    this.regions = (Object.keys(WINDOWS) as WindowName[]).map((name) =>
      windowRegion(name, { decoder: this.#decoder, during })
    );
    this.hypercalls = tceHypercalls(this.windows);
    this.rtasCalls = [
      ...configCalls(this),
      ...messageCalls(this, this.messageSources),
      ...recoveryCalls(this),
      ...dmaWindowCalls(this.windows),
    ];
  }

  /** Functions by their slots. */
  get functions(): readonly PciFunction[] {
    return [...this.#functions.values()].sort((a, b) => a.slot - b.slot);
  }

  /** The vCPU that is accessing the bus now, if one is. */
  get accessor(): number | undefined {
    return this.#accessor;
  }

  /** Messages that went to no source which their function has. */
  get strayMessages(): number {
    return this.#strayMessages;
  }

  /**
   * Puts a device on the bus, which then has to be reset.
   *
   * @throws {RangeError} If its slot is taken or not there, or the device
   * cannot be a PCI function.
   */
  add(options: PciDeviceOptions): PciFunction {
    const slot = options.slot ?? this.#firstFree();
    if (!Number.isInteger(slot) || slot < 0 || slot >= SLOTS) {
      throw new RangeError(
        `Cannot add PCI device ${options.name}: no slot: ${slot}`,
      );
    }
    const owner = this.#functions.get(slot);
    if (owner) {
      throw new RangeError(
        `Cannot add PCI device ${options.name}: slot is taken by ${owner.name}: ${slot}`,
      );
    }
    const fn = new PciFunction({ ...options, slot }, this);
    this.#functions.set(slot, fn);
    return fn;
  }

  find(bus: number, devfn: number): PciFunction | undefined {
    const isFunction0 = (devfn & 7) === 0;
    return bus === 0 && isFunction0
      ? this.#functions.get(devfn >>> 3)
      : undefined;
  }

  /** Memory by the addresses that a function uses. */
  memory({ translated }: { translated: boolean }): GuestMemory {
    return translated
      ? new TranslatedMemory(this.windows, this.#target)
      : new DirectMemory(this.#target);
  }

  /** Carries out a vCPU's access, so that a device can learn whose it is. */
  during<R>(vcpu: number, access: () => R): R {
    const before = this.#accessor;
    this.#accessor = vcpu;
    try {
      return access();
    } finally {
      this.#accessor = before;
    }
  }

  setLine(fn: PciFunction, on: boolean): void {
    if (!this.#restoring) this.#pins.set(fn, on);
  }

  /** Only what the guest has been given can interrupt. */
  send(fn: PciFunction, { addressHigh, addressLow, data }: Message): void {
    const isPort = addressHigh === MESSAGE_PORT.high &&
      addressLow === MESSAGE_PORT.low;
    if (isPort && this.messageSources.owns(fn.slot, data)) {
      this.#interrupts.trigger(data);
    } else this.#strayMessages++;
  }

  decodeChanged(): void {
    this.#decoder.update(this.#functions.values());
  }

  /** As firmware leaves it for the guest: reset, with addresses assigned. */
  reset(): void {
    this.messageSources.reset();
    this.windows.reset();
    this.#strayMessages = 0;
    for (const fn of this.functions) fn.reset();
    assignAddresses(this.functions);
  }

  /** The bridge and its functions for the device tree. */
  node(): DeviceTreeNode {
    return bridgeNode(this.functions);
  }

  /** The bus for people and the monitor. */
  describe(): PciDescription {
    return describeBridge(this);
  }

  save(): HostBridgeState {
    return {
      functions: this.functions.map((fn) => ({ slot: fn.slot, ...fn.save() })),
      messages: this.messageSources.save(),
      windows: this.windows.save(),
    };
  }

  /**
   * Takes a saved state. The interrupt controller must have its own already:
   * pins are not driven by this.
   *
   * @throws {TypeError} If the state is malformed.
   * @throws {RangeError} If the state is of other devices.
   */
  restore(state: unknown): void {
    const fields = fieldsOf(state, "host bridge");
    const { functions } = this;
    const saved = arrayOf(fields.functions, {
      what: "functions",
      length: functions.length,
    }).map((entry) => fieldsOf(entry, "function"));
    saved.forEach(({ slot }, i) => {
      if (slot === functions[i]?.slot) return;
      throw new RangeError(`Cannot restore PCI: nothing is in slot: ${slot}`);
    });
    this.messageSources.restore(
      fields.messages,
      new Set(functions.map(({ slot }) => slot)),
    );
    this.windows.restore(fields.windows);
    this.#restoring = true;
    try {
      functions.forEach((fn, i) => fn.restore(saved[i]));
    } finally {
      this.#restoring = false;
    }
    this.#pins.adopt(functions);
  }

  #firstFree(): number {
    let slot = 0;
    while (this.#functions.has(slot)) slot++;
    return slot;
  }
}
