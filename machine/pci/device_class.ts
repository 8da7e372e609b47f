/**
 * Names of nodes by class code, as the generic names of Open Firmware have
 * them (IEEE 1275, PCI bus binding 2.1, and "Generic Names").
 *
 * @module
 */

/** By base class and subclass. */
const BY_SUBCLASS: Readonly<Record<number, string>> = {
  0x0100: "scsi",
  0x0101: "ide",
  0x0106: "sata",
  0x0108: "nvme",
  0x0200: "ethernet",
  0x0280: "network",
  0x0300: "display",
  0x0401: "sound",
  0x0780: "communication-controller",
  0x00ff: "legacy-device",
  0x0002: "legacy-device",
  0x1000: "network-encryption",
};

/** By base class alone. */
const BY_BASE_CLASS: Readonly<Record<number, string>> = {
  0x01: "mass-storage",
  0x02: "network",
  0x03: "display",
  0x04: "multimedia-device",
  0x05: "memory-controller",
  0x07: "communication-controller",
  0x08: "system-peripheral",
  0x09: "input-controller",
};

/** The node's name without unit address: what kind of device it is. */
export function nodeName(
  ids: { class: number; vendor: number; device: number },
): string {
  return BY_SUBCLASS[ids.class >> 8] ?? BY_BASE_CLASS[ids.class >> 16] ??
    `pci${ids.vendor.toString(16)},${ids.device.toString(16)}`;
}
