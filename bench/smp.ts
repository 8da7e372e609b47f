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
import { boot, type Entrant, measureInTurn, TURNS } from "./computation.ts";
import { type CommandLine, janus, qemu } from "./emulator.ts";
import type { BenchGuest } from "./guests.ts";
import { measureTwoCores } from "./host_cores.ts";
import { measureKicks } from "./kicks.ts";
import { findQemu, type Qemu } from "./qemu.ts";
import { median } from "./statistics.ts";

const USAGE = `Usage: deno task bench smp [PAIRS] [PART...]
Boots Debian's kernel and compares, by the median of so many pairs (default 3);
what computes takes ${TURNS} turns in each pair, of which the quickest counts:
  scale    four processes of a computation with --smp 2 and with --smp 1; beside
           it QEMU's -smp 2 and -smp 1, two guests of --smp 1 with two of the
           processes each, and two threads of the host and one
  threads  the same with --smp 1, --accelerator threads and inline
  boot     the boot with --smp 4, and QEMU's with -smp 4
  kicks    how soon a vCPU in a thread of its own notices that it is wanted
All parts, unless some are named.`;

const PARTS = ["scale", "threads", "boot", "kicks"] as const;

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

/** Values by names, one of each pair. */
class Figures {
  readonly #say: (text: string) => void;
  readonly #values = new Map<string, number[]>();

  constructor(say: (text: string) => void) {
    this.#say = say;
  }

  note(name: string, value: number): void {
    this.#values.set(name, [...this.#values.get(name) ?? [], value]);
  }

  /** How many times one is as much as another, in the middle pair. */
  ratio(what: string, of: string, to: string): void {
    const [a, b] = [this.#values.get(of), this.#values.get(to)];
    if (!a || !b) return this.#say(`${what}: not measured`);
    const ratios = a.map((value, pair) => value / (b[pair] ?? NaN));
    const all = ratios.map((ratio) => ratio.toFixed(2)).join(", ");
    this.#say(`${what}: ${median(ratios).toFixed(2)} (${all})`);
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
  readonly say: (text: string) => void;
}

const INLINE = "inline, --smp 1";
const ONE_THREAD = "threads, --smp 1";
const TWO_THREADS = "threads, --smp 2";
const TWO_GUESTS = "two guests at once, inline, --smp 1";
const BOOT = "boot, --smp 4";
const THEIR_BOOT = "QEMU's boot, -smp 4";
const HOST = "Two threads of the host, faster than one";

/** What computes, by the parts that are asked for. */
function entrantsOf(
  parts: ReadonlySet<string>,
  { guest, theirs }: Bench,
): Entrant[] {
  const one = ours(guest, "--smp", "1");
  const entrants: Entrant[] = [{ name: INLINE, commands: [one] }];
  if (parts.has("threads")) {
    const options = ["--smp", "1", "--accelerator", "threads"];
    entrants.push({ name: ONE_THREAD, commands: [ours(guest, ...options)] });
  }
  if (!parts.has("scale")) return entrants;
  entrants.push(
    { name: TWO_THREADS, commands: [ours(guest, "--smp", "2")] },
    { name: TWO_GUESTS, commands: [one, one] },
  );
  if (!theirs) return entrants;
  const command = qemu(theirs).commandLine(guest);
  for (const vcpus of [1, 2]) {
    const name = `QEMU, -smp ${vcpus}`;
    entrants.push({ name, commands: [withVcpus(command, vcpus)] });
  }
  return entrants;
}

async function measurePair(
  parts: ReadonlySet<string>,
  bench: Bench,
): Promise<void> {
  const { guest, theirs, figures, say } = bench;
  if (parts.has("scale") || parts.has("threads")) {
    const quickest = await measureInTurn(entrantsOf(parts, bench), say);
    for (const [name, seconds] of quickest) figures.note(name, seconds);
  }
  if (parts.has("scale")) figures.note(HOST, await measureTwoCores());
  if (parts.has("boot")) {
    const time = async (name: string, command: CommandLine) => {
      const seconds = await measureBoot(command);
      say(`${name}: ${seconds.toFixed(2)} s`);
      figures.note(name, seconds);
    };
    await time(BOOT, ours(guest, "--smp", "4"));
    if (theirs) {
      await time(THEIR_BOOT, withVcpus(qemu(theirs).commandLine(guest), 4));
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
    figures.ratio("boot with 4 vCPUs to QEMU's", BOOT, THEIR_BOOT);
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
    await measurePair(parts, { guest, theirs, figures, say });
  }
  say("");
  tell(parts, figures);
  return 0;
}
