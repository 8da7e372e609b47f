import { type Mistake, MISTAKES } from "../machine/lpcr/mistakes.ts";
import { LPCR_OWNERS, type LpcrOwner } from "../machine/lpcr/owner.ts";
import { ACCELERATORS, ENGINES } from "../machine/machine_options.ts";
import {
  byteOrderPolicy,
  device,
  drive,
  share,
  virtioForm,
} from "./device_options.ts";
import { net } from "./net_option.ts";
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

const LPCR_OWNER_NAMES = Object.keys(LPCR_OWNERS) as LpcrOwner[];
const MISTAKE_NAMES = Object.keys(MISTAKES) as Mistake[];

/**
 * Every option of `deno task run`. Parsing, checks and `--help` derive from
 * this table.
 */
export const OPTIONS = {
  guest: single({
    value: "debian|debian-disk|lab",
    help: "ready guest (debian, else lab)",
    read: oneOf("debian", "debian-disk", "lab"),
  }),
  kernel: single({
    value: "FILE",
    help: "kernel, an ELF file, or .gz or .xz",
    read: someText,
  }),
  initrd: single({
    value: "FILE",
    help: "initial ramdisk, handed over as it is",
    read: someText,
  }),
  append: single({
    value: "TEXT",
    help: "command line, behind a --guest's",
    read: anyText,
  }),
  cpu: single({
    value: "power9|power8",
    help: "",
    read: oneOf("power9", "power8"),
  }),
  mmu: single({
    value: "radix|hash",
    help: "default power9, radix; POWER8: hash",
    read: oneOf("radix", "hash"),
  }),
  "interrupt-controller": single({
    value: "xive|xics",
    help: "default xive, POWER8: xics",
    read: oneOf("xive", "xics"),
  }),
  memory: single({
    value: "SIZE",
    help: "guest memory, 256M to 3G (default 1G)",
    read: memorySize,
  }),
  smp: single({
    value: "N",
    help: "number of vCPUs, 1 to 8 (default 1)",
    read: vcpuCount,
  }),
  accelerator: single({
    value: ACCELERATORS.join("|"),
    help: "vCPUs' threads (--smp 1: inline)",
    read: oneOf(...ACCELERATORS),
  }),
  "lpcr-owner": single({
    value: "NAME",
    help: LPCR_OWNER_NAMES.join(" "),
    read: oneOf(...LPCR_OWNER_NAMES),
  }),
  mistake: repeatable({
    value: "NAME",
    help: MISTAKE_NAMES.join(" "),
    read: oneOf(...MISTAKE_NAMES),
  }),
  clock: single({
    value: "host|instructions",
    help: "what guest time follows (host)",
    read: oneOf("host", "instructions"),
  }),
  engine: single({
    value: ENGINES.join("|"),
    help: "what runs the guest (default jit)",
    read: oneOf(...ENGINES),
  }),
  drive: repeatable({
    value: "FILE[,readonly][,serial=TEXT]",
    help: "disk, a raw image",
    read: drive,
  }),
  share: repeatable({
    value: "TAG=DIR[,readonly]",
    help: "folder that the guest mounts by 9p",
    read: share,
  }),
  net: repeatable({
    value: "user[,restrict][,forward=tcp:H:G]",
    help: "network, host's loopback; port H to G",
    read: net,
  }),
  "net-dump": single({
    value: "FILE",
    help: "its packets, for tcpdump, Wireshark",
    read: someText,
  }),
  device: repeatable({
    value: "KIND",
    help: "rng, balloon, console, scsi,file=FILE",
    read: device,
  }),
  virtio: single({
    value: "legacy|transitional|modern",
    help: "interface (default transitional)",
    read: virtioForm,
  }),
  "virtio-byte-order": single({
    value: "NAME",
    help: "ile-at-reset msr-at-reset ile-live target big little",
    read: byteOrderPolicy,
  }),
  console: single({
    value: "stdio|file:PATH|none",
    help: "guest's console (default stdio)",
    read: consoleChoice,
  }),
  monitor: repeatable({
    value: "ADDRESS",
    help: "stdio, unix:PATH, tcp:|ws:HOST:PORT",
    read: monitorAddress,
  }),
  "monitor-token-file": single({
    value: "FILE",
    help: "tcp: token that clients must show",
    read: someText,
  }),
  "monitor-cert": single({
    value: "FILE",
    help: "",
    read: someText,
  }),
  "monitor-key": single({
    value: "FILE",
    help: "tcp: for TLS (PEM)",
    read: someText,
  }),
  "start-paused": toggle("wait for the monitor's cont"),
  "exit-after": single({
    value: "TEXT",
    help: "",
    read: someText,
  }),
  "time-limit": single({
    value: "SECONDS",
    help: "end at the text, or after so long",
    read: seconds,
  }),
  help: toggle(""),
  version: toggle("print this, or the version"),
} as const;

/** The name of an option, without dashes. */
export type OptionName = keyof typeof OPTIONS;

/** What was given on a command line. */
export type Values = OptionValues<typeof OPTIONS>;
