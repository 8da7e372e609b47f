/**
 * What a machine is made of, and the world that it runs in.
 *
 * @module
 */
import {
  type AcceleratorKind,
  ACCELERATORS,
  type CpuModel,
  type EngineKind,
  ENGINES,
} from "../cpu/accelerator.ts";
import type { HostSockets } from "../virtio/net/user/host_sockets.ts";
import type { ClockKind } from "./clock.ts";
import type { Mistake } from "./lpcr/mistakes.ts";
import type { LpcrOwner } from "./lpcr/owner.ts";
import type {
  InterruptControllerKind,
  MmuKind,
  PartitionEvent,
} from "./partition.ts";
import type { PortWire } from "./virtio/create_console.ts";
import {
  checkDeviceOptions,
  type DeviceOptions,
  type VirtioDefaults,
} from "./virtio/options.ts";

export { ACCELERATORS, ENGINES };

/** A machine's parts and its guest. */
export interface MachineOptions {
  readonly cpu: CpuModel;
  readonly mmu: MmuKind;
  readonly interruptController: InterruptControllerKind;
  /** Guest RAM in bytes, a multiple of 16 MiB. */
  readonly memoryBytes: number;
  readonly vcpus: number;
  /** An ELF image. */
  readonly kernel: Uint8Array;
  readonly initrd?: Uint8Array;
  /** The kernel's command line. */
  readonly bootargs: string;
  readonly clock: ClockKind;
  /** Default `"interpreter"`; gives the guest the same world as any other. */
  readonly engine?: EngineKind | undefined;
  /**
   * Whether the JIT compiles in threads of its own, which end with `close()`;
   * default false.
   */
  readonly jitInBackground?: boolean | undefined;
  /**
   * Samples that make a place hot, where there is a JIT; default 2. With 0, all
   * that vCPUs go on with is compiled before: for tests.
   */
  readonly jitThreshold?: number | undefined;
  /**
   * Where vCPUs run; default {@linkcode defaultAccelerator}. Threads follow the
   * host's clock only.
   */
  readonly accelerator?: AcceleratorKind | undefined;
  /** Who handles H_SET_MODE; default machine. */
  readonly lpcrOwner?: LpcrOwner;
  /** What is done wrong on purpose; default nothing. */
  readonly mistakes?: readonly Mistake[];
  /**
   * Seconds since 1970 at which guest time starts. Default now; where the clock
   * follows instructions, 2000-01-01, so that a run can be repeated.
   */
  readonly epoch?: number;
  /**
   * What decides the guest's random numbers where the clock follows
   * instructions; 32 bits count, default 0. Otherwise they are the host's.
   */
  readonly seed?: number;
  /** Virtio devices, in the order in which they come on the PCI bus. */
  readonly devices?: readonly DeviceOptions[];
  /** What holds for those devices that do not choose for themselves. */
  readonly virtio?: VirtioDefaults;
}

/** Start of guest time that follows instructions: 2000-01-01, 0:00 UTC. */
export const FIXED_EPOCH = 946_684_800;

/** When something happened. */
export interface Instant {
  /** Instructions that the vCPUs had completed. */
  readonly instructions: number;
  /** Virtual seconds since the machine was made. */
  readonly seconds: number;
}

/** What a machine tells the world outside. */
export interface MachineHost {
  /** Bytes that the guest wrote to its console. */
  console(bytes: Uint8Array): void;
  event(event: PartitionEvent, at: Instant): void;
  /** Whether events of the name go anywhere. */
  listens(name: PartitionEvent["name"]): boolean;
  /** The wire from a port of a virtio console to its socket on the host. */
  port?(device: string, port: string): PortWire;
  /** Rung when a vCPU in a thread of its own needs the machine. */
  readonly bell?: Bell;
  /**
   * The host's sockets for a network device, by its name. What comes of them
   * comes in between slices of a running machine. Absent where a machine has
   * no network.
   */
  sockets?(device: string): HostSockets;
}

/** A word in shared memory that is counted up, and notified, to wake who sleeps. */
export interface Bell {
  readonly words: Int32Array;
  readonly index: number;
}

/** Threads where there are several vCPUs to run at once. */
export function defaultAccelerator(
  { vcpus, clock, engine }: Pick<MachineOptions, "vcpus" | "clock" | "engine">,
): AcceleratorKind {
  if (engine === "both") return "inline";
  return vcpus > 1 && clock === "host" ? "threads" : "inline";
}

/** How a machine fares, in QMP's words. */
export type MachineStatus =
  | "prelaunch"
  | "running"
  | "paused"
  | "shutdown"
  | "guest-panicked";

/** Throws RangeError where the parts do not go together. */
export function checkMachineOptions(
  options: Omit<MachineOptions, "kernel" | "initrd">,
): void {
  const { cpu, mmu, interruptController, memoryBytes, vcpus } = options;
  const { engine = "interpreter" } = options;
  if (cpu === "power8" && mmu === "radix") {
    throw new RangeError("Cannot make machine: POWER8 has no radix MMU");
  }
  if (cpu === "power8" && interruptController === "xive") {
    throw new RangeError("Cannot make machine: POWER8 has no XIVE");
  }
  const unit = 16 * 2 ** 20;
  if (!(memoryBytes >= 256 * 2 ** 20 && memoryBytes <= 3 * 2 ** 30)) {
    throw new RangeError(
      `Cannot make machine: memory must be from 256M to 3G: ${memoryBytes}`,
    );
  }
  if (memoryBytes % unit !== 0) {
    throw new RangeError(
      `Cannot make machine: memory must be a multiple of 16M: ${memoryBytes}`,
    );
  }
  if (!Number.isInteger(vcpus) || vcpus < 1 || vcpus > 8) {
    throw new RangeError(
      `Cannot make machine: number of vCPUs must be from 1 to 8: ${vcpus}`,
    );
  }
  if (!ENGINES.includes(engine)) {
    throw new RangeError(
      `Cannot make machine: engine must be ${ENGINES.join(" or ")}: ${engine}`,
    );
  }
  const { accelerator = defaultAccelerator(options) } = options;
  if (!ACCELERATORS.includes(accelerator)) {
    throw new RangeError(
      `Cannot make machine: accelerator must be ${
        ACCELERATORS.join(" or ")
      }: ${accelerator}`,
    );
  }
  if (accelerator === "threads" && engine === "both") {
    throw new RangeError(
      "Cannot make machine: accelerator threads cannot have both engines, which run in step: use inline",
    );
  }
  if (accelerator === "threads" && options.clock === "instructions") {
    throw new RangeError(
      "Cannot make machine: accelerator threads cannot follow the clock instructions, which counts on turns: use inline",
    );
  }
  checkDeviceOptions(options.devices ?? []);
}
