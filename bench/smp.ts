/**
 * What several vCPUs are worth, each figure beside what it is compared with in
 * the same run: `deno task bench smp`.
 *
 * @module
 */
import {
  defaultCacheDir,
  isDebianGuestCached,
  prepareDebianGuest,
} from "../guests/mod.ts";
import { type CommandLine, janus, qemu } from "./emulator.ts";
import type { BenchGuest } from "./guests.ts";
import { findQemu } from "./qemu.ts";
import { Running } from "./running.ts";
import { median } from "./statistics.ts";

const USAGE = `Usage: deno task bench smp [PAIRS]
Boots Debian's kernel and compares, by medians of so many pairs (default 3):
  four processes of a computation with --smp 2 and with --smp 1
  the same with --smp 1, --accelerator threads and inline
  the boot with --smp 4, and QEMU's with -smp 4`;

/** Longest time for anything that is measured, in seconds. */
const PATIENCE = 600;

/**
 * Four processes that compute, each so many rounds; the shell prints when all
 * are done.
 */
function computation(rounds: number): string {
  return `for i in 1 2 3 4; do (n=0; while [ $n -lt ${rounds} ]; do n=$((n+1)); done)` +
    " & done; wait; echo COMPUTED-$((6*7))\n";
}

/** Rounds before anything is measured, so that what is hot is compiled. */
const WARMING = 30_000;

const ROUNDS = 80_000;

interface Times {
  /** Seconds to the shell. */
  readonly boot: number;
  /** Seconds of the computation; undefined where it was not asked for. */
  readonly compute: number | undefined;
}

/** Starts an emulator, boots, and lets the guest compute. */
async function measure(
  command: CommandLine,
  { compute }: { compute: boolean },
): Promise<Times> {
  const start = performance.now();
  await using running = new Running(command);
  await running.expect(/READY-MARK[\s\S]*# /, { seconds: PATIENCE });
  const boot = (performance.now() - start) / 1000;
  if (!compute) return { boot, compute: undefined };
  running.type(computation(WARMING));
  await running.expect(/COMPUTED-42/, { seconds: PATIENCE });
  const begin = performance.now();
  running.type(computation(ROUNDS));
  await running.expect(/COMPUTED-42/, { seconds: PATIENCE });
  return { boot, compute: (performance.now() - begin) / 1000 };
}

/** Our command line with options more. */
function ours(guest: BenchGuest, ...options: string[]): CommandLine {
  const { args, ...rest } = janus().commandLine(guest);
  return { ...rest, args: [...args, ...options] };
}

function withFour(command: CommandLine): CommandLine {
  const args = [...command.args];
  args[args.indexOf("-smp") + 1] = "4";
  return { ...command, args };
}

/** Prints the figures; gives the exit status. */
export async function benchSmp(
  args: readonly string[],
  say: (text: string) => void,
): Promise<number> {
  const pairs = Number(args[0] ?? 3);
  if (!Number.isInteger(pairs) || pairs < 1) {
    say(USAGE);
    return args[0] === "--help" ? 0 : 2;
  }
  const cache = new URL("../.cache/janus", import.meta.url).pathname;
  const cacheDir = await isDebianGuestCached(cache) ? cache : defaultCacheDir();
  const guest = await prepareDebianGuest({ cacheDir });
  if (!guest) {
    say(
      "Cannot measure: Debian's kernel is neither cached nor to be had by apt",
    );
    return 1;
  }
  const theirs = await findQemu(cacheDir).catch((error) => {
    say(error instanceof Error ? error.message : String(error));
  });
  const times = new Map<string, number[]>();
  const note = (name: string, seconds: number | undefined) => {
    if (seconds === undefined) return;
    times.set(name, [...times.get(name) ?? [], seconds]);
    say(`${name}: ${seconds.toFixed(2)} s`);
  };
  const compute = async (name: string, ...options: string[]) =>
    note(
      name,
      (await measure(ours(guest, ...options), { compute: true })).compute,
    );
  for (let pair = 0; pair < pairs; pair++) {
    await compute("inline, --smp 1", "--smp", "1");
    await compute("threads, --smp 1", "--smp", "1", "--accelerator", "threads");
    await compute("threads, --smp 2", "--smp", "2");
    const four = ours(guest, "--smp", "4");
    note("boot, --smp 4", (await measure(four, { compute: false })).boot);
    if (!theirs) continue;
    const peer = withFour(qemu(theirs).commandLine(guest));
    note("QEMU's boot, -smp 4", (await measure(peer, { compute: false })).boot);
  }
  const ratio = (what: string, of: string, to: string) => {
    const [a, b] = [times.get(of), times.get(to)];
    if (!a || !b) return say(`${what}: not measured`);
    say(`${what}: ${(median(a) / median(b)).toFixed(2)}`);
  };
  say("");
  ratio("--smp 2 faster than --smp 1", "inline, --smp 1", "threads, --smp 2");
  ratio("threads to inline, --smp 1", "threads, --smp 1", "inline, --smp 1");
  ratio("boot with 4 vCPUs to QEMU's", "boot, --smp 4", "QEMU's boot, -smp 4");
  return 0;
}
