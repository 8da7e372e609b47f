/**
 * A long run of Python: rounds of work, each with a digest of what it found, for so long on one
 * engine, and the same number of rounds on the others.
 *
 * @module
 */
import type { PreparedDiskGuest } from "../guests/mod.ts";
import type { Emulator } from "./emulators.ts";
import { runPrograms, type RunResult } from "./run.ts";
import { soakProgram } from "./table.ts";
import { complaints, judge } from "./verdict.ts";

/** What the soak needs. */
export interface SoakOptions {
  /** The last runs for the time, the others as many rounds. */
  readonly emulators: readonly Emulator[];
  readonly soakSeconds: number;
  /** Longest time of each run. */
  readonly limitSeconds: number;
  /** Ends it early. */
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Keeps what a run showed. */
  readonly keep: (result: RunResult) => Promise<void>;
}

/**
 * Runs it.
 *
 * @returns Whether all emulators found the same, with nothing wrong beside.
 */
export async function soak(
  guest: PreparedDiskGuest,
  { emulators, soakSeconds, limitSeconds, signal, say, keep }: SoakOptions,
): Promise<boolean> {
  const last = emulators.at(-1);
  if (last === undefined) throw new RangeError("Cannot soak: no emulator");
  const run = async (
    emulator: Emulator,
    amount: Parameters<typeof soakProgram>[0],
  ) => {
    const program = soakProgram(amount);
    const result = await runPrograms(emulator, {
      guest,
      programs: [program],
      limitSeconds: limitSeconds + soakSeconds,
      countFloat: false,
      signal,
      onBegin: () => say(`${emulator.name}: Python works`),
    });
    await keep(result);
    const outcome = result.outcomes.get(program.name);
    const done = outcome?.output.split("\n").filter(Boolean).length ?? 0;
    say(
      `${emulator.name}: ${done} rounds in ${outcome?.seconds.toFixed(0)} s`,
    );
    return { result, done };
  };
  const { result: first, done: rounds } = await run(last, {
    seconds: soakSeconds,
  });
  const runs: RunResult[] = [first];
  for (const emulator of emulators.slice(0, -1)) {
    runs.push((await run(emulator, { rounds })).result);
  }
  const program = soakProgram({ rounds });
  const { same, details } = judge(
    program,
    new Map(
      runs.map((
        { emulator, outcomes },
      ) => [emulator, outcomes.get(program.name)]),
    ),
  );
  const wrong = runs.flatMap(complaints);
  for (const line of [...details, ...wrong]) say(line);
  return rounds > 0 && same && wrong.length === 0;
}
