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
import { measureTwoCores } from "./host_cores.ts";
import { measureKicks } from "./kicks.ts";
import { findQemu, type Qemu } from "./qemu.ts";
import { Running } from "./running.ts";
import { median } from "./statistics.ts";

const USAGE = `Usage: deno task bench smp [PAIRS] [PART...]
Boots Debian's kernel and compares, by medians of so many pairs (default 3):
  scale    four processes of a computation with --smp 2 and with --smp 1; beside
           it QEMU's -smp 2 and -smp 1, two guests of --smp 1 with two of the
           processes each, and two threads of the host and one
  threads  the same with --smp 1, --accelerator threads and inline
  boot     the boot with --smp 4, and QEMU's with -smp 4
  kicks    how soon a vCPU in a thread of its own notices that it is wanted
All parts, unless some are named.`;

const PARTS = ["scale", "threads", "boot", "kicks"] as const;

/** Longest time for anything that is measured, in seconds. */
const PATIENCE = 600;

/** Processes that compute. */
const PROCESSES = 4;

/**
 * Processes that compute, each so many rounds; the shell prints when all are
 * done.
 */
function computation(rounds: number, processes: number): string {
  const numbers = Array.from({ length: processes }, (_, i) => i).join(" ");
  return `for i in ${numbers}; do (n=0; while [ $n -lt ${rounds} ]; do n=$((n+1)); done)` +
    " & done; wait; echo COMPUTED-$((6*7))\n";
}

/** Rounds before anything is measured, so that what is hot is compiled. */
const WARMING = 100_000;

const ROUNDS = 60_000;

/** Starts an emulator; gives it at the shell's prompt, and seconds until then. */
async function boot(
  command: CommandLine,
): Promise<{ running: Running; seconds: number }> {
  const start = performance.now();
  const running = new Running(command);
  try {
    await running.expect(/READY-MARK[\s\S]*# /, { seconds: PATIENCE });
  } catch (error) {
    await running[Symbol.asyncDispose]();
    throw error;
  }
  return { running, seconds: (performance.now() - start) / 1000 };
}

/**
 * Seconds of the computation in emulators that have become warm, each with as
 * many of the processes as the others.
 */
async function measureComputation(
  ...commands: readonly CommandLine[]
): Promise<number> {
  await using guests = new AsyncDisposableStack();
  const running: Running[] = [];
  for (const command of commands) {
    running.push(guests.use((await boot(command)).running));
  }
  const compute = (rounds: number) =>
    Promise.all(running.map((guest) => {
      guest.type(computation(rounds, PROCESSES / running.length));
      return guest.expect(/COMPUTED-42/, { seconds: PATIENCE });
    }));
  await compute(WARMING);
  const begin = performance.now();
  await compute(ROUNDS);
  return (performance.now() - begin) / 1000;
}

async function measureBoot(command: CommandLine): Promise<number> {
  const { running, seconds } = await boot(command);
  await running[Symbol.asyncDispose]();
  return seconds;
}

/** Our command line with options more. */
function ours(guest: BenchGuest, ...options: string[]): CommandLine {
  const { args, ...rest } = janus().commandLine(guest);
  return { ...rest, args: [...args, ...options] };
}

/** QEMU's with so many vCPUs. */
function withVcpus(command: CommandLine, vcpus: number): CommandLine {
  const args = [...command.args];
  args[args.indexOf("-smp") + 1] = String(vcpus);
  return { ...command, args };
}

/** Measures by names, and prints ratios of medians. */
class Figures {
  readonly #say: (text: string) => void;
  readonly #values = new Map<string, number[]>();

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  async time(name: string, seconds: Promise<number>): Promise<void> {
    const value = await seconds;
    this.note(name, value);
    this.#say(`${name}: ${value.toFixed(2)} s`);
  }

  note(name: string, value: number): void {
    this.#values.set(name, [...this.#values.get(name) ?? [], value]);
  }

  ratio(what: string, of: string, to: string): void {
    const [a, b] = [this.#values.get(of), this.#values.get(to)];
    if (!a || !b) return this.#say(`${what}: not measured`);
    this.#say(`${what}: ${(median(a) / median(b)).toFixed(2)}`);
  }

  median(what: string, unit: string): void {
    this.#say(
      `${what}: ${median(this.#values.get(what) ?? []).toFixed(2)} ${unit}`,
    );
  }
}

/** What is measured with. */
interface Bench {
  readonly guest: BenchGuest;
  /** Not where it could not be had. */
  readonly theirs: Qemu | undefined;
  readonly figures: Figures;
}

const INLINE = "inline, --smp 1";
const ONE_THREAD = "threads, --smp 1";
const TWO_THREADS = "threads, --smp 2";
const TWO_GUESTS = "two guests at once, inline, --smp 1";
const HOST = "Two threads of the host, faster than one";

async function measurePair(
  parts: ReadonlySet<string>,
  { guest, theirs, figures }: Bench,
): Promise<void> {
  const compute = (name: string, ...commands: readonly CommandLine[]) =>
    figures.time(name, measureComputation(...commands));
  const peer = (vcpus: number) =>
    theirs && withVcpus(qemu(theirs).commandLine(guest), vcpus);
  if (parts.has("scale") || parts.has("threads")) {
    await compute(INLINE, ours(guest, "--smp", "1"));
  }
  if (parts.has("threads")) {
    const options = ["--smp", "1", "--accelerator", "threads"];
    await compute(ONE_THREAD, ours(guest, ...options));
  }
  if (parts.has("scale")) {
    await compute(TWO_THREADS, ours(guest, "--smp", "2"));
    const one = ours(guest, "--smp", "1");
    await compute(TWO_GUESTS, one, one);
    for (const vcpus of [1, 2]) {
      const command = peer(vcpus);
      if (command) await compute(`QEMU, -smp ${vcpus}`, command);
    }
    figures.note(HOST, await measureTwoCores());
  }
  if (parts.has("boot")) {
    const command = peer(4);
    await figures.time(
      "boot, --smp 4",
      measureBoot(ours(guest, "--smp", "4")),
    );
    if (command) {
      await figures.time("QEMU's boot, -smp 4", measureBoot(command));
    }
  }
  if (parts.has("kicks")) {
    const { running, halted } = measureKicks();
    figures.note("A running vCPU comes out after", running * 1000);
    figures.note("A halted vCPU goes on, and has left, after", halted * 1000);
  }
}

function tell(parts: ReadonlySet<string>, figures: Figures): void {
  if (parts.has("scale")) {
    figures.ratio("--smp 2 faster than --smp 1", INLINE, TWO_THREADS);
    figures.ratio("Two guests at once than one", INLINE, TWO_GUESTS);
    figures.ratio("QEMU's -smp 2 than -smp 1", "QEMU, -smp 1", "QEMU, -smp 2");
    figures.median(HOST, "times");
  }
  if (parts.has("threads")) {
    figures.ratio("threads to inline, --smp 1", ONE_THREAD, INLINE);
  }
  if (parts.has("boot")) {
    const [of, to] = ["boot, --smp 4", "QEMU's boot, -smp 4"];
    figures.ratio("boot with 4 vCPUs to QEMU's", of, to);
  }
  if (parts.has("kicks")) {
    figures.median("A running vCPU comes out after", "µs");
    figures.median("A halted vCPU goes on, and has left, after", "µs");
  }
}

/** Prints the figures; gives the exit status. */
export async function benchSmp(
  args: readonly string[],
  say: (text: string) => void,
): Promise<number> {
  const [first = "", ...others] = args;
  const isCount = /^[1-9]\d*$/.test(first);
  const named = isCount ? others : args;
  const known: readonly string[] = PARTS;
  if (named.some((part) => !known.includes(part))) {
    say(USAGE);
    return args[0] === "--help" ? 0 : 2;
  }
  const pairs = isCount ? Number(first) : 3;
  const parts = new Set(named.length > 0 ? named : PARTS);
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
    return undefined;
  });
  const figures = new Figures(say);
  for (let pair = 0; pair < pairs; pair++) {
    await measurePair(parts, { guest, theirs, figures });
  }
  say("");
  tell(parts, figures);
  return 0;
}
