import {
  formatProgress,
  isDebianGuestCached,
  isDebianGuestObtainable,
  labGuest,
  type OnProgress,
  prepareDebianDisk,
  prepareDebianGuest,
} from "../guests/mod.ts";
import { EXIT_STATUS, ExitError, messageOf } from "../emulator/exit_status.ts";
import type { GuestChoice } from "./settings.ts";

/** What is booted: paths, still packed. */
export interface GuestFiles {
  readonly kernel: string;
  readonly initrd?: string;
  /** The kernel's command line. */
  readonly append: string;
  /** A disk to boot a copy of. */
  readonly disk?: string;
}

/** What the choice of a guest is given. */
export interface GuestWorld {
  /** Tells the person a sentence. */
  readonly tell: (sentence: string) => void;
  /** Shows how far a download is. */
  readonly onProgress: OnProgress;
  /** Gives up early. */
  readonly signal: AbortSignal;
}

/** Where guests come from; other sources in tests. */
export interface GuestSources {
  readonly isCached: () => Promise<boolean>;
  readonly isObtainable: () => Promise<boolean>;
  readonly prepareDebian: typeof prepareDebianGuest;
  readonly prepareDisk: typeof prepareDebianDisk;
  readonly lab: typeof labGuest;
}

const SOURCES: GuestSources = {
  isCached: isDebianGuestCached,
  isObtainable: isDebianGuestObtainable,
  prepareDebian: prepareDebianGuest,
  prepareDisk: prepareDebianDisk,
  lab: labGuest,
};

const HOW_TO_CHOOSE = "choose with --guest or --kernel";

/**
 * Gets the guest that was asked for; without one Debian's kernel where it can
 * be had, and the lab otherwise.
 *
 * @throws {ExitError} If one of Debian was asked for by name and cannot be had
 */
export async function findGuest(
  choice: GuestChoice,
  world: GuestWorld,
  sources: GuestSources = SOURCES,
): Promise<GuestFiles> {
  switch (choice.kind) {
    case "files":
      return { kernel: choice.kernel, append: "" };
    case "lab":
      return sources.lab();
    case "debian":
      return await prepare(choice.kind, sources.prepareDebian, world);
    case "debian-disk":
      return await prepare(choice.kind, sources.prepareDisk, world);
    case "default":
      return await findDefault(world, sources);
  }
}

async function findDefault(
  world: GuestWorld,
  sources: GuestSources,
): Promise<GuestFiles> {
  const { tell } = world;
  let reason = "Debian's kernel is not cached and cannot be had by apt here";
  try {
    if (await sources.isCached() || await sources.isObtainable()) {
      const guest = await prepare("debian", sources.prepareDebian, world);
      tell(`Booting Debian's kernel (--guest debian); ${HOW_TO_CHOOSE}`);
      return guest;
    }
  } catch (error) {
    world.signal.throwIfAborted();
    reason = messageOf(error);
  }
  tell(`${reason}; booting the lab (--guest lab) instead; ${HOW_TO_CHOOSE}`);
  return sources.lab();
}

async function prepare(
  name: string,
  recipe: typeof prepareDebianGuest | typeof prepareDebianDisk,
  { onProgress, signal }: GuestWorld,
): Promise<GuestFiles> {
  try {
    return await recipe({ onProgress, signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new ExitError(
      `Cannot get guest ${name}: ${messageOf(error)}`,
      EXIT_STATUS.fault,
      { cause: error },
    );
  }
}

/** Shows progress: on a terminal in one line, elsewhere a line for each step. */
export function showProgress(
  write: (text: string) => void,
  { isTerminal }: { isTerminal: boolean },
): OnProgress & { done: () => void } {
  let lastStep = 0;
  let open = false;
  const show: OnProgress = (progress) => {
    if (isTerminal) {
      write(`\r\x1b[K${formatProgress(progress)}`);
      open = true;
    } else if (progress.step !== lastStep) {
      const { step, steps, text } = progress;
      write(`${formatProgress({ step, steps, text })}\n`);
    }
    lastStep = progress.step;
  };
  const done = () => {
    if (open) write("\n");
    open = false;
  };
  return Object.assign(show, { done });
}
