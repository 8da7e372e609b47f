import { type OptionValues, repeatable, single, toggle } from "./option.ts";
import {
  anyText,
  consoleChoice,
  memorySize,
  monitorAddress,
  oneOf,
  seconds,
  someText,
  vcpuCount,
} from "./read_value.ts";

/**
 * Every option of `deno task run`. Parsing, checks and `--help` derive from
 * this table.
 */
export const OPTIONS = {
  guest: single({
    value: "debian|lab",
    help: "ready guest (default debian, else lab)",
    read: oneOf("debian", "lab"),
  }),
  kernel: single({
    value: "FILE",
    help: "kernel, an ELF file, plain, .gz or .xz",
    read: someText,
  }),
  initrd: single({
    value: "FILE",
    help: "initial ramdisk, handed over as it is",
    read: someText,
  }),
  append: single({
    value: "TEXT",
    help: "kernel's command line; adds to a --guest's",
    read: anyText,
  }),
  cpu: single({
    value: "power9|power8",
    help: "processor (default power9)",
    read: oneOf("power9", "power8"),
  }),
  mmu: single({
    value: "radix|hash",
    help: "translation (default radix, POWER8: hash)",
    read: oneOf("radix", "hash"),
  }),
  "interrupt-controller": single({
    value: "xive|xics",
    help: "(default xive, POWER8: xics)",
    read: oneOf("xive", "xics"),
  }),
  memory: single({
    value: "SIZE",
    help: "guest memory, 256M to 3G (default 1G)",
    read: memorySize,
  }),
  smp: single({
    value: "1",
    help: "number of vCPUs, as yet only one",
    read: vcpuCount,
  }),
  clock: single({
    value: "host|instructions",
    help: "what guest time follows (default host)",
    read: oneOf("host", "instructions"),
  }),
  console: single({
    value: "stdio|file:PATH|none",
    help: "guest's console (default stdio)",
    read: consoleChoice,
  }),
  monitor: repeatable({
    value: "ADDRESS",
    help: "unix:PATH tcp:HOST:PORT ws:HOST:PORT stdio",
    read: monitorAddress,
  }),
  "monitor-token-file": single({
    value: "FILE",
    help: "tcp: token that clients must show",
    read: someText,
  }),
  "monitor-cert": single({
    value: "FILE",
    help: "tcp: certificate for TLS (PEM)",
    read: someText,
  }),
  "monitor-key": single({
    value: "FILE",
    help: "tcp: its private key (PEM)",
    read: someText,
  }),
  "start-paused": toggle("let the guest wait for the monitor's cont"),
  "exit-after": single({
    value: "TEXT",
    help: "end when the console prints the text",
    read: someText,
  }),
  "time-limit": single({
    value: "SECONDS",
    help: "end the run after so long",
    read: seconds,
  }),
  help: toggle("print this help"),
  version: toggle("print the version"),
} as const;

/** The name of an option, without dashes. */
export type OptionName = keyof typeof OPTIONS;

/** What was given on a command line. */
export type Values = OptionValues<typeof OPTIONS>;
