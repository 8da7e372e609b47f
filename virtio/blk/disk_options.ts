/**
 * What all disks are told apart by, whichever way the guest reaches them.
 *
 * @module
 */

/** Most characters of a serial number: a block device's id has no more. */
export const MAX_SERIAL = 20;

/** Most request queues: one a vCPU is the use of several. */
const MAX_QUEUES = 64;

/** Throws RangeError for a serial number that no disk can have. */
export function checkSerial(serial: string): void {
  if (serial.length <= MAX_SERIAL && /^[\x20-\x7e]*$/.test(serial)) return;
  throw new RangeError(
    `Cannot make a disk: serial is not ${MAX_SERIAL} ASCII characters at most: ${serial}`,
  );
}

/** Names of a disk's request queues. Throws RangeError for a wrong count. */
export function requestQueueNames(count: number): string[] {
  if (!Number.isInteger(count) || count < 1 || count > MAX_QUEUES) {
    throw new RangeError(
      `Cannot make a disk: queues are not 1 to ${MAX_QUEUES}: ${count}`,
    );
  }
  if (count === 1) return ["requests"];
  return Array.from({ length: count }, (_, index) => `requests ${index}`);
}
