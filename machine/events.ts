/**
 * Events that the guest fetches by check-exception, as error logs of version 6
 * (LoPAPR 10.3.2).
 *
 * @module
 */

/** Event classes of check-exception's mask (LoPAPR 7.3.3). */
export const EVENT_CLASS = { epow: 0x40000000 } as const;

/** An event that waits to be fetched. */
export interface PendingEvent {
  readonly class: number;
  readonly log: Uint8Array;
}

const SUMMARY = {
  version6: 0x06000000,
  severityEvent: 0x00200000,
  optionalPart: 0x00040000,
  typeEpow: 0x00000040,
} as const;

/** Sections of a platform event log: identifier and length. */
const SECTION = {
  privateHeader: [0x5048, 48],
  userHeader: [0x5548, 24],
  epow: [0x4550, 20],
} as const;

const VALID_NEW_BIG_ENDIAN = 0x80 | 0x04 | 0x02;
const PLATFORM_EVENT_FORMAT = 0x80 | 0x0e;
const COMPANY_IBM = 0x49424d00;
/** EPOW: shut down, in the normal way (LoPAPR table "EPOW action codes"). */
const ACTION_SYSTEM_SHUTDOWN = 3;
const MODIFIER_NORMAL = 1;

/** The log of the power button: asks the guest to shut down. */
export function powerDownEvent(): PendingEvent {
  const sections = [
    SECTION.privateHeader,
    SECTION.userHeader,
    SECTION.epow,
  ];
  const extended = 16 + sections.reduce((sum, [, bytes]) => sum + bytes, 0);
  const log = new DataView(new ArrayBuffer(8 + extended));
  log.setUint32(
    0,
    SUMMARY.version6 | SUMMARY.severityEvent | SUMMARY.optionalPart |
      SUMMARY.typeEpow,
  );
  log.setUint32(4, extended);
  log.setUint8(8, VALID_NEW_BIG_ENDIAN);
  log.setUint8(10, PLATFORM_EVENT_FORMAT);
  log.setUint32(20, COMPANY_IBM);
  let at = 24;
  for (const [id, bytes] of sections) {
    log.setUint16(at, id);
    log.setUint16(at + 2, bytes);
    log.setUint8(at + 4, 1);
    if (id === SECTION.privateHeader[0]) {
      log.setUint8(at + 24, "H".charCodeAt(0));
      log.setUint8(at + 27, sections.length);
    }
    if (id === SECTION.epow[0]) {
      log.setUint8(at + 8, ACTION_SYSTEM_SHUTDOWN);
      log.setUint8(at + 9, MODIFIER_NORMAL);
    }
    at += bytes;
  }
  return { class: EVENT_CLASS.epow, log: new Uint8Array(log.buffer) };
}
