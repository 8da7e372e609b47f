import { callMachine } from "../monitor/call.ts";
import { MonitorPrompt } from "../monitor/prompt.ts";
import type { EmulatorConfig, ImageFile } from "./config.ts";
import { Console } from "./console/console.ts";
import { TextMatcher } from "./console/text_matcher.ts";
import {
  type Ending,
  faultEnding,
  guestEnding,
  signalEnding,
  TEXT_SEEN,
  timeLimitEnding,
} from "./ending.ts";
import {
  ENDING_SIGNALS,
  type EndingSignal,
  ExitError,
  messageOf,
} from "./exit_status.ts";
import { type BoundForward, ForwardError } from "./host_network.ts";
import { checkImages, type Images } from "./images.ts";
import { PortError } from "./host_ports.ts";
import { MachineFaultError } from "./machine_fault.ts";
import { MachineThread, type MachineThreadOptions } from "./machine_thread.ts";
import type { BareMachine } from "./messages.ts";
import { openMonitors } from "./monitors.ts";
import { tell } from "./stderr.ts";
import { within } from "./within.ts";

/**
 * Guest time begins here when it follows instructions, so that two runs are
 * alike: 2000-01-01, later than which every kernel's own idea is.
 */
const FIXED_EPOCH = 946_684_800;
/** How long clients are given to read what they were sent last. */
const DRAIN_MILLISECONDS = 500;

/** How long the machine's thread is given to come out of its slice. */
const LEAVE_MILLISECONDS = 2000;

const LINE_FEED = 0x0a;

type OwnImages = { [Name in keyof Images]: Uint8Array<ArrayBuffer> };

/** What a run is given beside its configuration. */
export interface RunWorld {
  /** Called when all files have been read. */
  readonly onLoaded: () => void;
  /** Resolves when nobody wants the run any more. */
  readonly abandoned: Promise<void>;
  /** Module of the machine's worker; another one in tests. */
  readonly worker?: URL;
}

/**
 * Runs a guest to its end.
 *
 * @returns Exit status and what to tell
 * @throws {ExitError} If something that was asked for cannot be had
 */
export async function runEmulator(
  config: EmulatorConfig,
  world: RunWorld,
): Promise<Ending> {
  const ended = Promise.withResolvers<Ending>();
  const end = ended.resolve;
  const { exitAfter, timeLimit } = config;
  using _signals = onSignals((signal) => end(signalEnding(signal)));
  void world.abandoned.then(() => end(signalEnding("SIGHUP")));

  const leave = () => end(guestEnding({ reason: "host-request" }, exitAfter));
  const matcher = exitAfter === undefined ? null : new TextMatcher(exitAfter);
  await using guestConsole = new Console(
    config.console,
    (error) => end(faultEnding(error)),
  );
  const images = readImages(config);
  world.onLoaded();
  let seen = false;
  const thread = await startThread({
    machine: bareMachine(config, images),
    images: {
      kernel: images.kernel.buffer,
      ...images.initrd && { initrd: images.initrd.buffer },
    },
    onConsole(bytes, written) {
      // What follows the awaited text belongs to a run that is over.
      if (seen) return written();
      const at = matcher?.push(bytes);
      seen = at !== undefined;
      const shown = at === undefined ? bytes : endOfLine(bytes, at);
      guestConsole.print(shown, written);
      if (seen) end(TEXT_SEEN);
    },
    ...world.worker && { worker: world.worker },
  });
  await using _thread = {
    // A thread that does not come out of its slice does not keep the process.
    [Symbol.asyncDispose]: () => within(thread.leave(), LEAVE_MILLISECONDS),
  };
  thread.ended.then(
    (reason) => end(guestEnding(reason, exitAfter)),
    (error) => end(faultEnding(error)),
  );
  for (const forward of thread.forwards) tellForward(forward);
  await using monitors = await openMonitors(thread, config);
  guestConsole.listen(config.console, {
    type: (bytes) => thread.type(bytes),
    untaken: () => thread.untaken,
    prompt: new MonitorPrompt(thread),
    onLeave: leave,
  });
  using _limit = timeLimit === undefined
    ? null
    : after(timeLimit, () => end(timeLimitEnding(timeLimit, exitAfter)));
  if (!config.startPaused) await callMachine(thread, "cont");
  const ending = await ended.promise;
  await monitors.drain(DRAIN_MILLISECONDS);
  return ending;
}

/** A device that cannot be had is not the emulator's fault. */
async function startThread(
  options: MachineThreadOptions,
): Promise<MachineThread> {
  try {
    return await MachineThread.start(options);
  } catch (error) {
    const about = error instanceof MachineFaultError ? error.fault : "";
    const usage = about === "DeviceError" || error instanceof ForwardError ||
      error instanceof PortError;
    if (!usage) throw error;
    throw ExitError.usage(messageOf(error), { cause: error });
  }
}

/** A port that the host chose is told. */
function tellForward({ protocol, address, asked, port }: BoundForward): void {
  if (asked !== 0) return;
  tell(`Forwarding ${protocol} port ${port} of ${address} to the guest`);
}

function readImages({ kernel, initrd }: EmulatorConfig): OwnImages {
  const image = read("kernel", kernel);
  return initrd === undefined
    ? { kernel: image }
    : { kernel: image, initrd: read("initrd", initrd) };
}

function read(what: string, file: ImageFile): Uint8Array<ArrayBuffer> {
  try {
    return Deno.readFileSync(file.path);
  } catch (error) {
    const reason = messageOf(error);
    throw ExitError.usage(`Cannot read ${what} ${file.name}: ${reason}`, {
      cause: error,
    });
  }
}

function bareMachine(
  { machine, bootargs, kernel }: EmulatorConfig,
  images: Images,
): BareMachine {
  try {
    checkImages(images, machine.memoryBytes);
  } catch (error) {
    throw ExitError.usage(`${messageOf(error)}: ${kernel.name}`, {
      cause: error,
    });
  }
  const epoch = machine.clock === "instructions" ? { epoch: FIXED_EPOCH } : {};
  return { ...machine, ...epoch, bootargs };
}

function onSignals(listener: (signal: EndingSignal) => void): Disposable {
  const names = Object.keys(ENDING_SIGNALS) as EndingSignal[];
  const listeners = names.map((name) => {
    const listen = () => listener(name);
    Deno.addSignalListener(name, listen);
    return { name, listen };
  });
  return {
    [Symbol.dispose]() {
      for (const { name, listen } of listeners) {
        Deno.removeSignalListener(name, listen);
      }
    },
  };
}

/** Bytes up to the end of the line that `at` is in. */
function endOfLine(bytes: Uint8Array, at: number): Uint8Array {
  const end = bytes.indexOf(LINE_FEED, at - 1);
  return end < 0 ? bytes : bytes.subarray(0, end + 1);
}

function after(seconds: number, then: () => void): Disposable {
  const timer = setTimeout(then, seconds * 1000);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Tells of an ending, and gives its status. */
export function tellEnding({ status, message }: Ending): number {
  if (message !== undefined) tell(message);
  return status;
}
