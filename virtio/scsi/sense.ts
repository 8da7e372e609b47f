/**
 * Why a command failed: sense data in fixed format (SPC-4, 4.5.3).
 *
 * @module
 */

/** Sense key, additional sense code and its qualifier. */
export interface Sense {
  readonly key: number;
  readonly code: number;
  readonly qualifier: number;
}

function sense(key: number, code: number, qualifier = 0): Sense {
  return { key, code, qualifier };
}

/** Sense keys (SPC-4, table 48). */
const MEDIUM_ERROR = 3;
const ILLEGAL_REQUEST = 5;
const UNIT_ATTENTION = 6;
const DATA_PROTECT = 7;

/** All that a disk here reports (SPC-4, annex F.2). */
export const SENSE = {
  none: sense(0, 0),
  writeError: sense(MEDIUM_ERROR, 0x0c),
  readError: sense(MEDIUM_ERROR, 0x11),
  parameterListLength: sense(ILLEGAL_REQUEST, 0x1a),
  unknownCommand: sense(ILLEGAL_REQUEST, 0x20),
  blockOutOfRange: sense(ILLEGAL_REQUEST, 0x21),
  invalidField: sense(ILLEGAL_REQUEST, 0x24),
  unknownUnit: sense(ILLEGAL_REQUEST, 0x25),
  invalidParameter: sense(ILLEGAL_REQUEST, 0x26),
  savingNotSupported: sense(ILLEGAL_REQUEST, 0x39),
  writeProtected: sense(DATA_PROTECT, 0x27),
  powerOn: sense(UNIT_ATTENTION, 0x29, 0),
  unitReset: sense(UNIT_ATTENTION, 0x29, 3),
} as const satisfies Readonly<Record<string, Sense>>;

/** Bytes of sense data in fixed format, without vendor's additions. */
const SENSE_BYTES = 18;

/** Sense data as a command's initiator gets it. */
export function senseBytes({ key, code, qualifier }: Sense): Uint8Array {
  const bytes = new Uint8Array(SENSE_BYTES);
  bytes[0] = 0x70; // current, fixed format
  bytes[2] = key;
  bytes[7] = SENSE_BYTES - 8;
  bytes[12] = code;
  bytes[13] = qualifier;
  return bytes;
}
