/**
 * A partition with a host bridge for tests of its calls.
 *
 * @module
 */
import { HypercallDispatcher } from "../../../machine/hcall/dispatch.ts";
import { BUID, WINDOWS } from "../../../machine/pci/address_map.ts";
import type { PciFunction } from "../../../machine/pci/function.ts";
import {
  HostBridge,
  type PciDeviceOptions,
} from "../../../machine/pci/host_bridge.ts";
import { RtasDispatcher } from "../../../machine/rtas/dispatch.ts";
import { TestWorld, type TestWorldOptions } from "../world.ts";
import { TestDevice, type TestDeviceOptions } from "./test_device.ts";

/** The bridge's BUID as the two cells of an RTAS call. */
export const BUID_CELLS = [BUID.high, BUID.low] as const;

/** What the interrupt controller was told. */
export type InterruptEvent =
  | { readonly trigger: number }
  | { readonly level: number; readonly on: boolean };

/** A world whose calls are those of a host bridge. */
export class PciWorld extends TestWorld {
  readonly interruptEvents: InterruptEvent[] = [];
  /** Real addresses that a device has written to. */
  readonly writes: { address: number; bytes: number }[] = [];
  readonly pci: HostBridge;
  override readonly rtas: RtasDispatcher;
  override readonly hypercalls: HypercallDispatcher;

  constructor(options: TestWorldOptions = {}) {
    super(options);
    this.pci = new HostBridge({
      ram: this.ram,
      interrupts: {
        setLevel: (level, on) => void this.interruptEvents.push({ level, on }),
        trigger: (trigger) => void this.interruptEvents.push({ trigger }),
      },
      written: (address, bytes) => void this.writes.push({ address, bytes }),
    });
    this.rtas = new RtasDispatcher(this, this.pci.rtasCalls);
    this.hypercalls = new HypercallDispatcher(this, this.pci.hypercalls);
    this.pci.reset();
  }

  /** Puts a test device on the bus, and resets the bus. */
  plug(
    options: TestDeviceOptions & Omit<Partial<PciDeviceOptions>, "face"> = {},
  ): { device: TestDevice; fn: PciFunction } {
    const device = new TestDevice(options);
    const { name = "test", slot, pin, msiVectors } = options;
    const fn = this.pci.add({
      name,
      face: device,
      ...slot !== undefined && { slot },
      ...pin !== undefined && { pin },
      ...msiVectors !== undefined && { msiVectors },
    });
    this.pci.reset();
    return { device, fn };
  }

  /** Makes an RTAS call on a slot's configuration address. */
  callFor(
    name: string,
    { slot = 0, args = [], results = 1, vcpu = 0 }: {
      slot?: number;
      args?: readonly number[];
      results?: number;
      vcpu?: number;
    } = {},
  ): number[] {
    const address = slot << 11;
    return this.call(name, [address, ...BUID_CELLS, ...args], {
      results,
      vcpu,
    });
  }

  /** Loads from a window as a big-endian processor does. */
  load(
    window: keyof typeof WINDOWS,
    busAddress: number,
    { bytes, vcpu = 0 }: { bytes: number; vcpu?: number },
  ): bigint {
    const offset = busAddress - WINDOWS[window].bus;
    return this.#region(window).load(vcpu, offset, bytes);
  }

  /** Stores to a window as a big-endian processor does. */
  store(
    window: keyof typeof WINDOWS,
    busAddress: number,
    { bytes, value, vcpu = 0 }: { bytes: number; value: bigint; vcpu?: number },
  ): void {
    const offset = busAddress - WINDOWS[window].bus;
    this.#region(window).store(vcpu, offset, bytes, value);
  }

  #region(window: keyof typeof WINDOWS) {
    const name = `pci-${window}`;
    const region = this.pci.regions.find((region) => region.name === name);
    if (!region) throw new Error(`Cannot find window: ${window}`);
    return region;
  }
}

/** Turns a BAR's or a register's bits of the command register on. */
export function enable(fn: PciFunction, command = 7): void {
  fn.writeConfig(4, 2, command);
}

/** The bus address of a BAR. */
export function addressOf(fn: PciFunction, index: number): number {
  const bar = fn.bars.find((bar) => bar.index === index);
  if (!bar) throw new Error(`Cannot find BAR: ${index}`);
  return fn.barAddress(bar);
}

/** Offset in configuration space of the capability of an id. */
export function capability(fn: PciFunction, id: number): number {
  for (
    let at = fn.readConfig(0x34, 1);
    at !== 0;
    at = fn.readConfig(at + 1, 1)
  ) {
    if (fn.readConfig(at, 1) === id) return at;
  }
  throw new Error(`Cannot find capability: ${id}`);
}
