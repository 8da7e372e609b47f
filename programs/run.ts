/**
 * Runs programs in the guest under an emulator, from a copy of the disk.
 *
 * @module
 */
import { join } from "node:path";
import type { CommandLine } from "../bench/emulator.ts";
import {
  buildProgramArchive,
  checkDisk,
  copyDisk,
  type PreparedDiskGuest,
  PROGRAM_FOLDER,
} from "../guests/mod.ts";
import { connect, type MonitorClient } from "../monitor/client.ts";
import type { MethodResult } from "../monitor/methods/mod.ts";
import type { Emulator } from "./emulators.ts";
import { type FloatCount, FloatCounter } from "./float_count.ts";
import type { GuestProgram } from "./table.ts";
import {
  begunIn,
  endedIn,
  LAST_MARK,
  mainScript,
  parseTranscript,
  type Transcript,
} from "./transcript.ts";

/** What a run found. */
export interface RunResult extends Transcript {
  readonly emulator: string;
  readonly ours: boolean;
  /** Everything on the console. */
  readonly console: string;
  /** What e2fsck says that is wrong with the disk afterwards, or `undefined`. */
  readonly disk: string | undefined;
  /** Instructions that ours did not know; of QEMU none are counted. */
  readonly unimplemented: MethodResult<"query-unimplemented">;
  /** Floating-point instructions of each program, as far as they were counted. */
  readonly float: ReadonlyMap<string, FloatCount>;
}

/** Options of {@linkcode runPrograms}. */
export interface RunOptions {
  readonly guest: PreparedDiskGuest;
  readonly programs: readonly GuestProgram[];
  /** Ends the run, which then fails. */
  readonly limitSeconds: number;
  /** Whether ours counts floating-point instructions for a part of the time. */
  readonly countFloat: boolean;
  /** Ends the run early. */
  readonly signal: AbortSignal;
  /** Told the name of a program that begins. */
  readonly onBegin: (name: string) => void;
}

const SCRIPTS = new URL("scripts/", import.meta.url);

/**
 * Boots the guest, lets it run the programs, and turns it off.
 *
 * @throws {Error} If it does not come to an end; the message has the end of its console.
 */
export async function runPrograms(
  emulator: Emulator,
  options: RunOptions,
): Promise<RunResult> {
  const folder = await Deno.makeTempDir({ prefix: "janus-programs-" });
  try {
    return await runIn(folder, emulator, options);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function runIn(
  folder: string,
  emulator: Emulator,
  { guest, programs, limitSeconds, countFloat, signal, onBegin }: RunOptions,
): Promise<RunResult> {
  const disk = join(folder, "disk.img");
  const initrd = join(folder, "initrd");
  const monitor = `unix:${join(folder, "monitor.sock")}`;
  await copyDisk(guest.disk, disk, signal);
  await Deno.writeFile(
    initrd,
    new Uint8Array(
      await new Blob([await Deno.readFile(guest.initrd), await pack(programs)])
        .arrayBuffer(),
    ),
  );
  const files = { ...guest, disk, initrd, append: `${guest.append} quiet` };
  let unimplemented: RunResult["unimplemented"] = [];
  const counter = emulator.ours && countFloat
    ? new FloatCounter(monitor)
    : undefined;
  const ask = async (question: (client: MonitorClient) => Promise<unknown>) => {
    if (!emulator.ours) return;
    await using client = await connect(monitor);
    await question(client);
  };
  const console = await converse(emulator.commandLine(files, monitor), {
    limitSeconds,
    signal,
    onBegin(name) {
      onBegin(name);
      counter?.begin();
    },
    onEnd: async (name) => await counter?.end(name),
    beforeEnd: () =>
      ask(async (client) => {
        unimplemented = await client.call("query-unimplemented");
      }),
  });
  return {
    emulator: emulator.name,
    ours: emulator.ours,
    console,
    ...parseTranscript(console),
    disk: await checkDisk(disk),
    unimplemented,
    float: counter?.counts ?? new Map(),
  };
}

async function pack(
  programs: readonly GuestProgram[],
): Promise<Uint8Array<ArrayBuffer>> {
  const files: Record<string, string> = {};
  for (const { file } of programs) {
    files[file] = await Deno.readTextFile(new URL(file, SCRIPTS));
  }
  return await buildProgramArchive(
    mainScript(programs, PROGRAM_FOLDER),
    files,
  );
}

/** Runs the emulator to its end; gives what the console showed. */
async function converse(
  { program, args, env }: CommandLine,
  { limitSeconds, signal, onBegin, onEnd, beforeEnd }: {
    limitSeconds: number;
    signal: AbortSignal;
    onBegin: (name: string) => void;
    onEnd: (name: string) => Promise<void>;
    beforeEnd: () => Promise<void>;
  },
): Promise<string> {
  const child = new Deno.Command(program, {
    args: [...args],
    env: { ...env },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    signal,
  }).spawn();
  const errors = new Response(child.stderr).text();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGTERM");
  }, limitSeconds * 1000);
  let text = "";
  let line = "";
  let last = false;
  try {
    const input = child.stdin.getWriter();
    for await (
      const part of child.stdout.pipeThrough(new TextDecoderStream())
    ) {
      text += part;
      const lines = (line + part).split("\n");
      line = lines.pop() ?? "";
      for (const whole of lines) {
        const begun = begunIn(whole);
        if (begun !== undefined) onBegin(begun);
        const ended = endedIn(whole);
        if (ended !== undefined) await onEnd(ended);
        if (whole.trimEnd() !== LAST_MARK || last) continue;
        last = true;
        await beforeEnd();
        await input.write(new TextEncoder().encode("\n"));
      }
    }
    await input.abort().catch(() => {
      // It is closed already, since the emulator has ended.
    });
  } finally {
    clearTimeout(timer);
  }
  const { success } = await child.status;
  signal.throwIfAborted();
  if (success && last) return text;
  const why = late
    ? `it was not done after ${limitSeconds} s`
    : "the guest ended before its programs did";
  throw new Error(
    `Cannot run programs: ${why}: ${text.slice(-1000)}${await errors}`,
  );
}
