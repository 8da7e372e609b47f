/**
 * Compares what runs of the same programs found.
 *
 * @module
 */
import { describe, differences } from "./comparison.ts";
import type { FloatCount } from "./float_count.ts";
import type { RunResult } from "./run.ts";
import { type GuestProgram, normalize } from "./table.ts";
import { alarms, type Outcome } from "./transcript.ts";

/** A program's outcomes, by where it ran. */
export type Outcomes = ReadonlyMap<string, Outcome | undefined>;

/** What is to be said of a program. */
export interface Verdict {
  readonly program: string;
  readonly same: boolean;
  /** Lines of the output. */
  readonly lines: number;
  readonly outcomes: Outcomes;
  /** How the others differ from the first. */
  readonly details: readonly string[];
}

/** Compares the outcomes of a program: all others with the first. */
export function judge(program: GuestProgram, outcomes: Outcomes): Verdict {
  const [[base = "", expected] = [], ...others] = outcomes;
  const details: string[] = [];
  const wanted = normalize(program, expected?.output ?? "");
  if (expected === undefined) details.push(`  ${base}: it did not run`);
  else if (expected.status !== 0) {
    details.push(
      `  ${base}: it ended with status ${expected.status}: ` +
        wanted.slice(-300),
    );
  }
  if (others.length === 0) details.push("  there is nothing to compare with");
  for (const [name, found] of others) {
    if (found === undefined) {
      details.push(`  ${name}: it did not run`);
      continue;
    }
    if (found.status !== expected?.status) {
      details.push(
        `  ${name}: it ended with status ${found.status}, ` +
          `${base} with ${expected?.status}`,
      );
    }
    details.push(...describe(
      differences(normalize(program, found.output), wanted),
      [name, base],
    ));
  }
  return {
    program: program.name,
    same: details.length === 0,
    lines: wanted.split("\n").length,
    outcomes,
    details,
  };
}

/** The part of floating-point instructions that may go the long way. */
const LONG_SHARE = 0.05;
/** Of fewer floating-point instructions a share says nothing. */
const FEWEST_COUNTED = 10_000;

function shareOf({ instructions, long }: FloatCount): number {
  return instructions === 0 ? 0 : long / instructions;
}

function total(run: RunResult): FloatCount {
  const counts = [...run.float.values()];
  return {
    instructions: counts.reduce((sum, count) => sum + count.instructions, 0),
    long: counts.reduce((sum, count) => sum + count.long, 0),
  };
}

/** Says of each program how many floating-point instructions went the long way. */
export function floatLines(runs: readonly RunResult[]): string[] {
  return runs.filter(({ float }) => float.size > 0).flatMap((run) =>
    [...run.float, ["all", total(run)] as const].map(([name, count]) =>
      `${run.emulator}: ${name}: ${count.instructions} floating-point ` +
      `instructions, ${(shareOf(count) * 100).toFixed(2)} % the long way`
    )
  );
}

/** What is wrong with a run of ours as a whole: kernel, disk, instructions missing or slow. */
export function complaints(run: RunResult): string[] {
  const { emulator, ours, disk, kernel, unimplemented } = run;
  const all = total(run);
  const slow = all.instructions < FEWEST_COUNTED ? 0 : shareOf(all);
  // What a kernel complains of elsewhere is no fault of ours.
  return [
    ...alarms(ours ? kernel : []).map((line) => `${emulator}: kernel: ${line}`),
    ...disk === undefined ? [] : [`${emulator}: e2fsck: ${disk}`],
    ...unimplemented.map(({ name, count }) =>
      `${emulator}: instruction ${name} is not there, met ${count} times`
    ),
    ...slow < LONG_SHARE ? [] : [
      `${emulator}: ${(slow * 100).toFixed(2)} % of floating-point ` +
      `instructions went the long way`,
    ],
  ];
}
