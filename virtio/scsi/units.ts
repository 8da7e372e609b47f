/**
 * Logical units other than the disk.
 *
 * @module
 */
import type { WriteStream } from "../stream.ts";
import { PERIPHERAL, standardInquiry } from "./answers.ts";
import type { Command } from "./command.ts";
import { check, type CommandOutcome, give, giveLuns, good } from "./outcome.ts";
import { SENSE, senseBytes } from "./sense.ts";

/** A command for a unit that is not there (SPC-4, 6.6.1). */
export function executeNowhere(
  command: Command,
  to: WriteStream,
): CommandOutcome {
  switch (command.kind) {
    case "inquiry": {
      const answer = command.page === undefined
        ? standardInquiry(PERIPHERAL.none)
        : undefined;
      return give(answer, command.allocation, to);
    }
    case "report-luns":
      return giveLuns(command, to);
    case "request-sense":
      return give(senseBytes(SENSE.unknownUnit), command.allocation, to);
    default:
      return check(SENSE.unknownUnit);
  }
}

/** A command for the REPORT LUNS well-known logical unit (SPC-4, 8.2). */
export function executeWellKnown(
  command: Command,
  to: WriteStream,
): CommandOutcome {
  switch (command.kind) {
    case "inquiry": {
      const answer = command.page === undefined
        ? standardInquiry(PERIPHERAL.wellKnown)
        : undefined;
      return give(answer, command.allocation, to);
    }
    case "report-luns":
      return giveLuns(command, to);
    case "request-sense":
      return give(senseBytes(SENSE.none), command.allocation, to);
    case "test-unit-ready":
      return good(0);
    default:
      return check(SENSE.unknownCommand);
  }
}
