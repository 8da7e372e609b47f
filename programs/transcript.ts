/**
 * The script that runs programs in the guest, one after the other, and what its console shows of
 * it, taken apart.
 *
 * @module
 */
import type { GuestProgram } from "./table.ts";

/** What a program did. */
export interface Outcome {
  readonly output: string;
  readonly status: number;
  /** By the guest's clock. */
  readonly seconds: number;
}

/** What a run of the guest showed. */
export interface Transcript {
  /** By the program's name, in the order in which they ended. */
  readonly outcomes: ReadonlyMap<string, Outcome>;
  /** Warnings and errors of the guest's kernel, without times. */
  readonly kernel: readonly string[];
}

/** Stands at the start of lines that are the script's, not a program's. */
const MARK = "=====";

/** What the guest prints when it waits for a line before it turns itself off. */
export const LAST_MARK = `${MARK} WAITING`;

/**
 * The script that runs in place of a shell.
 *
 * @param programs What it runs.
 * @param folder Where their files are in the guest.
 */
export function mainScript(
  programs: readonly GuestProgram[],
  folder: string,
): string {
  const uptime = "$(cut -d' ' -f1 /proc/uptime)";
  const lines = programs.flatMap(({ name, file, command }) => {
    const [program, ...args] = command;
    const line = [program, `${folder}/${file}`, ...args].join(" ");
    return [
      `start=${uptime}`,
      `echo "${MARK} BEGIN ${name}"`,
      `${line} </dev/null 2>&1`,
      `status=$?`,
      // Behind an output whose last line has no end, too.
      `printf '\\n${MARK} END ${name} %d %s %s\\n' $status $start ${uptime}`,
    ];
  });
  return [
    // What the kernel prints would stand among the programs' lines.
    "dmesg -n 1",
    ...lines,
    `echo "${MARK} KERNEL"`,
    "dmesg -r",
    `echo "${LAST_MARK}"`,
    "read -r line",
    "",
  ].join("\n");
}

/** The name of a program that a line of the console says has begun. */
export function begunIn(line: string): string | undefined {
  return new RegExp(`^${MARK} BEGIN (\\S+)$`).exec(line.trimEnd())?.[1];
}

/** The name of a program that a line of the console says has ended. */
export function endedIn(line: string): string | undefined {
  return new RegExp(`^${MARK} END (\\S+) `).exec(line)?.[1];
}

/**
 * What the kernel prints all the same, as its clock went on where the host has
 * stopped the emulator: KERNEL has it, too.
 */
const KERNEL_LINE = /^\[ *\d+\.\d{6}\] .*\n?/gm;

/** Takes apart what the console showed, complete or not. */
export function parseTranscript(console: string): Transcript {
  const text = console.replaceAll("\r", "");
  const outcomes = new Map<string, Outcome>();
  const program = new RegExp(
    `^${MARK} BEGIN (\\S+)\\n([^]*?)\\n?^${MARK} END \\1 (\\d+) (\\S+) (\\S+)$`,
    "gm",
  );
  for (const found of text.matchAll(program)) {
    const [, name = "", output = "", status, start, end] = found;
    outcomes.set(name, {
      output: output.replaceAll(KERNEL_LINE, ""),
      status: Number(status),
      seconds: Number(end) - Number(start),
    });
  }
  const [, log = ""] = new RegExp(`^${MARK} KERNEL\\n([^]*?)^${LAST_MARK}`, "m")
    .exec(text) ?? [];
  return { outcomes, kernel: warnings(log) };
}

/** The last level of syslog(2) that is worth a look: warnings. */
const WARNING = 4;

/** Messages of `dmesg -r` ("<4>[    0.000000] text") that are warnings or worse. */
function warnings(log: string): string[] {
  return log.split("\n").flatMap((line) => {
    const [, priority, text] = /^<(\d+)>\[ *\d+\.\d+\] (.*)$/.exec(line) ?? [];
    const level = Number(priority) & 7;
    return text !== undefined && level <= WARNING ? [text] : [];
  });
}

/** What no kernel says while all is well. */
const ALARM =
  /\b(Oops|BUG|WARNING|Call Trace|stalls? on|lockup|LOCKUP|segfault|unhandled signal|I\/O error|EXT4-fs (error|warning)|JBD2.*error|Kernel panic|blocked for more)\b/;

/** Those of the kernel's messages that say that something is wrong. */
export function alarms(kernel: readonly string[]): string[] {
  return kernel.filter((line) => ALARM.test(line));
}
