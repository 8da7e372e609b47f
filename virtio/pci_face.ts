/**
 * A PCI function as a host bridge needs it to put it on a bus, without
 * anything of the bridge. All values are little-endian, as PCI is: a byte at
 * the lowest address is the lowest of a number.
 *
 * @module
 */
import type { InterruptWires } from "./world.ts";

/** Width of an access in bytes. A bridge takes one of 8 apart. */
export type AccessBytes = 1 | 2 | 4;

/** Numbers of the configuration header (PCI Local Bus 3.0, 6.2.1). */
export interface PciIds {
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  /** Base class, subclass and programming interface as one 24-bit number. */
  readonly class: number;
  readonly subsystemVendor: number;
  readonly subsystem: number;
}

/** A capability in configuration space. */
export interface PciCapability {
  /**
   * All its bytes: the first is the capability's id; the second, the pointer
   * to the next one, is 0 and the bridge's to fill in.
   */
  readonly bytes: Uint8Array;
  /**
   * What the guest reads at an offset in it; undefined where that is what
   * `bytes` hold. Absent where it always is.
   */
  load?(offset: number, bytes: AccessBytes): number | undefined;
  /** The guest writes at an offset. Absent where nothing can be written. */
  store?(offset: number, bytes: AccessBytes, value: number): void;
}

/** A base address register and what lies behind it. */
export interface PciBar {
  /** 0 to 5; a 64-bit one takes the next number too. */
  readonly index: number;
  readonly kind: "io" | "mem32" | "mem64-prefetchable";
  /** Size: a power of 2. */
  readonly bytes: number;
  /** Offsets are below `bytes`, and may be unaligned. */
  load(offset: number, bytes: AccessBytes): number;
  store(offset: number, bytes: AccessBytes, value: number): void;
}

/** A function of a PCI device. */
export interface PciFace {
  readonly ids: PciIds;
  /** In the order in which the guest finds them, MSI-X not among them. */
  readonly capabilities: readonly PciCapability[];
  readonly bars: readonly PciBar[];
  /** MSI-X vectors, whose table and pending bits the bridge keeps; 0: none. */
  readonly msixVectors: number;
  /** The free memory BAR in which the bridge may put the MSI-X table. */
  readonly msixBar: number;
  /** Called once, before any access: where interrupts go. */
  connect(wires: InterruptWires): void;
  /** The bus is reset, or the machine; not by the device's driver. */
  reset(): void;
  /** Plain data, structured-clonable, without what the bridge keeps. */
  save(): unknown;
  /** Throws RangeError or TypeError for what `save()` cannot have given. */
  restore(state: unknown): void;
}
