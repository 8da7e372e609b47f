/**
 * Feature bits of the network device (virtio 1.3, 5.1.3).
 *
 * @module
 */
import { featureMask, hasFeature } from "../features.ts";
import type { AcceptedOffloads } from "./backend.ts";

/** VIRTIO_NET_F_*, those that are offered here. */
export const NET_FEATURE = {
  /** CSUM: the device completes checksums of the guest's frames. */
  checksum: 0,
  /** GUEST_CSUM: the driver takes frames without their checksum. */
  guestChecksum: 1,
  mac: 5,
  /** GUEST_TSO4 */
  guestSegments: 7,
  /** HOST_TSO4 */
  hostSegments: 11,
  /** HOST_ECN */
  hostEcn: 13,
  mergedBuffers: 15,
  status: 16,
  controlQueue: 17,
  controlReceive: 18,
  controlExtra: 20,
  controlMac: 23,
} as const;

/** Features that need another one (virtio 1.3, 5.1.3.1). */
const REQUIREMENTS = [
  ["GUEST_TSO4", NET_FEATURE.guestSegments, NET_FEATURE.guestChecksum],
  ["HOST_TSO4", NET_FEATURE.hostSegments, NET_FEATURE.checksum],
  ["HOST_ECN", NET_FEATURE.hostEcn, NET_FEATURE.hostSegments],
  ["CTRL_RX", NET_FEATURE.controlReceive, NET_FEATURE.controlQueue],
  ["CTRL_RX_EXTRA", NET_FEATURE.controlExtra, NET_FEATURE.controlQueue],
  ["CTRL_MAC_ADDR", NET_FEATURE.controlMac, NET_FEATURE.controlQueue],
] as const;

/** What a device offers in front of a backend. */
export function netFeatures({ checksum, segments }: AcceptedOffloads): bigint {
  const {
    guestChecksum,
    guestSegments,
    hostSegments,
    hostEcn,
    checksum: hostChecksum,
    ...always
  } = NET_FEATURE;
  return featureMask(
    ...Object.values(always),
    ...checksum ? [hostChecksum, guestChecksum] : [],
    ...checksum && segments ? [guestSegments, hostSegments, hostEcn] : [],
  );
}

/** Which feature lacks the one that it needs; undefined where none does. */
export function netFeaturesRefusal(features: bigint): string | undefined {
  const lone = REQUIREMENTS.find(([, bit, needed]) =>
    hasFeature(features, bit) && !hasFeature(features, needed)
  );
  return lone && `VIRTIO_NET_F_${lone[0]} without bit ${lone[2]}`;
}
