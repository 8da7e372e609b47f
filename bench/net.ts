// The program: deno task bench:net --help
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  defaultCacheDir,
  encodeCpio,
  formatProgress,
  gzip,
  readyGuest,
} from "../guests/mod.ts";
import { type CommandLine, janus, qemu } from "./emulator.ts";
import type { BenchGuest } from "./guests.ts";
import { findQemu, QEMU_MISSING } from "./qemu.ts";
import { Running } from "./running.ts";
import { median, table } from "./statistics.ts";
import { TransferServer } from "./transfer_server.ts";

const USAGE = `Usage: deno task bench:net [OPTION ...]
Boots the same guest with Janus and with QEMU, and lets both in turn fetch a
file from a server on the host's loopback, by the user network, and post it
back. Needs the ready guests (JANUS_GUESTS).
Options:
  --pairs N                     how often each fetches and posts (default 5)
  --megabytes N                 size of the file (default 50)
  --order little|big            the guest's byte order (default little)
  --virtio legacy|modern        interface of the card (default modern)
  --engine interpreter|jit      ours; default that of deno task run
  --alone                       without QEMU`;

const MEGABYTE = 1e6;
const SECONDS = 300;

/** What the guest does: what the server wants, until it wants nothing more. */
function scriptFor(url: string): string {
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
ifconfig eth0 10.0.2.15 up
route add default gw 10.0.2.2
wget -q -O /file ${url}/file
while true; do
  case $(wget -q -O - ${url}/next) in
    download) wget -q -O /dev/null ${url}/file ;;
    upload) wget -q -O /dev/null --post-file=/file ${url}/file ;;
    *) break ;;
  esac
  wget -q -O /dev/null ${url}/done
done
poweroff -f
`;
}

/** An emulator with its guest at work, and the server that it talks to. */
class Contestant implements AsyncDisposable {
  readonly name: string;
  readonly #server: TransferServer;
  readonly #running: Running;

  constructor(name: string, server: TransferServer, command: CommandLine) {
    this.name = name;
    this.#server = server;
    this.#running = new Running(command);
  }

  /** Seconds from the guest's request to the end of its transfer. */
  async transfer(kind: "download" | "upload"): Promise<number> {
    const late = AbortSignal.timeout(SECONDS * 1000);
    return await this.#server.order(kind, late);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#running[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Appends an archive whose first program replaces the guest's. */
async function guestFor(
  server: TransferServer,
  { guest, folder }: { guest: BenchGuest; folder: string },
): Promise<BenchGuest> {
  const script = scriptFor(`http://10.0.2.2:${server.port}`);
  const archive = await gzip(encodeCpio([
    { type: "file", path: "init", data: script, mode: 0o755 },
  ]));
  const initrd = join(folder, `${server.port}.cpio.gz`);
  const base = await Deno.readFile(guest.initrd);
  const whole = new Uint8Array(base.length + archive.length);
  whole.set(base);
  whole.set(archive, base.length);
  await Deno.writeFile(initrd, whole);
  return { ...guest, initrd };
}

interface Choice {
  readonly pairs: number;
  readonly bytes: number;
  readonly order: "le" | "be";
  readonly form: "legacy" | "modern";
  readonly engine: "interpreter" | "jit" | undefined;
  readonly alone: boolean;
}

async function run(choice: Choice): Promise<void> {
  const cacheDir = defaultCacheDir();
  const guest = await readyGuest(choice.order, { cacheDir });
  if (guest === null) {
    throw new Error(
      "Cannot measure: no ready guests; name their folder with JANUS_GUESTS",
    );
  }
  const folder = await Deno.makeTempDir();
  const contestants: Contestant[] = [];
  const add = async (
    name: string,
    commandLine: (guest: BenchGuest) => CommandLine,
    args: readonly string[],
  ) => {
    const server = new TransferServer(choice.bytes);
    const command = commandLine(await guestFor(server, { guest, folder }));
    contestants.push(
      new Contestant(name, server, {
        ...command,
        args: [...command.args, ...args],
      }),
    );
  };
  try {
    const ours = janus(choice.engine);
    await add(ours.name, ours.commandLine, [
      ...["--net", "user", "--virtio", choice.form],
    ]);
    if (!choice.alone) await addQemu(choice, cacheDir, add);
    await measure(contestants, choice);
  } finally {
    for (const each of contestants) await each[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
}

async function addQemu(
  { form }: Choice,
  cacheDir: string,
  add: (
    name: string,
    commandLine: (guest: BenchGuest) => CommandLine,
    args: readonly string[],
  ) => Promise<void>,
): Promise<void> {
  try {
    const onProgress = (progress: Parameters<typeof formatProgress>[0]) =>
      say(formatProgress(progress));
    const peer = qemu(await findQemu(cacheDir, { onProgress }));
    const without = form === "legacy"
      ? "disable-modern=on,disable-legacy=off"
      : "disable-legacy=on";
    await add(peer.name, peer.commandLine, [
      ...["-netdev", "user,id=n0"],
      ...["-device", `virtio-net-pci,netdev=n0,romfile=,${without}`],
    ]);
  } catch (error) {
    say(`${QEMU_MISSING} (${error instanceof Error ? error.message : error})`);
  }
}

async function measure(
  contestants: readonly Contestant[],
  { pairs, bytes }: Choice,
): Promise<void> {
  const kinds = ["download", "upload"] as const;
  const times = new Map<string, number[]>();
  for (let pair = 1; pair <= pairs; pair++) {
    for (const kind of kinds) {
      for (const contestant of contestants) {
        const seconds = await contestant.transfer(kind);
        const key = `${kind} ${contestant.name}`;
        times.set(key, [...times.get(key) ?? [], seconds]);
        say(`${pair}/${pairs} ${contestant.name} ${kind}: ${rate(seconds)}`);
      }
    }
  }
  function rate(seconds: number): string {
    const speed = bytes / MEGABYTE / seconds;
    return `${seconds.toFixed(2)} s, ${speed.toFixed(0)} MB/s`;
  }
  const rows = kinds.map((kind) => {
    const all = contestants.map(({ name }) => times.get(`${kind} ${name}`)!);
    const [ours = [], theirs = []] = all;
    const ratios = theirs.map((time, i) => time / (ours[i] ?? NaN));
    return [
      kind,
      ...all.map((own) => rate(median(own))),
      ...ratios.length === 0 ? [] : [
        median(ratios).toFixed(2),
        `${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)}`,
      ],
    ];
  });
  const names = contestants.map(({ name }) => name);
  const head = ["", ...names, ...names.length > 1 ? ["ratio", "range"] : []];
  say(`\nMedians of ${pairs}; ratios above 1 mean that ours is faster`);
  say(table([head, ...rows]));
}

/** Throws TypeError or RangeError for what makes no sense. */
function readChoice(args: string[]): Choice | undefined {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: "string", default: "5" },
      megabytes: { type: "string", default: "50" },
      order: { type: "string", default: "little" },
      virtio: { type: "string", default: "modern" },
      engine: { type: "string" },
      alone: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { engine } = values;
  const order = oneOf(values.order, "--order", ["little", "big"]);
  return {
    pairs: count(values.pairs, "--pairs"),
    bytes: count(values.megabytes, "--megabytes") * MEGABYTE,
    order: order === "little" ? "le" : "be",
    form: oneOf(values.virtio, "--virtio", ["legacy", "modern"]),
    engine: engine === undefined
      ? undefined
      : oneOf(engine, "--engine", ["interpreter", "jit"]),
    alone: values.alone,
  };
}

function count(text: string, option: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 400) return value;
  throw new RangeError(
    `Cannot use ${option} ${text}: use a whole number from 1 to 400`,
  );
}

function oneOf<const Word extends string>(
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

async function main(args: string[]): Promise<number> {
  try {
    const choice = readChoice(args);
    if (choice === undefined) say(USAGE);
    else await run(choice);
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return error instanceof RangeError || error instanceof TypeError ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
