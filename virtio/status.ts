/**
 * The device status field (virtio 1.3, 2.1).
 *
 * @module
 */

/** Bits of the status. */
export const STATUS = {
  acknowledge: 0x01,
  driver: 0x02,
  driverOk: 0x04,
  featuresOk: 0x08,
  needsReset: 0x40,
  failed: 0x80,
} as const;

const NAMES: readonly (readonly [bit: number, name: string])[] = [
  [STATUS.acknowledge, "ACKNOWLEDGE"],
  [STATUS.driver, "DRIVER"],
  [STATUS.featuresOk, "FEATURES_OK"],
  [STATUS.driverOk, "DRIVER_OK"],
  [STATUS.needsReset, "DEVICE_NEEDS_RESET"],
  [STATUS.failed, "FAILED"],
];

/** Names of the bits that are set, in the order in which a driver sets them. */
export function statusNames(status: number): string[] {
  return NAMES.filter(([bit]) => status & bit).map(([, name]) => name);
}

/** The bits that have no name. */
export function unknownStatus(status: number): number {
  return NAMES.reduce((rest, [bit]) => rest & ~bit, status);
}
