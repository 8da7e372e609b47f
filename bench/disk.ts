/**
 * How fast a guest reads and writes a virtio disk and a 9p share, beside QEMU
 * with the same kernel, and what looking into the disk's ring costs.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { isDebianVirtioGuestCached } from "../guests/debian_virtio.ts";
import {
  defaultCacheDir,
  formatProgress,
  prepareDebianVirtioGuest,
} from "../guests/mod.ts";
import {
  COPIES,
  type CopyName,
  type DiskFiles,
  diskGuest,
  makeDiskFiles,
  MARK,
  MEGABYTES,
} from "./disk_guest.ts";
import { type CommandLine, type Emulator, janus, qemu } from "./emulator.ts";
import type { BenchGuest } from "./guests.ts";
import { findQemu, QEMU_MISSING } from "./qemu.ts";
import { measureRings, ringText } from "./rings.ts";
import { Running } from "./running.ts";
import { median, table } from "./statistics.ts";

/** What `deno task bench disk --help` prints. */
export const DISK_USAGE = `Usage: deno task bench disk [OPTION ...]
Reads and writes ${MEGABYTES} MB of a virtio disk and of a 9p share with dd,
with Janus and with QEMU in turn, and looks into the disk's ring meanwhile.
  --pairs N                  how often each is booted (default 2)
  --rounds N                 copies of a kind in each boot (default 3)
  --kernel FILE, --initrd FILE, --append TEXT
                             guest with a busybox and drivers for both
                             (default Debian's kernel with its modules)`;

const BOOT_SECONDS = 180;
const COPY_SECONDS = 120;

interface DiskOptions {
  readonly pairs: number;
  readonly rounds: number;
  readonly guest: BenchGuest | undefined;
}

function readOptions(args: string[]): DiskOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: "string", default: "2" },
      rounds: { type: "string", default: "3" },
      kernel: { type: "string" },
      initrd: { type: "string" },
      append: { type: "string", default: "console=hvc0" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { kernel, initrd, append } = values;
  if ((kernel === undefined) !== (initrd === undefined)) {
    throw new TypeError("Cannot use --kernel and --initrd alone: give both");
  }
  return {
    pairs: count(values.pairs, "--pairs"),
    rounds: count(values.rounds, "--rounds"),
    guest: kernel === undefined || initrd === undefined
      ? undefined
      : { kernel, initrd, append },
  };
}

function count(text: string, option: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 100) return value;
  throw new RangeError(
    `Cannot use ${option} ${text}: use a whole number from 1 to 100`,
  );
}

/** The emulator's command line, with the disk and the share. */
function withDevices(
  { name, commandLine }: Emulator,
  guest: BenchGuest,
  { image, share }: DiskFiles,
): CommandLine {
  const line = commandLine(guest);
  const devices = name === "QEMU"
    ? [
      ...["-drive", `file=${image},if=none,format=raw,id=disk`],
      ...["-device", "virtio-blk-pci,drive=disk"],
      ...["-fsdev", `local,id=share,path=${share},security_model=none`],
      ...["-device", "virtio-9p-pci,fsdev=share,mount_tag=host0"],
    ]
    : ["--drive", image, "--share", `host0=${share}`];
  return { ...line, args: [...line.args, ...devices] };
}

/** Seconds of each copy, in the guest's order. */
async function measure(
  line: CommandLine,
  copies: readonly CopyName[],
): Promise<number[]> {
  await using running = new Running(line);
  const times: number[] = [];
  for (const _ of copies) {
    await running.expect(new RegExp(MARK.begin), { seconds: BOOT_SECONDS });
    const start = performance.now();
    await running.expect(new RegExp(MARK.end), { seconds: COPY_SECONDS });
    times.push((performance.now() - start) / 1000);
  }
  return times;
}

const NAMES = Object.keys(COPIES) as CopyName[];

/** Median speeds of both, and the ratio. */
function report(
  samples: ReadonlyMap<string, ReadonlyMap<CopyName, readonly number[]>>,
): string {
  const emulators = [...samples.keys()];
  const rows = NAMES.map((copy) => {
    const speeds = emulators.map((emulator) =>
      MEGABYTES / median(samples.get(emulator)?.get(copy) ?? [])
    );
    const [ours = NaN, theirs] = speeds;
    return [
      copy,
      ...speeds.map((speed) => `${speed.toFixed(0)} MB/s`),
      ...theirs === undefined ? [] : [(ours / theirs).toFixed(2)],
    ];
  });
  const head = ["", ...emulators, ...emulators.length > 1 ? ["ratio"] : []];
  return table([head, ...rows]);
}

/** Runs the benchmark; gives the exit status. */
export async function benchDisk(
  args: string[],
  say: (text: string) => void,
): Promise<number> {
  let options: DiskOptions | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}; see --help`);
    return 2;
  }
  if (options === undefined) {
    say(DISK_USAGE);
    return 0;
  }
  const cacheDir = defaultCacheDir();
  if (!await isDebianVirtioGuestCached(cacheDir)) say("Preparing the guest");
  const guest = options.guest ?? await prepareDebianVirtioGuest({
    cacheDir,
    onProgress: (progress) => say(formatProgress(progress)),
  });
  const emulators: Emulator[] = [janus()];
  try {
    emulators.push(qemu(await findQemu(cacheDir)));
  } catch {
    say(QEMU_MISSING);
  }
  const folder = await Deno.makeTempDir();
  try {
    const files = await makeDiskFiles(folder);
    await compare(emulators, { ...options, guest, files, folder, say });
    const { rounds } = options;
    say(ringText(await measureRings(guest, { files, folder, rounds })));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  return 0;
}

async function compare(
  emulators: readonly Emulator[],
  { guest, files, folder, pairs, rounds, say }: {
    guest: BenchGuest;
    files: DiskFiles;
    folder: string;
    pairs: number;
    rounds: number;
    say: (text: string) => void;
  },
): Promise<void> {
  const copies = Array.from({ length: rounds }, () => NAMES).flat();
  const copying = await diskGuest(guest, { copies, folder });
  const samples = new Map(emulators.map(({ name }) => [
    name,
    new Map(NAMES.map((copy) => [copy, [] as number[]])),
  ]));
  for (let pair = 1; pair <= pairs; pair++) {
    for (const emulator of emulators) {
      const line = withDevices(emulator, copying, files);
      const times = await measure(line, copies);
      times.forEach((seconds, at) =>
        samples.get(emulator.name)?.get(copies[at]!)?.push(seconds)
      );
      say(`${pair}/${pairs} ${emulator.name}`);
    }
  }
  say(`\n${report(samples)}\n`);
}
