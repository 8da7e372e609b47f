/**
 * The programs that run in the guest. Each is a script of `scripts/`; what it prints must be what it
 * prints elsewhere, but for what a clock says.
 *
 * @module
 */

/** What is replaced before outputs are compared: a pattern, and what stands for it. */
export type Rule = readonly [pattern: RegExp, replacement: string];

/** A program of the guest. */
export interface GuestProgram {
  /** What it is called on the command line. */
  readonly name: string;
  /** Its file in `scripts/`. */
  readonly file: string;
  /** What runs the file, with arguments behind it. */
  readonly command: readonly [program: string, ...args: string[]];
  /** Times and speeds, which differ from run to run. */
  readonly timings: readonly Rule[];
  /** Whether the host's own programs give the same output. */
  readonly onHost?: boolean;
}

/** A rule for every number in lines that begin in some way. */
function numbersIn(lines: RegExp): Rule[] {
  return [[
    new RegExp(`^(?:${lines.source}).*$`, "gm"),
    "",
  ]];
}

const SECONDS: Rule = [
  /\b(\d+ min )?\d+(\.\d+ ?s|\.\d+ sec| sec)\b/g,
  "TIME",
];

/** Programs in the order in which they run. */
export const PROGRAMS: readonly GuestProgram[] = [
  {
    name: "openssl-answers",
    file: "openssl_answers.sh",
    command: ["sh"],
    timings: [],
    onHost: true,
  },
  {
    name: "openssl-keys",
    file: "openssl_keys.sh",
    command: ["sh"],
    timings: [],
    onHost: true,
  },
  {
    name: "openssl-speed",
    file: "openssl_speed.sh",
    command: ["sh"],
    timings: [
      [/: \d+ (\S+ops|\S+'s) in TIME$/gm, ": COUNT $1 in TIME"],
      [/ +\d+\.\d+k$/gm, " SPEED"],
    ],
  },
  {
    name: "python-tests",
    file: "python_tests.sh",
    command: ["sh"],
    timings: [
      [/^\d+:\d+:\d+ load avg: \d+\.\d+ /gm, ""],
      [/^0:\d+:\d+ (load avg: \d+\.\d+ )?/gm, ""],
      // Said of what took longer than half a minute.
      [/^test_\w+ passed in TIME\n/gm, ""],
      [/ -- test_\w+ passed in TIME$/gm, ""],
      [/\btest_python_\d+/g, "test_python_PID"],
    ],
  },
  {
    name: "7zr",
    file: "seven_zip.sh",
    command: ["sh"],
    timings: numbersIn(/1T CPU Freq|\d\d:|Avr:|Tot:|RAM (size|usage):/),
  },
  { name: "sqlite", file: "sqlite.sh", command: ["sh"], timings: [] },
  {
    name: "perl",
    file: "arithmetic.pl",
    command: ["perl"],
    timings: [],
  },
  { name: "coreutils", file: "coreutils.sh", command: ["sh"], timings: [] },
];

/**
 * Work in rounds that goes on until a number of seconds or of rounds is over.
 *
 * @param seconds For how long rounds are begun.
 * @param rounds How many at most.
 */
export function soakProgram(
  { seconds = 1e9, rounds = 1e9 }: { seconds?: number; rounds?: number },
): GuestProgram {
  return {
    name: "python-soak",
    file: "python_soak.py",
    command: ["python3", String(seconds), String(rounds)],
    timings: [],
  };
}

/** What an output is compared as. */
export function normalize({ timings }: GuestProgram, output: string): string {
  return [SECONDS, ...timings].reduce(
    (text, [pattern, replacement]) => text.replaceAll(pattern, replacement),
    output,
  );
}
