// The program: deno task profile --help
import { parseArgs } from "node:util";
import { type EngineKind, ENGINES } from "../cpu/accelerator.ts";
import {
  formatProgress,
  gunzip,
  prepareDebianGuest,
  READY_MARK,
  unpackXz,
} from "../guests/mod.ts";
import { createMachine, type JanusMachine } from "../mod.ts";
import { table } from "./statistics.ts";
import { readSymbols, type Symbols } from "./symbols.ts";

const USAGE = `Usage: deno task profile [OPTION ...]
Runs a guest and prints where it spends its time, by function.
  --command TEXT                 what its shell is to do (default: the boot)
  --engine ${ENGINES.join("|").padEnd(22)}what runs it
  --rows N                       functions to print (default 25)
  --kernel FILE, --initrd FILE   guest (default Debian's)
  --append TEXT                  (default console=hvc0)`;

const SAMPLE_MILLISECONDS = 1;
const TIMEOUT = 600_000;
const END_MARK = "PROFILE-END";

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

interface Options {
  readonly command?: string | undefined;
  readonly engine?: EngineKind | undefined;
  readonly rows: number;
  readonly kernel?: string | undefined;
  readonly initrd?: string | undefined;
  readonly append: string;
}

function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      command: { type: "string" },
      engine: { type: "string" },
      rows: { type: "string", default: "25" },
      kernel: { type: "string" },
      initrd: { type: "string" },
      append: { type: "string", default: "console=hvc0" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const engine = ENGINES.find((name) => name === values.engine);
  if (values.engine !== undefined && engine === undefined) {
    throw new RangeError(
      `Cannot use --engine ${values.engine}: use ${ENGINES.join(" or ")}`,
    );
  }
  const rows = Number(values.rows);
  if (!Number.isInteger(rows) || rows < 1) {
    throw new RangeError(`Cannot use --rows ${values.rows}: use a number`);
  }
  return { ...values, engine, rows };
}

async function readKernel(path: string): Promise<Uint8Array> {
  if (path.endsWith(".xz")) return await unpackXz(path);
  const bytes = await Deno.readFile(path);
  return path.endsWith(".gz") ? await gunzip(bytes) : bytes;
}

/** "schedule", "user space", "0xc000000000052000" where nothing has a name. */
function placeOf(
  { nia, msr }: { nia: string; msr: string },
  symbols: Symbols,
): string {
  const problemState = (BigInt(msr) >> 14n & 1n) !== 0n;
  if (problemState) return "(user space)";
  const address = BigInt(nia);
  // In real mode the kernel's addresses lack their top.
  const linked = address >> 60n === 0n ? address | 0xcn << 60n : address;
  return symbols.nameOf(linked) ??
    `0x${(address & ~0xfffn).toString(16)} (page)`;
}

/** Asks where the guest is until it has done what it was to do. */
async function sample(
  machine: JanusMachine,
  until: Promise<unknown>,
  symbols: Symbols,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let done = false;
  until.then(() => done = true, () => done = true);
  while (!done) {
    const { nia, msr } = await machine.call("query-registers");
    const idle = (await machine.call("query-clock")).vcpus[0]?.idle;
    const place = idle ? "(idle)" : placeOf({ nia, msr }, symbols);
    counts.set(place, (counts.get(place) ?? 0) + 1);
    await new Promise((resolve) => setTimeout(resolve, SAMPLE_MILLISECONDS));
  }
  await until;
  return counts;
}

/** Prints the hottest places. */
export function profileText(
  counts: ReadonlyMap<string, number>,
  rows: number,
): string {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return table([
    ["", "share", "samples"],
    ...sorted.slice(0, rows).map(([place, count]) => [
      place,
      `${(100 * count / total).toFixed(1)} %`,
      String(count),
    ]),
  ]);
}

async function run(options: Options): Promise<void> {
  const { command, engine, append } = options;
  const guest = options.kernel === undefined
    ? await prepareDebianGuest({
      onProgress: (progress) => say(formatProgress(progress)),
    })
    : { kernel: options.kernel, initrd: options.initrd };
  const kernel = await readKernel(guest.kernel);
  const symbols = readSymbols(kernel);
  if (symbols.count === 0) {
    say("The kernel has no symbols: pages are shown in place of functions");
  }
  await using machine = await createMachine({
    kernel,
    initrd: guest.initrd,
    append,
    engine,
    memoryBytes: 2 ** 30,
    startPaused: true,
  });
  const booted = machine.waitForConsole(READY_MARK, { timeout: TIMEOUT });
  await machine.start();
  let until: Promise<unknown> = booted;
  if (command !== undefined) {
    await booted;
    until = machine.waitForConsole(`${END_MARK}\r\n`, { timeout: TIMEOUT });
    // The mark is not to be seen in what is typed.
    await machine.type(`${command}; echo PROFILE-""END\n`);
  }
  const counts = await sample(machine, until, symbols);
  say(profileText(counts, options.rows));
  const { instructions, time, mips } = await machine.call("query-jit");
  const all = instructions.regions + instructions.interpreter;
  say(
    `${(all / 1e6).toFixed(0)} million instructions, ${
      (100 * instructions.regions / all).toFixed(0)
    } % in regions; ${mips.toFixed(0)} million a second; of the time regions ${
      percent(time.regions)
    }, what they call ${percent(time.helpers)}, interpreter ${
      percent(time.interpreter)
    }, hypercalls ${percent(time.hypercalls)}, devices ${
      percent(time.machine)
    }, idle ${percent(time.idle)}`,
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}

async function main(args: string[]): Promise<number> {
  let options: Options | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    say(`${error instanceof Error ? error.message : error}; see --help`);
    return 2;
  }
  if (!options) {
    say(USAGE);
    return 0;
  }
  try {
    await run(options);
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
