/**
 * The command line of `deno task bench`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { type EngineKind, ENGINES as ALL } from "../cpu/accelerator.ts";
import { NAMES, OUTSIDE, select, type Selection, SETS } from "./workloads.ts";

/** Those that are there for speed. */
const ENGINES = ALL.filter((engine) => engine !== "both");

/** What is compared with ours. */
export type Peer = "qemu" | "nothing" | EngineKind;

/** A command line that makes sense. */
export interface Options {
  readonly selection: Selection;
  readonly pairs: number;
  readonly seconds: number;
  readonly engine?: EngineKind;
  readonly against: Peer;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append: string;
  readonly bigEndianKernel?: string;
  readonly json?: string;
}

const PEERS: readonly Peer[] = ["qemu", ...ENGINES, "nothing"];

const LONGEST_NAME = Math.max(...Object.keys(SETS).map(({ length }) => length));

/** What `--help` prints. */
export const USAGE = `Usage: deno task bench [NAME ...] [OPTION ...]
Boots the same guests with Janus and with QEMU in turn, and compares.
Names of sets, by default all but idle:
${
  Object.entries({
    ...OUTSIDE,
    ...SETS,
    little: "what of the others is little-endian",
    big: "what of the others is big-endian",
    idle: "processor time of a guest that waits at its prompt",
  }).map(([name, what]) => `  ${name.padEnd(LONGEST_NAME)}  ${what}`)
    .join("\n")
}
or disk, by itself: a virtio disk and a share; see deno task bench disk --help
or smp, by itself: several vCPUs; see deno task bench smp --help
or of what is in them:
${wrap(NAMES.slice(NAMES.indexOf("big") + 1, -1))}
Options:
  --pairs N                 how often each is booted (default 5)
  --engine ${ENGINES.join("|").padEnd(17)}ours; default that of deno task run
  --against ${PEERS.join("|")}
                            what is compared with (default qemu)
  --kernel FILE, --initrd FILE, --append TEXT
                            little-endian guest, with a busybox (default
                            Debian's, as --guest debian)
  --big-endian-kernel FILE  default a ready one, or one that is compiled
  --seconds N               how long an idle guest is watched (default 10)
  --json FILE               where figures go (default in bench/results)`;

/** Names in lines of a screen's width. */
function wrap(names: readonly string[]): string {
  const lines: string[] = [""];
  for (const name of names) {
    const last = lines.at(-1) ?? "";
    if (last.length + name.length > 76) lines.push(`  ${name}`);
    else {lines[lines.length - 1] = last === ""
        ? `  ${name}`
        : `${last} ${name}`;}
  }
  return lines.join("\n");
}

/**
 * Reads the command line.
 *
 * @returns Nothing where help was asked for
 * @throws {TypeError | RangeError} If it makes no sense
 */
export function readOptions(args: string[]): Options | undefined {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      "pairs": { type: "string", default: "5" },
      "seconds": { type: "string", default: "10" },
      "engine": { type: "string" },
      "against": { type: "string", default: "qemu" },
      "kernel": { type: "string" },
      "initrd": { type: "string" },
      "append": { type: "string", default: "console=hvc0" },
      "big-endian-kernel": { type: "string" },
      "json": { type: "string" },
      "help": { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { engine, kernel, initrd, json } = values;
  if ((kernel === undefined) !== (initrd === undefined)) {
    throw new TypeError("Cannot use --kernel and --initrd alone: give both");
  }
  const bigEndianKernel = values["big-endian-kernel"];
  return {
    selection: select(positionals),
    pairs: count(values.pairs, "--pairs"),
    seconds: count(values.seconds, "--seconds"),
    against: oneOf(values.against, "--against", PEERS),
    append: values.append,
    ...engine !== undefined &&
      { engine: oneOf(engine, "--engine", ENGINES) },
    ...kernel !== undefined && { kernel },
    ...initrd !== undefined && { initrd },
    ...bigEndianKernel !== undefined && { bigEndianKernel },
    ...json !== undefined && { json },
  };
}

function count(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000) {
    throw new RangeError(
      `Cannot use ${option} ${text}: use a whole number from 1 to 1000`,
    );
  }
  return value;
}

function oneOf<Word extends string>(
  text: string,
  option: string,
  words: readonly Word[],
): Word {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  throw new RangeError(
    `Cannot use ${option} ${text}: use ${words.join(" or ")}`,
  );
}
