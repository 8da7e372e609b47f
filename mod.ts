/**
 * Janus as a library: a 64-bit POWER pseries partition in a thread of this
 * process, and a client for the monitor of one that runs elsewhere.
 *
 * - {@linkcode createMachine} boots a guest.
 * - {@linkcode connect} talks to the monitor of a running emulator.
 *
 * @module
 */
export {
  createMachine,
  type CreateMachineOptions,
  type ImageSource,
} from "./emulator/create_machine.ts";
export { JanusMachine } from "./emulator/janus_machine.ts";
export type {
  Input,
  InputRecording,
  StampedInput,
} from "./emulator/input_log.ts";
export {
  type AcceleratorKind,
  ACCELERATORS,
  type CpuModel,
  type EngineKind,
  ENGINES,
} from "./cpu/accelerator.ts";
export type { ClockKind } from "./machine/clock.ts";
export type {
  EndReason,
  InterruptControllerKind,
  MmuKind,
} from "./machine/partition.ts";
export type { Mistake } from "./machine/lpcr/mistakes.ts";
export type { LpcrOwner } from "./machine/lpcr/owner.ts";
export type {
  BalloonOptions,
  BlkOptions,
  CommonDeviceOptions,
  ConsoleOptions,
  DeviceOptions,
  NetOptions,
  PortOptions,
  RngOptions,
  ScsiOptions,
  ShareOptions,
  VirtioDefaults,
} from "./machine/virtio/options.ts";
export {
  BYTE_ORDER_POLICIES,
  type ByteOrderPolicy,
} from "./virtio/byte_order.ts";
export type { RingOptions } from "./virtio/features.ts";
export type {
  ForwardProtocol,
  HostEndpoint,
  HostEvent,
} from "./virtio/net/user/host_sockets.ts";
export type { PortForward } from "./virtio/net/user/network.ts";
export type { PciForm } from "./virtio/transport_pci.ts";
export { ForwardError } from "./emulator/host_network.ts";
export { PortError } from "./emulator/host_ports.ts";
export type { PortInput, PortName } from "./emulator/host_ports.ts";
export { MachineFaultError } from "./emulator/machine_fault.ts";
export type { Fault, MachineEnd } from "./emulator/messages.ts";
export * from "./monitor/mod.ts";
