// deno task programs: runs Debian's programs in the guest, and compares.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../bench/statistics.ts";
import {
  formatProgress,
  isDebianDiskCached,
  type PreparedDiskGuest,
  prepareDebianDisk,
} from "../guests/mod.ts";
import type { EngineKind } from "../cpu/accelerator.ts";
import { ENGINES } from "../machine/machine_options.ts";
import { findQemu } from "../bench/qemu.ts";
import { type Emulator, janus, qemu } from "./emulators.ts";
import { hostOutcome } from "./host.ts";
import { runPrograms, type RunResult } from "./run.ts";
import { soak } from "./soak.ts";
import { type GuestProgram, PROGRAMS } from "./table.ts";
import {
  complaints,
  floatLines,
  judge,
  type Outcomes,
  type Verdict,
} from "./verdict.ts";

const DEFAULT_ENGINES = ["interpreter", "jit"];

const USAGE = `Usage: deno task programs [OPTION ...] [PROGRAM ...]
Boots Debian's disk (about 90 MB to fetch, once), runs programs on it under
QEMU and under each engine, and compares what they print.
  PROGRAM          ${PROGRAMS.slice(0, 4).map(({ name }) => name).join(", ")},
                   ${
  PROGRAMS.slice(4).map(({ name }) => name).join(", ")
} (default all)
  --engine NAME    ${ENGINES.join(" or ")}; may be repeated
                   (default ${DEFAULT_ENGINES.join(" and ")})
  --alone          without QEMU: engines are compared with one another
  --soak SECONDS   instead, Python for so long on the last engine, and the same
                   rounds on the others
  --count-float    for one second in five, count floating-point instructions,
                   which slows ours down, and those that the host's arithmetic
                   could not do: below 5 %
  --limit SECONDS  longest time of a run (default 3600)
Exit status: 0 all the same, 1 not, 2 wrong usage`;

const PROJECT_CACHE = fileURLToPath(
  new URL("../.cache/janus", import.meta.url),
);

/** Where consoles are kept, by emulator, until the next run. */
const RESULTS = fileURLToPath(new URL("results", import.meta.url));

const SECOND = 1000;

class UsageError extends Error {}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

interface Choice {
  readonly programs: readonly GuestProgram[];
  readonly engines: readonly EngineKind[];
  readonly alone: boolean;
  readonly countFloat: boolean;
  readonly limitSeconds: number;
  readonly soakSeconds: number | undefined;
}

function choose(args: string[]): Choice | "help" {
  const { values, positionals } = readArguments(args);
  if (values.help) return "help";
  for (const name of positionals) {
    if (!PROGRAMS.some((program) => program.name === name)) {
      throw new UsageError(`Cannot run ${name}: see --help`);
    }
  }
  const engines = [
    ...new Set((values.engine ?? DEFAULT_ENGINES).map(engineOf)),
  ];
  if (values.alone && engines.length < 2) {
    throw new UsageError("Cannot compare one engine alone: give two --engine");
  }
  return {
    programs: PROGRAMS.filter(({ name }) =>
      positionals.length === 0 || positionals.includes(name)
    ),
    engines,
    alone: values.alone ?? false,
    countFloat: values["count-float"] ?? false,
    limitSeconds: seconds("--limit", values.limit) ?? 3600,
    soakSeconds: seconds("--soak", values.soak),
  };
}

function engineOf(text: string): EngineKind {
  const found = ENGINES.find((engine) => engine === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `Cannot use --engine ${text}: use ${ENGINES.join(" or ")}`,
  );
}

function readArguments(args: string[]) {
  try {
    return parseArgs({
      args: args[0] === "--" ? args.slice(1) : args,
      allowPositionals: true,
      options: {
        engine: { type: "string", multiple: true },
        alone: { type: "boolean" },
        "count-float": { type: "boolean" },
        soak: { type: "string" },
        limit: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw new UsageError(`Cannot understand: ${(error as Error).message}`);
  }
}

function seconds(option: string, text: string | undefined) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d+$/.test(text) && value > 0 && value <= 100_000) return value;
  throw new UsageError(
    `Cannot use ${option} ${text}: use seconds, from 1 to 100000`,
  );
}

async function obtainGuest(signal: AbortSignal): Promise<PreparedDiskGuest> {
  const cached = await isDebianDiskCached(PROJECT_CACHE);
  let step = 0;
  return await prepareDebianDisk({
    ...cached && { cacheDir: PROJECT_CACHE },
    signal,
    onProgress: (progress) => {
      if (progress.step === step) return;
      step = progress.step;
      say(formatProgress(progress));
    },
  });
}

async function findEmulators({ alone, engines }: Choice): Promise<Emulator[]> {
  const ours = engines.map(janus);
  if (alone) return ours;
  return [qemu(await findQemu(PROJECT_CACHE)), ...ours];
}

/** Runs the guests, as many at once as there are processors. */
async function runAll(
  guest: PreparedDiskGuest,
  emulators: readonly Emulator[],
  { programs, limitSeconds, countFloat }: Choice,
  stop: AbortController,
): Promise<RunResult[]> {
  const start = performance.now();
  const results: RunResult[] = [];
  const waiting = [...emulators.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [at, emulator] = next;
      const tell = (what: string) => {
        const elapsed = (performance.now() - start) / SECOND;
        say(`${elapsed.toFixed(0).padStart(5)} s  ${emulator.name}: ${what}`);
      };
      tell("booting");
      const result = await runPrograms(emulator, {
        guest,
        programs,
        limitSeconds,
        countFloat,
        signal: stop.signal,
        onBegin: tell,
      });
      results[at] = result;
      await keep(result);
      tell("done");
    }
  };
  // One that fails ends the others, of which nothing could be said.
  const workers = Array.from(
    { length: Math.max(1, navigator.hardwareConcurrency) },
    () =>
      work().catch((error) => {
        stop.abort(error);
        throw error;
      }),
  );
  await Promise.allSettled(workers);
  stop.signal.throwIfAborted();
  return results;
}

/** Keeps what a console showed, to be looked into. */
async function keep({ emulator, console }: RunResult): Promise<void> {
  await Deno.mkdir(RESULTS, { recursive: true });
  const path = join(RESULTS, `${emulator}.txt`);
  await Deno.writeTextFile(path, console.replaceAll("\r", ""));
}

async function compare(
  guest: PreparedDiskGuest,
  emulators: readonly Emulator[],
  choice: Choice,
  stop: AbortController,
): Promise<boolean> {
  const runs = await runAll(guest, emulators, choice, stop);
  const verdicts: Verdict[] = [];
  for (const program of choice.programs) {
    const outcomes: Outcomes = new Map(
      runs.map(({ emulator, outcomes }) =>
        [emulator, outcomes.get(program.name)] as const
      ),
    );
    const host = program.onHost ? await hostOutcome(program) : undefined;
    verdicts.push(
      judge(program, host ? new Map([...outcomes, ["host", host]]) : outcomes),
    );
  }
  say("");
  say(tableOf(verdicts, [...runs.map(({ emulator }) => emulator), "host"]));
  for (const { program, details } of verdicts) {
    if (details.length > 0) say([`${program}:`, ...details].join("\n"));
  }
  if (choice.countFloat) { for (const line of floatLines(runs)) say(line); }
  const wrong = runs.flatMap(complaints);
  for (const line of wrong) say(line);
  return wrong.length === 0 && verdicts.every(({ same }) => same);
}

function tableOf(
  verdicts: readonly Verdict[],
  places: readonly string[],
): string {
  const time = (outcome: { seconds: number } | undefined) =>
    outcome === undefined ? "-" : `${outcome.seconds.toFixed(1)} s`;
  return table([
    ["program", "lines", ...places, "output"],
    ...verdicts.map(({ program, lines, outcomes, same }) => [
      program,
      String(lines),
      ...places.map((place) => time(outcomes.get(place))),
      same ? "same" : "DIFFERENT",
    ]),
  ]);
}

async function main(args: string[]): Promise<number> {
  const choice = choose(args);
  if (choice === "help") {
    say(USAGE);
    return 0;
  }
  const stop = new AbortController();
  Deno.addSignalListener("SIGINT", () => stop.abort(new Error("Interrupted")));
  const emulators = await findEmulators(choice);
  const guest = await obtainGuest(stop.signal);
  const { soakSeconds, limitSeconds } = choice;
  const same = soakSeconds === undefined
    ? await compare(guest, emulators, choice, stop)
    : await soak(guest, {
      emulators,
      soakSeconds,
      limitSeconds,
      signal: stop.signal,
      say,
      keep,
    });
  say(same ? "All the same." : "Not the same: see above.");
  return same ? 0 : 1;
}

if (import.meta.main) {
  try {
    // The listener to signals would keep the program alive.
    Deno.exit(await main(Deno.args));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    Deno.stderr.writeSync(new TextEncoder().encode(`${message}\n`));
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
