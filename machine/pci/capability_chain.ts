/**
 * The list of capabilities behind the header (PCI Local Bus 3.0, 6.7).
 *
 * @module
 */
import type { PciCapability } from "../../virtio/pci_face.ts";
import { CONFIG_BYTES, type ConfigRegisters } from "./config_registers.ts";
import { HEADER } from "./header.ts";

/** A capability and where it is. */
export interface PlacedCapability {
  readonly offset: number;
  readonly end: number;
  readonly capability: PciCapability;
}

/** Chains capabilities in the order in which they are placed. */
export class CapabilityChain {
  readonly #registers: ConfigRegisters;
  readonly #placed: PlacedCapability[] = [];
  /** Register that will point to the next one. */
  #pointer: number = HEADER.capabilities;
  #free: number = HEADER.end;

  constructor(registers: ConfigRegisters) {
    this.#registers = registers;
  }

  /** Offset that the next capability will have. */
  get next(): number {
    return this.#free;
  }

  /**
   * Puts the bytes of a capability that consists of registers.
   *
   * @throws {RangeError} If there is no room for it.
   */
  place(bytes: Uint8Array): void {
    const offset = this.#free;
    this.#free += (bytes.length + 3) & ~3;
    if (this.#free > CONFIG_BYTES) {
      throw new RangeError(
        `Cannot place PCI capabilities: they end at: ${this.#free}`,
      );
    }
    this.#registers.fill(offset, bytes);
    this.#registers.set(offset + 1, 1, 0);
    this.#registers.set(this.#pointer, 1, offset);
    this.#pointer = offset + 1;
  }

  /** Puts a capability that is the device's. Throws as `place()` does. */
  add(capability: PciCapability): void {
    const offset = this.#free;
    this.place(capability.bytes);
    this.#placed.push({ offset, end: this.#free, capability });
  }

  /** The device's capability at an offset, if there is one. */
  at(offset: number): PlacedCapability | undefined {
    return this.#placed.find((placed) =>
      offset >= placed.offset && offset < placed.end
    );
  }
}
