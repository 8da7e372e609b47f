/**
 * How commands end (SAM-5, 5.3).
 *
 * @module
 */
import type { WriteStream } from "../stream.ts";
import { reportLuns } from "./answers.ts";
import { SENSE, type Sense } from "./sense.ts";

/** How a command went. */
export type CommandOutcome =
  | {
    readonly kind: "good";
    /** Bytes of data that went to or came from the initiator. */
    readonly transferred: number;
    /** Bytes that the host read or wrote. */
    readonly work: number;
  }
  | { readonly kind: "check-condition"; readonly sense: Sense }
  /** The buffers are smaller than what the command is about. */
  | { readonly kind: "overrun" };

/** Least allocation length of REPORT LUNS (SPC-4, 6.33). */
const LEAST_LUN_BYTES = 16;

/** The buffers are too small. */
export const OVERRUN: CommandOutcome = { kind: "overrun" };

/** It was done, and moved that many bytes of data. */
export function good(transferred: number, work = transferred): CommandOutcome {
  return { kind: "good", transferred, work };
}

/** It failed, and sense data say why. */
export function check(sense: Sense): CommandOutcome {
  return { kind: "check-condition", sense };
}

/** Gives as much of an answer as was asked for, and as there is room for. */
export function give(
  answer: Uint8Array | undefined,
  allocation: number,
  to: WriteStream,
): CommandOutcome {
  if (answer === undefined) return check(SENSE.invalidField);
  const bytes = Math.min(answer.length, allocation, to.remaining);
  to.bytes(answer.subarray(0, bytes));
  return good(bytes);
}

/** Answers REPORT LUNS, which every unit does. */
export function giveLuns(
  { select, allocation }: { select: number; allocation: number },
  to: WriteStream,
): CommandOutcome {
  if (allocation < LEAST_LUN_BYTES) return check(SENSE.invalidField);
  return give(reportLuns(select), allocation, to);
}
