/**
 * The type 0 configuration space header (PCI Local Bus 3.0, 6.1 and 6.2).
 *
 * @module
 */
import type { PciIds } from "../../virtio/pci_face.ts";
import type { ConfigRegisters } from "./config_registers.ts";

/** Registers of the header that are used here, by their offsets. */
export const HEADER = {
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
  end: 0x40,
} as const;

/** The command register, as far as it does something or can be written. */
export const COMMAND = {
  io: 0x001,
  memory: 0x002,
  busMaster: 0x004,
  parityError: 0x040,
  systemError: 0x100,
  interruptDisable: 0x400,
} as const;

/** The status register: errors never occur here. */
export const STATUS = { interrupt: 0x08, capabilities: 0x10 } as const;

/** Puts a function's identity into the header, and says what can be written. */
export function layOutHeader(
  registers: ConfigRegisters,
  { ids, pin }: { ids: PciIds; pin: number },
): void {
  registers.set(HEADER.vendor, 2, ids.vendor);
  registers.set(HEADER.device, 2, ids.device);
  registers.set(HEADER.revision, 1, ids.revision);
  registers.set(HEADER.interface, 1, ids.class);
  registers.set(HEADER.subclasses, 2, ids.class >> 8);
  registers.set(HEADER.subsystemVendor, 2, ids.subsystemVendor);
  registers.set(HEADER.subsystem, 2, ids.subsystem);
  registers.set(HEADER.interruptPin, 1, pin);
  const command = Object.values(COMMAND).reduce((mask, bit) => mask | bit, 0);
  registers.allow(HEADER.command, 2, command);
  registers.allow(HEADER.cacheLine, 1, 0xff);
  registers.allow(HEADER.latencyTimer, 1, 0xff);
  registers.allow(HEADER.interruptLine, 1, 0xff);
}
