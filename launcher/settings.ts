import { resolve } from "node:path";
import type {
  ConsoleChoice,
  MachineChoice,
  MonitorCredentials,
} from "../emulator/config.ts";
import { ExitError } from "../emulator/exit_status.ts";
import { settleDevices } from "./devices.ts";
import { settleAddress, settleCredentials } from "./monitor_settings.ts";
import type { Values } from "./options.ts";

/** What is booted, as it was asked for. */
export type GuestChoice =
  | { readonly kind: "debian" | "debian-disk" | "lab" | "default" }
  | { readonly kind: "files"; readonly kernel: string };

/** A command line that makes sense, its defaults filled in. */
export interface Settings {
  readonly machine: MachineChoice;
  readonly guest: GuestChoice;
  /** Replaces that of a ready guest. */
  readonly initrd?: string;
  /** Goes behind the command line of a ready guest. */
  readonly append?: string;
  readonly console: ConsoleChoice;
  readonly monitors: readonly string[];
  readonly credentials: MonitorCredentials;
  readonly startPaused: boolean;
  readonly exitAfter?: string;
  readonly timeLimit?: number;
}

const DEFAULT_MEMORY = 2 ** 30;

/**
 * Fills in defaults and checks what only shows when options are seen together.
 *
 * @param values What was given.
 * @param folder What relative paths are relative to.
 * @throws {ExitError} If options contradict each other.
 */
export function settle(values: Values, folder: string): Settings {
  const path = (name: string | undefined) =>
    name === undefined ? undefined : resolve(folder, name);
  const initrd = path(values.initrd);
  const { append, "exit-after": exitAfter, "time-limit": timeLimit } = values;
  return {
    machine: { ...settleMachine(values), ...settleDevices(values, folder) },
    guest: settleGuest(values, folder),
    ...initrd !== undefined && { initrd },
    ...append !== undefined && { append },
    ...settleConsole(values, folder),
    credentials: settleCredentials(values, folder),
    startPaused: values["start-paused"] ?? false,
    ...exitAfter !== undefined && { exitAfter },
    ...timeLimit !== undefined && { timeLimit },
  };
}

function settleMachine(values: Values): MachineChoice {
  const { cpu = "power9", memory, smp = 1, clock = "host" } = values;
  const power8 = cpu === "power8";
  const { mmu = power8 ? "hash" : "radix" } = values;
  const { accelerator, engine } = values;
  const { "lpcr-owner": lpcrOwner, mistake: mistakes } = values;
  const {
    "interrupt-controller": interruptController = power8 ? "xics" : "xive",
  } = values;
  if (power8 && mmu === "radix") {
    throw ExitError.usage(
      "Cannot use --mmu radix with --cpu power8: use --mmu hash or --cpu power9",
    );
  }
  if (power8 && interruptController === "xive") {
    throw ExitError.usage(
      "Cannot use --interrupt-controller xive with --cpu power8: use xics or --cpu power9",
    );
  }
  if (accelerator === "threads" && clock === "instructions") {
    throw ExitError.usage(
      "Cannot use --accelerator threads with --clock instructions: use inline, whose vCPUs take turns",
    );
  }
  if (accelerator === "threads" && engine === "both") {
    throw ExitError.usage(
      "Cannot use --accelerator threads with --engine both: use inline, whose vCPUs take turns",
    );
  }
  return {
    cpu,
    mmu,
    interruptController,
    memoryBytes: memory ?? DEFAULT_MEMORY,
    vcpus: smp,
    clock,
    ...engine !== undefined && { engine },
    ...accelerator !== undefined && { accelerator },
    ...lpcrOwner !== undefined && { lpcrOwner },
    ...mistakes !== undefined && { mistakes },
  };
}

function settleGuest(values: Values, folder: string): GuestChoice {
  const { kernel, guest, initrd } = values;
  if (kernel === undefined) {
    if (initrd !== undefined && guest === undefined) {
      throw ExitError.usage(
        "Cannot use --initrd alone: give --kernel or --guest too",
      );
    }
    return { kind: guest ?? "default" };
  }
  if (guest !== undefined) {
    throw ExitError.usage("Cannot use --kernel with --guest: give one of them");
  }
  return { kind: "files", kernel: resolve(folder, kernel) };
}

function settleConsole(
  values: Values,
  folder: string,
): Pick<Settings, "console" | "monitors"> {
  const { monitor = [], "start-paused": paused = false } = values;
  const onStdio = monitor.filter((address) => address === "stdio").length;
  if (onStdio > 1) {
    throw ExitError.usage("Cannot use --monitor stdio twice: give it once");
  }
  if (onStdio > 0 && values.console?.kind === "stdio") {
    throw ExitError.usage(
      "Cannot use --monitor stdio with --console stdio: use --console none or file:PATH",
    );
  }
  const { kind } = values.console ?? { kind: onStdio > 0 ? "none" : "stdio" };
  if (paused && kind !== "stdio" && monitor.length === 0) {
    throw ExitError.usage(
      "Cannot use --start-paused without a way to start the guest: give --monitor too",
    );
  }
  const console: ConsoleChoice = values.console?.kind === "file"
    ? { kind: "file", path: resolve(folder, values.console.path) }
    : kind === "stdio"
    ? { kind }
    : { kind: "none" };
  const monitors = monitor.map((text) => settleAddress(text, values, folder));
  return { console, monitors };
}
