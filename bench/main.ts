// deno task bench boot|idle|memory [--pairs N] [--seconds N] [--kernel FILE
// --initrd FILE --append TEXT] [--alone]
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  formatProgress,
  isDebianGuestCached,
  prepareDebianGuest,
} from "../guests/mod.ts";
import { benchRest } from "./at_rest.ts";
import { benchBoot } from "./boot.ts";
import { type BenchGuest, QEMU_MISSING, qemuVersion } from "./emulator.ts";

const USAGE = `Usage: deno task bench boot|idle|memory [OPTION ...]
  boot             time from start to shell, in turn with QEMU
  idle             processor time of a guest that waits at its prompt
  memory           resident memory of the same guest
  --pairs N        boots with each emulator (default 3)
  --seconds N      how long an idle guest is watched (default 10)
  --kernel FILE    guest, with --initrd FILE and --append TEXT
                   (default Debian's, as --guest debian)
  --alone          without QEMU`;

const RESULTS = fileURLToPath(new URL("results", import.meta.url));
const PROJECT_CACHE = fileURLToPath(
  new URL("../.cache/janus", import.meta.url),
);

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function count(text: string, option: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000) {
    throw new RangeError(
      `Cannot use ${option}: not a whole number from 1 to 1000: ${text}`,
    );
  }
  return value;
}

async function chooseGuest(
  { kernel, initrd, append }: {
    kernel?: string | undefined;
    initrd?: string | undefined;
    append?: string | undefined;
  },
): Promise<BenchGuest> {
  if (kernel !== undefined && initrd !== undefined) {
    return { kernel, initrd, append: append ?? "console=hvc0" };
  }
  if (kernel !== undefined || initrd !== undefined) {
    throw new TypeError("Cannot use --kernel and --initrd alone: give both");
  }
  const cached = await isDebianGuestCached(PROJECT_CACHE);
  return await prepareDebianGuest({
    ...cached && { cacheDir: PROJECT_CACHE },
    onProgress: (progress) => say(formatProgress(progress)),
  });
}

async function keep(name: string, result: object): Promise<void> {
  await Deno.mkdir(RESULTS, { recursive: true });
  const time = new Date().toISOString();
  const path = join(RESULTS, `${name}-${time.replaceAll(/[:.]/g, "-")}.json`);
  const host = { processors: navigator.hardwareConcurrency };
  const versions = { deno: Deno.version.deno, qemu: qemuVersion() };
  await Deno.writeTextFile(
    path,
    JSON.stringify({ name, time, host, versions, ...result }, null, 2) + "\n",
  );
  say(`Written to ${path}`);
}

async function main(args: string[]): Promise<number> {
  const { values, positionals: [bench] } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      pairs: { type: "string", default: "3" },
      seconds: { type: "string", default: "10" },
      kernel: { type: "string" },
      initrd: { type: "string" },
      append: { type: "string" },
      alone: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help || !["boot", "idle", "memory"].includes(bench ?? "")) {
    say(USAGE);
    return values.help ? 0 : 2;
  }
  const pairs = count(values.pairs, "--pairs");
  const seconds = count(values.seconds, "--seconds");
  const peer = !values.alone && qemuVersion() !== undefined;
  if (!peer && !values.alone) say(QEMU_MISSING);
  const guest = await chooseGuest(values);
  const result = bench === "idle" || bench === "memory"
    ? await benchRest(guest, { figure: bench, seconds, peer })
    : await benchBoot(guest, {
      pairs,
      peer,
      onSample: ({ emulator, seconds }) =>
        say(`${emulator} ${seconds.toFixed(2)} s`),
    });
  say(result.text);
  const { text: _, ...figures } = result;
  await keep(bench ?? "", figures);
  return 0;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
