// deno task differential: random programs on ours and on QEMU; see USAGE.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Batch } from "./batch.ts";
import { toFile } from "./case.ts";
import { same } from "./compare.ts";
import { findQemu, type QemuCommands } from "./find_qemu.ts";
import { Generator } from "./generate.ts";
import { hunt, type Progress, type Side } from "./hunt.ts";
import { type EngineName, Ours } from "./ours.ts";
import { comparePrivileged } from "./privileged/command.ts";
import { Qemu } from "./qemu.ts";
import { BATCH, STORAGE_BYTES } from "./record.ts";
import { programText, report } from "./report.ts";
import { judge, type Judged } from "./shrink.ts";

const USAGE = `Usage: deno task differential [OPTION ...]
Runs random programs on Janus and on QEMU 7.2 and compares all that they leave.
  --count N             programs, each from 8 start states (default 20000)
  --seed N              other programs for another number (default 1)
  --first N             begin with the batch of 64 that has program N (default 0)
  --chapter TEXT        rows of chapters with the text in section or title
  --engine NAME         interpreter (default), reference or jit
  --byte-order NAME     big, little or both (default)
  --cpu NAME            power9 (default) or power8
  --keep N              keep program N, from its first start state, as a case
  --privileged          short programs in privileged state, in real mode and
                        through a hash table and a radix tree, on both pseries
                        machines; POWER9, engines interpreter and jit
  --most N              differences after which it gives up (default 20)
  --help                print this
Exit status: 0 no difference, 1 differences, 2 usage, or there is no QEMU`;

const CASES = fileURLToPath(new URL("cases", import.meta.url));

/** What the command line wants. */
interface Settings {
  readonly count: number;
  readonly seed: number;
  readonly first: number;
  readonly chapter: string | undefined;
  readonly engine: EngineName;
  readonly orders: readonly ("big" | "little")[];
  readonly cpu: "power8" | "power9";
  readonly most: number;
  readonly keep: number | undefined;
  readonly privileged: boolean;
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function tell(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(text));
}

function whole(option: string, text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new RangeError(`Cannot use ${option}: not a whole number: ${text}`);
  }
  return value;
}

function choice<T extends string>(
  option: string,
  text: string,
  choices: readonly T[],
): T {
  const found = choices.find((one) => one === text);
  if (found === undefined) {
    throw new RangeError(
      `Cannot use ${option}: not one of ${choices.join(", ")}: ${text}`,
    );
  }
  return found;
}

function readSettings(args: string[]): Settings | undefined {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: "string", default: "20000" },
      seed: { type: "string", default: "1" },
      first: { type: "string", default: "0" },
      chapter: { type: "string" },
      engine: { type: "string", default: "interpreter" },
      "byte-order": { type: "string", default: "both" },
      cpu: { type: "string", default: "power9" },
      most: { type: "string", default: "20" },
      keep: { type: "string" },
      privileged: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { privileged } = values;
  if (privileged) refuseUnprivileged(args);
  const order = choice("--byte-order", values["byte-order"], [
    "big",
    "little",
    "both",
  ]);
  const first = whole("--first", values.first);
  return {
    count: whole("--count", values.count),
    seed: whole("--seed", values.seed),
    first: first - first % BATCH.programs,
    chapter: values.chapter,
    engine: choice("--engine", values.engine, [
      "interpreter",
      "reference",
      "jit",
    ]),
    orders: order === "both" ? ["little", "big"] : [order],
    cpu: choice("--cpu", values.cpu, ["power8", "power9"]),
    most: whole("--most", values.most),
    privileged,
    keep: values.keep === undefined ? undefined : whole("--keep", values.keep),
  };
}

function refuseUnprivileged(args: readonly string[]): void {
  const other = args.find((arg) =>
    /^--(chapter|byte-order|cpu|first)\b/.test(arg)
  );
  if (other !== undefined) {
    throw new RangeError(`Cannot use ${other}: not with --privileged`);
  }
}

function makeSide(
  order: "big" | "little",
  { settings, qemu }: { settings: Settings; qemu: QemuCommands },
): Side {
  const littleEndian = order === "little";
  const { cpu, seed, chapter, engine } = settings;
  return {
    littleEndian,
    generator: new Generator({
      seed,
      littleEndian,
      version: cpu === "power8" ? "2.07" : "3.0",
      ...chapter !== undefined && { chapter },
    }),
    theirs: new Qemu({ littleEndian, cpu, command: qemu[order] }),
    ours: new Ours({ engine, littleEndian, cpu }),
  };
}

const number = new Intl.NumberFormat("en");

/** Shows how far it is, at most twice a second. */
function progressLine(count: number, differences: () => number) {
  const start = performance.now();
  const line = Deno.stderr.isTerminal();
  let next = start + 5000;
  return (progress: Progress) => {
    const now = performance.now();
    if (now < next) return;
    next = now + (line ? 500 : 30_000);
    const left = (count - progress.programs) / progress.programs *
      (now - start) / 1000;
    const text = `${number.format(progress.programs)} of ${
      number.format(count)
    } programs, ${
      number.format(progress.instructions)
    } instructions, ${differences()} differences, ${
      number.format(Math.ceil(left))
    } s left`;
    tell(line ? `\r${text}\x1b[K` : `${text}\n`);
  };
}

function summary(sides: readonly Side[], progress: Progress): string[] {
  const chapters = new Map<string, number>();
  let total = 0;
  for (const { generator } of sides) {
    for (const [chapter, count] of generator.counts) {
      chapters.set(chapter, (chapters.get(chapter) ?? 0) + count);
      total += count;
    }
  }
  return [
    `${number.format(progress.instructions)} instructions in ${
      number.format(progress.programs)
    } programs, ${number.format(progress.runs)} runs`,
    "Instructions drawn, by chapter:",
    ...[...chapters].map(([chapter, count]) =>
      `  ${number.format(count).padStart(11)}  ${chapter}`
    ),
    `  ${number.format(total).padStart(11)}  all`,
    `Of the instructions carried out in compiled regions: ${
      number.format(sides.reduce((sum, { ours }) => sum + ours.inRegions, 0))
    }`,
    `Programs that differed by a known departure of QEMU's only: ${
      number.format(progress.departures)
    }`,
    ...progress.endless > 0
      ? [`Programs without an end: ${number.format(progress.endless)}`]
      : [],
    ...progress.astray > 0
      ? [
        `Programs that reached the harness: ${number.format(progress.astray)}`,
      ]
      : [],
  ];
}

async function compare(settings: Settings): Promise<number> {
  const qemu = await findQemu((text) => tell(`${text}\n`));
  if (settings.keep !== undefined) {
    return await keepProgram(settings.keep, { settings, qemu });
  }
  const sides = settings.orders.map((order) =>
    makeSide(order, { settings, qemu })
  );
  let differences = 0;
  const enough = () => {
    differences++;
    if (differences >= settings.most) throw new Enough();
  };
  try {
    const progress = await hunt({
      sides,
      first: settings.first,
      count: settings.count,
      onProgress: progressLine(settings.count, () => differences),
      async onDifference(found, { program, state }) {
        const { seed, cpu } = settings;
        tell("\n");
        say(report(found, { program, seed, state }));
        await keep(found, { seed, program, cpu });
        enough();
      },
      onLost(program) {
        tell("\n");
        say(
          `Difference in program ${program} of seed ${settings.seed} that is not there when it runs alone`,
        );
        enough();
      },
    });
    tell("\n");
    summary(sides, progress).forEach(say);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
    say(`Given up after ${differences} differences`);
  } finally {
    for (const { theirs } of sides) await theirs[Symbol.asyncDispose]();
  }
  say(`${differences} differences`);
  return differences === 0 ? 0 : 1;
}

async function keep(
  { one, theirs }: Judged,
  { seed, program, cpu }: {
    seed: number;
    program: number;
    cpu: Settings["cpu"];
  },
): Promise<void> {
  await Deno.mkdir(CASES, { recursive: true });
  const name = `seed_${seed}_program_${program}.json`;
  const file = toFile(one, theirs, { program: programText(one), cpu });
  await Deno.writeTextFile(
    join(CASES, name),
    JSON.stringify(file, null, 2) + "\n",
  );
  say(`  kept as tests/differential/cases/${name}`);
}

/** Bytes to either side of the middle of storage that a kept program has. */
const NEAR = 384;

/** Keeps a program as it is. */
async function keepProgram(
  number: number,
  { settings, qemu }: { settings: Settings; qemu: QemuCommands },
): Promise<number> {
  const { orders, seed, cpu } = settings;
  const order = orders[Math.floor(number / BATCH.programs) % orders.length];
  const side = makeSide(order ?? "big", { settings, qemu });
  try {
    const batch = new Batch();
    side.generator.fill(batch, number, 1);
    // What is far from where pointers lead would only make the file long.
    const storage = batch.storage(0);
    storage.fill(0, 0, STORAGE_BYTES / 2 - NEAR);
    storage.fill(0, STORAGE_BYTES / 2 + NEAR);
    const [judged] = await judge(side, [{
      littleEndian: side.littleEndian,
      words: batch.program(0),
      record: batch.record(0, 0),
      storage,
    }]);
    if (!judged) {
      throw new Error(`Cannot keep program ${number}: it is endless`);
    }
    await keep(judged, { seed, program: number, cpu });
    return same(judged.theirs, judged.ours) ? 0 : 1;
  } finally {
    await side.theirs[Symbol.asyncDispose]();
  }
}

class Enough extends Error {}

/** Wrong usage, or nothing to compare with. */
const USAGE_STATUS = 2;

async function main(args: string[]): Promise<number> {
  let settings: Settings | undefined;
  try {
    settings = readSettings(args);
    if (!settings) {
      say(USAGE);
      return 0;
    }
    const { privileged, engine } = settings;
    if (!privileged) return await compare(settings);
    if (engine === "reference") {
      throw new RangeError(
        "Cannot use --engine reference: not with --privileged",
      );
    }
    const found = await comparePrivileged({ ...settings, engine }, {
      say,
      tell,
    });
    return found === 0 ? 0 : 1;
  } catch (error) {
    const expected = error instanceof RangeError ||
      error instanceof TypeError ||
      error instanceof Error && error.message.startsWith("Cannot ");
    if (!expected) throw error;
    tell(`${error.message}\n`);
    return USAGE_STATUS;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
