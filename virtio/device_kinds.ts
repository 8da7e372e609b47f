/**
 * Kinds of devices, with the numbers by which a guest knows them
 * (virtio 1.3, 5 and 4.1.2).
 *
 * @module
 */

/** Numbers of a kind. */
export interface KindNumbers {
  /** Device id (virtio 1.3, section 5). */
  readonly id: number;
  /** PCI device id of the transitional form (virtio 1.3, 4.1.2.1). */
  readonly transitionalId: number;
  /** PCI class code: base class, subclass, programming interface. */
  readonly pciClass: number;
}

/** All kinds that there are here. */
export const DEVICE_KINDS = {
  net: { id: 1, transitionalId: 0x1000, pciClass: 0x020000 },
  blk: { id: 2, transitionalId: 0x1001, pciClass: 0x010000 },
  console: { id: 3, transitionalId: 0x1003, pciClass: 0x078000 },
  rng: { id: 4, transitionalId: 0x1005, pciClass: 0x00ff00 },
  balloon: { id: 5, transitionalId: 0x1002, pciClass: 0x00ff00 },
  scsi: { id: 8, transitionalId: 0x1004, pciClass: 0x010000 },
  p9: { id: 9, transitionalId: 0x1009, pciClass: 0x000200 },
} as const satisfies Readonly<Record<string, KindNumbers>>;

/** What a device is. */
export type DeviceKind = keyof typeof DEVICE_KINDS;
