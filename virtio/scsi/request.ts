/**
 * Requests of a virtio SCSI host, read out of their chains (virtio 1.3,
 * 5.6.6.1 and 5.6.6.2).
 *
 * @module
 */
import type { Chain } from "../chain.ts";
import { RingError } from "../ring_error.ts";
import type { ReadStream, WriteStream } from "../stream.ts";
import { LONGEST_CDB } from "./command.ts";

/** Sizes that a driver may set in the configuration. */
export interface FieldSizes {
  readonly sense: number;
  readonly cdb: number;
}

/** lun, id, task_attr, prio and crn. */
const HEADER_BYTES = 19;

/** sense_len, residual, status_qualifier, status and response. */
export const RESPONSE_BYTES = 12;

const LUN_BYTES = 8;

/** Bits of a LUN's second level: how the first two bytes address. */
const ADDRESS_METHOD = 0xc000;
const FLAT_SPACE = 0x4000;

/** What a request is for (5.6.6.1). */
export type LogicalUnit =
  | { readonly kind: "unit"; readonly target: number; readonly lun: number }
  /** The REPORT LUNS well-known logical unit. */
  | { readonly kind: "well-known" }
  | { readonly kind: "nonsense" };

/** A request for a command. */
export interface ScsiRequest {
  readonly unit: LogicalUnit;
  /** At least `LONGEST_CDB` bytes: filled up with zeros. */
  readonly cdb: Uint8Array;
  readonly dataOut: ReadStream;
  readonly dataIn: WriteStream;
  /** Where the response and the sense data go. */
  readonly response: WriteStream;
}

/**
 * Reads a request for a command. Throws RingError where it has no room for a
 * response, or no command.
 */
export function parseRequest(
  { readable, writable }: Chain,
  sizes: FieldSizes,
): ScsiRequest {
  if (writable.remaining < RESPONSE_BYTES + sizes.sense) {
    throw new RingError(
      "request",
      `Cannot answer a command: room for a response of ${writable.remaining} bytes`,
    );
  }
  if (readable.remaining < HEADER_BYTES + sizes.cdb) {
    throw new RingError(
      "request",
      `Cannot take a command: it has ${readable.remaining} bytes`,
    );
  }
  const response = writable.split(RESPONSE_BYTES + sizes.sense);
  const unit = parseLun(readable.bytes(LUN_BYTES));
  readable.skip(HEADER_BYTES - LUN_BYTES);
  const cdb = new Uint8Array(Math.max(LONGEST_CDB, sizes.cdb));
  cdb.set(readable.bytes(sizes.cdb));
  return { unit, cdb, dataOut: readable, dataIn: writable, response };
}

/** What a LUN of eight bytes addresses. */
export function parseLun(lun: Uint8Array): LogicalUnit {
  const [first, second = 0, high = 0, low = 0] = lun;
  if (first === 0xc1 && second === 0x01) return { kind: "well-known" };
  const level = high << 8 | low;
  const method = level & ADDRESS_METHOD;
  if (first !== 1 || method !== 0 && method !== FLAT_SPACE) {
    return { kind: "nonsense" };
  }
  return { kind: "unit", target: second, lun: level & ~ADDRESS_METHOD };
}
