import { fileURLToPath } from "node:url";
import type { EmulatorConfig } from "../emulator/config.ts";
import { copyDisk } from "../guests/mod.ts";
import type { DeviceOptions } from "../machine/virtio/options.ts";
import { EXIT_STATUS, ExitError, messageOf } from "../emulator/exit_status.ts";
import { tell } from "../emulator/stderr.ts";
import { runChild } from "./child.ts";
import { parseCommandLine } from "./command_line.ts";
import { findDeviceFiles } from "./devices.ts";
import { findGuest, type GuestFiles, showProgress } from "./guest.ts";
import { helpLines, VERSION_LINE } from "./help.ts";
import { checkFile, findInitrd, findKernel, UnpackFolder } from "./image.ts";
import { Interruption } from "./interruption.ts";
import type { Values } from "./options.ts";
import { type Settings, settle } from "./settings.ts";

const PROJECT = fileURLToPath(new URL("..", import.meta.url));

/**
 * The whole program: from the command line to the exit status.
 *
 * @param args The command line without the program's name.
 * @returns Exit status, see {@linkcode EXIT_STATUS}; 128 and more after a signal.
 */
export async function launch(args: readonly string[]): Promise<number> {
  try {
    const values = parseCommandLine(args);
    const lines = answerAtOnce(values);
    if (lines !== undefined) {
      await print(lines);
      return EXIT_STATUS.done;
    }
    return await run(settle(values, workingFolder()));
  } catch (error) {
    if (!(error instanceof ExitError)) {
      tell(`Cannot start: ${messageOf(error)}`);
      return EXIT_STATUS.fault;
    }
    if (error.message !== "") tell(error.message);
    return error.status;
  }
}

function answerAtOnce(values: Values): string[] | undefined {
  if (values.help) return helpLines();
  if (values.version) return [VERSION_LINE];
  return undefined;
}

async function run(settings: Settings): Promise<number> {
  checkFiles(settings);
  const machine = findDeviceFiles(settings.machine);
  using interruption = new Interruption();
  const guest = await obtainGuest(settings, interruption.signal);
  using folder = new UnpackFolder();
  const kernel = await findKernel(guest.kernel, folder);
  using disks = new UnpackFolder();
  const devices = await attachDisk(guest, disks, interruption.signal);
  devices.push(...machine.devices ?? []);
  interruption.signal.throwIfAborted();
  const config = configure(
    { ...settings, machine: { ...machine, devices } },
    guest,
    kernel,
  );
  return await runChild(config, {
    interruption,
    onLoaded: () => folder[Symbol.dispose](),
  });
}

/** A copy of a ready guest's disk, which is the next run's too. */
async function attachDisk(
  { disk }: GuestFiles,
  folder: UnpackFolder,
  signal: AbortSignal,
): Promise<DeviceOptions[]> {
  if (disk === undefined) return [];
  const path = folder.place("disk.img");
  await copyDisk(disk, path, signal);
  return [{ kind: "blk", path }];
}

/** What is missing is said before anything is downloaded. */
function checkFiles({ credentials, guest, initrd, machine }: Settings): void {
  const { tokenFile, certFile, keyFile } = credentials;
  if (tokenFile !== undefined) checkFile("--monitor-token-file", tokenFile);
  if (certFile !== undefined) checkFile("--monitor-cert", certFile);
  if (keyFile !== undefined) checkFile("--monitor-key", keyFile);
  if (initrd !== undefined) findInitrd(initrd, machine.memoryBytes);
  if (guest.kind === "files") checkFile("--kernel", guest.kernel);
}

async function obtainGuest(
  { guest }: Settings,
  signal: AbortSignal,
): Promise<GuestFiles> {
  const encoder = new TextEncoder();
  const onProgress = showProgress(
    (text) => void Deno.stderr.writeSync(encoder.encode(text)),
    { isTerminal: Deno.stderr.isTerminal() },
  );
  const tellBehind = (sentence: string) => {
    onProgress.done();
    tell(sentence);
  };
  try {
    return await findGuest(guest, { tell: tellBehind, onProgress, signal });
  } finally {
    onProgress.done();
  }
}

function configure(
  settings: Settings,
  guest: GuestFiles,
  kernel: EmulatorConfig["kernel"],
): EmulatorConfig {
  const { machine, append = "", exitAfter, timeLimit } = settings;
  const initrd = settings.initrd ?? guest.initrd;
  return {
    machine,
    kernel,
    ...initrd !== undefined &&
      { initrd: findInitrd(initrd, machine.memoryBytes) },
    bootargs: [guest.append, append].filter(Boolean).join(" "),
    console: settings.console,
    monitors: settings.monitors,
    credentials: settings.credentials,
    startPaused: settings.startPaused,
    ...exitAfter !== undefined && { exitAfter },
    ...timeLimit !== undefined && { timeLimit },
  };
}

/**
 * Where the person typed the command. `deno task` changes to the project's
 * folder, and says in INIT_CWD which one inside it was left for that.
 */
function workingFolder(): string {
  const current = Deno.cwd();
  const initial = Deno.env.get("INIT_CWD");
  const moved = `${current}/` === PROJECT && initial?.startsWith(PROJECT);
  return moved ? initial! : current;
}

async function print(lines: string[]): Promise<void> {
  let bytes = new TextEncoder().encode(`${lines.join("\n")}\n`);
  while (bytes.length > 0) {
    bytes = bytes.subarray(await Deno.stdout.write(bytes));
  }
}
