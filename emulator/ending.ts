import {
  type EndingSignal,
  EXIT_STATUS,
  messageOf,
  signalStatus,
} from "./exit_status.ts";
import { MachineFaultError } from "./machine_fault.ts";
import type { MachineEnd } from "./messages.ts";

/** How a run ends. */
export interface Ending {
  /** Exit status. */
  readonly status: number;
  /** What the person is told. */
  readonly message?: string;
}

/** The text of `--exit-after` was seen. */
export const TEXT_SEEN: Ending = { status: EXIT_STATUS.done };

/** The guest ended. `awaited` is the text that was not seen, if one was awaited. */
export function guestEnding(
  { reason, message }: MachineEnd,
  awaited: string | undefined,
): Ending {
  switch (reason) {
    case "panic":
    case "checkstop":
      return {
        status: EXIT_STATUS.guestDied,
        message: `Guest died: ${[reason, message].filter(Boolean).join(": ")}`,
      };
    case "power-off":
    case "host-request":
      return awaited === undefined ? { status: EXIT_STATUS.done } : {
        status: EXIT_STATUS.textNotSeen,
        message: `Guest ended before it printed ${JSON.stringify(awaited)}`,
      };
  }
}

/** The time limit was reached. */
export function timeLimitEnding(
  seconds: number,
  awaited: string | undefined,
): Ending {
  const before = awaited === undefined
    ? ""
    : ` before the guest printed ${JSON.stringify(awaited)}`;
  return {
    status: EXIT_STATUS.timeLimit,
    message: `Time limit of ${seconds} s was reached${before}`,
  };
}

/** A signal came. */
export function signalEnding(signal: EndingSignal): Ending {
  return { status: signalStatus(signal) };
}

/** Our fault. */
export function faultEnding(error: unknown): Ending {
  const inMachine = error instanceof MachineFaultError;
  const where = inMachine && error.stack !== undefined
    ? `\n${error.stack}`
    : "";
  const what = inMachine ? "Emulator failed: " : "";
  return {
    status: EXIT_STATUS.fault,
    message: `${what}${messageOf(error)}${where}`,
  };
}
