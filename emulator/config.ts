import type {
  AcceleratorKind,
  CpuModel,
  EngineKind,
} from "../cpu/accelerator.ts";
import type { ClockKind } from "../machine/clock.ts";
import type { Mistake } from "../machine/lpcr/mistakes.ts";
import type { LpcrOwner } from "../machine/lpcr/owner.ts";
import type { InterruptControllerKind, MmuKind } from "../machine/partition.ts";
import type {
  DeviceOptions,
  VirtioDefaults,
} from "../machine/virtio/options.ts";

/** Where the guest's console is. */
export type ConsoleChoice =
  | { readonly kind: "stdio" }
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "none" };

/** The machine that was chosen. */
export interface MachineChoice {
  readonly cpu: CpuModel;
  readonly mmu: MmuKind;
  readonly interruptController: InterruptControllerKind;
  /** Guest RAM. */
  readonly memoryBytes: number;
  readonly vcpus: number;
  /** What virtual time follows. */
  readonly clock: ClockKind;
  /** Where vCPUs run; the machine's default unless given. */
  readonly accelerator?: AcceleratorKind;
  /** What carries instructions out; the machine's default unless given. */
  readonly engine?: EngineKind;
  /** Who handles H_SET_MODE; the machine's default unless given. */
  readonly lpcrOwner?: LpcrOwner;
  /** What is done wrong on purpose. */
  readonly mistakes?: readonly Mistake[];
  /** Virtio devices, in the order in which they come on the bus. */
  readonly devices?: readonly DeviceOptions[];
  /** What holds for those that do not choose for themselves. */
  readonly virtio?: VirtioDefaults;
}

/** Who may use a monitor that listens on TCP: paths of files. */
export interface MonitorCredentials {
  /** The token that clients show first. */
  readonly tokenFile?: string;
  /** Certificate chain, PEM. */
  readonly certFile?: string;
  /** Private key, PEM. */
  readonly keyFile?: string;
}

/** A file that a guest is booted from. */
export interface ImageFile {
  /** Where it is, unpacked. */
  readonly path: string;
  /** What the person calls it, for messages. */
  readonly name: string;
}

/** What the launcher tells the emulator: plain data, every path absolute. */
export interface EmulatorConfig {
  /** The machine. */
  readonly machine: MachineChoice;
  /** The kernel, an ELF file. */
  readonly kernel: ImageFile;
  /** The initial ramdisk, as the guest wants it. */
  readonly initrd?: ImageFile;
  /** The kernel's command line. */
  readonly bootargs: string;
  /** Where the console is. */
  readonly console: ConsoleChoice;
  /** Addresses to listen at. */
  readonly monitors: readonly string[];
  /** For those of them that are on TCP. */
  readonly credentials: MonitorCredentials;
  /** Whether the guest waits for `cont`. */
  readonly startPaused: boolean;
  /** Text at whose sight on the console the run ends. */
  readonly exitAfter?: string;
  /** Seconds after which the run ends. */
  readonly timeLimit?: number;
}
