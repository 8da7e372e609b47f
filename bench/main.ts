// The program: deno task bench --help
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  buildKernel,
  defaultCacheDir,
  formatProgress,
  isDebianGuestCached,
  type OnProgress,
  prepareDebianGuest,
  readyGuest,
  ToolMissingError,
} from "../guests/mod.ts";
import { benchDisk } from "./disk.ts";
import { type Emulator, janus, qemu } from "./emulator.ts";
import { type BenchGuest, benchGuest } from "./guests.ts";
import { measureIdle } from "./idle.ts";
import { benchSmp } from "./smp.ts";
import { type Options, readOptions, USAGE } from "./options.ts";
import type { ByteOrder } from "./programs/build.ts";
import { findQemu, installedQemu, QEMU_MISSING } from "./qemu.ts";
import { type Report, reportOf, type Sample, textOf } from "./report.ts";
import { megabytes } from "./statistics.ts";
import { type Figure, runTrial } from "./trial.ts";

const RESULTS = fileURLToPath(new URL("results", import.meta.url));
const PROJECT_CACHE = fileURLToPath(
  new URL("../.cache/janus", import.meta.url),
);

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Tells of each step, and when its download is done. */
function tellSteps(): OnProgress {
  let last = 0;
  return (progress) => {
    const { step, doneBytes, totalBytes } = progress;
    const done = doneBytes !== undefined && doneBytes === totalBytes;
    if (step === last && !done) return;
    last = step;
    say(formatProgress(progress));
  };
}

/** The kernel and what of a file system there is, before any workload. */
async function findGuest(
  order: ByteOrder,
  options: Options,
  cacheDir: string,
): Promise<BenchGuest | undefined> {
  const { append } = options;
  if (order === "little") {
    const { kernel, initrd } = options;
    if (kernel !== undefined && initrd !== undefined) {
      return { kernel, initrd, append };
    }
    const guest = await prepareDebianGuest({
      cacheDir,
      onProgress: tellSteps(),
    });
    return { ...guest, append };
  }
  try {
    const kernel = options.bigEndianKernel ??
      (await readyGuest("be", { cacheDir }))?.kernel ??
      await buildKernel("big", { cacheDir, onProgress: tellSteps() });
    return { kernel, initrd: "", append };
  } catch (error) {
    if (!(error instanceof ToolMissingError)) throw error;
    say(
      `Passing over what is big-endian: ${error.message}; ` +
        "or name a kernel with --big-endian-kernel",
    );
    return undefined;
  }
}

/** Ours, and what it is compared with. */
async function findEmulators(
  { engine, against }: Options,
  cacheDir: string,
): Promise<readonly [Emulator, Emulator | undefined]> {
  const ours = janus(engine);
  if (against === "nothing") return [ours, undefined];
  if (against !== "qemu") return [ours, janus(against)];
  try {
    return [ours, qemu(await findQemu(cacheDir, { onProgress: tellSteps() }))];
  } catch (error) {
    say(`${QEMU_MISSING} (${messageOf(error)})`);
    return [ours, undefined];
  }
}

function figureText({ name, value }: Figure): string {
  return `${name} ${
    name === "memory" ? megabytes(value) : `${value.toFixed(2)} s`
  }`;
}

async function measure(
  options: Options,
  { emulators, cacheDir, folder }: {
    emulators: readonly Emulator[];
    cacheDir: string;
    folder: string;
  },
): Promise<Sample[]> {
  const { selection: { workloads, orders }, pairs } = options;
  const guests = new Map<ByteOrder, BenchGuest>();
  for (const order of orders) {
    const guest = await findGuest(order, options, cacheDir);
    if (guest === undefined) continue;
    guests.set(order, await benchGuest(order, { guest, workloads, folder }));
  }
  const samples: Sample[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    for (const [order, guest] of guests) {
      for (const emulator of emulators) {
        const head = `${pair}/${pairs} ${emulator.name} ${order}-endian`;
        const figures = await runTrial(emulator, {
          guest,
          order,
          workloads,
          onFigure: (figure) => say(`${head}: ${figureText(figure)}`),
        });
        samples.push(...figures.map((figure) => (
          { ...figure, emulator: emulator.name, pair }
        )));
      }
    }
  }
  return samples;
}

/** Outputs of the same command must be the same. */
function checkAnswers(samples: readonly Sample[]): void {
  const seen = new Map<string, Sample>();
  for (const sample of samples) {
    const { name, order, checksum, emulator } = sample;
    const other = seen.get(`${name} ${order}`);
    if (other !== undefined && other.checksum !== checksum) {
      throw new Error(
        `Cannot compare ${name}: ${emulator} came to ${checksum}, ` +
          `${other.emulator} to ${other.checksum}`,
      );
    }
    seen.set(`${name} ${order}`, other ?? sample);
  }
}

async function keep(
  options: Options,
  result: Report & { samples: readonly Sample[] },
): Promise<void> {
  const time = new Date().toISOString();
  const path = options.json ??
    join(RESULTS, `${time.replaceAll(/[:.]/g, "-")}.json`);
  if (options.json === undefined) {
    await Deno.mkdir(RESULTS, { recursive: true });
  }
  const host = { processors: navigator.hardwareConcurrency };
  const versions = {
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    qemu: installedQemu()?.version,
  };
  await Deno.writeTextFile(
    path,
    JSON.stringify({ time, host, versions, ...result }, null, 2) + "\n",
  );
  say(`Written to ${path}`);
}

async function run(options: Options): Promise<void> {
  const cacheDir = await isDebianGuestCached(PROJECT_CACHE)
    ? PROJECT_CACHE
    : defaultCacheDir();
  const [ours, theirs] = await findEmulators(options, cacheDir);
  const emulators = [ours, ...theirs ? [theirs] : []];
  if (options.selection.idle) {
    const guest = await findGuest("little", options, cacheDir);
    for (const emulator of guest === undefined ? [] : emulators) {
      const { seconds } = options;
      const share = await measureIdle(emulator, { guest: guest!, seconds });
      say(`${emulator.name} idle: ${(share * 100).toFixed(1)} % of a core`);
    }
  }
  if (options.selection.orders.length === 0) return;
  const folder = await Deno.makeTempDir();
  let samples: Sample[];
  try {
    samples = await measure(options, { emulators, cacheDir, folder });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  checkAnswers(samples);
  const names = [ours.name, theirs?.name] as const;
  const report = reportOf(samples, names);
  const peer = options.against === "qemu";
  say(`\n${textOf(report, { names, pairs: options.pairs, peer })}\n`);
  await keep(options, { ...report, samples });
}

async function main(args: string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === "disk") return await benchDisk(rest, say);
  if (first === "smp") return await benchSmp(rest, say);
  let options: Options | undefined;
  try {
    options = readOptions(args);
  } catch (error) {
    say(`${messageOf(error)}; see --help`);
    return 2;
  }
  if (options === undefined) {
    say(USAGE);
    return 0;
  }
  try {
    await run(options);
    return 0;
  } catch (error) {
    say(messageOf(error));
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
