import { isAbsolute, resolve } from "node:path";
import type {
  ConsoleChoice,
  MachineChoice,
  MonitorCredentials,
} from "../emulator/config.ts";
import { ExitError, messageOf } from "../emulator/exit_status.ts";
import { formatAddress, isLoopback, parseAddress } from "../monitor/address.ts";
import type { Values } from "./options.ts";

/** What is booted, as it was asked for. */
export type GuestChoice =
  | { readonly kind: "debian" | "lab" | "default" }
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
    machine: settleMachine(values),
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
  return {
    cpu,
    mmu,
    interruptController,
    memoryBytes: memory ?? DEFAULT_MEMORY,
    vcpus: smp,
    clock,
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

function settleAddress(text: string, values: Values, folder: string): string {
  const address = parseAddress(text);
  if (address.transport === "unix" && !isAbsolute(address.path)) {
    const path = resolve(folder, address.path);
    try {
      return formatAddress(parseAddress(`unix:${path}`));
    } catch (error) {
      throw ExitError.usage(
        `Cannot use --monitor ${text}: ${messageOf(error)}`,
      );
    }
  }
  if (address.transport === "ws" && !isLoopback(address.host)) {
    throw ExitError.usage(
      `Cannot use --monitor ${text}: WebSocket is served on loopback only, use ws:127.0.0.1:PORT`,
    );
  }
  const protectedBy = [
    values["monitor-token-file"],
    values["monitor-cert"],
    values["monitor-key"],
  ];
  if (
    address.transport === "tcp" && !isLoopback(address.host) &&
    protectedBy.includes(undefined)
  ) {
    throw ExitError.usage(
      `Cannot use --monitor ${text}: beyond loopback give --monitor-token-file, --monitor-cert and --monitor-key`,
    );
  }
  return formatAddress(address);
}

function settleCredentials(values: Values, folder: string): MonitorCredentials {
  const {
    monitor = [],
    "monitor-token-file": token,
    "monitor-cert": cert,
    "monitor-key": key,
  } = values;
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined
      ? ["--monitor-key", "--monitor-cert"]
      : ["--monitor-cert", "--monitor-key"];
    throw ExitError.usage(`Cannot use ${given} alone: give ${missing} too`);
  }
  const given = token !== undefined || cert !== undefined;
  if (given && !monitor.some((address) => address.startsWith("tcp:"))) {
    throw ExitError.usage(
      "Cannot use a token or certificate without --monitor tcp:HOST:PORT: give that too",
    );
  }
  return {
    ...token !== undefined && { tokenFile: resolve(folder, token) },
    ...cert !== undefined && { certFile: resolve(folder, cert) },
    ...key !== undefined && { keyFile: resolve(folder, key) },
  };
}
