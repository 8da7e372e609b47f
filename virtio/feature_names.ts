/**
 * Names of feature bits (virtio 1.3, section 5 by device, and section 6).
 *
 * @module
 */
import type { DeviceKind } from "./device_kinds.ts";

type Names = Readonly<Record<number, string>>;

const RING_NAMES: Names = {
  24: "VIRTIO_F_NOTIFY_ON_EMPTY",
  27: "VIRTIO_F_ANY_LAYOUT",
  28: "VIRTIO_RING_F_INDIRECT_DESC",
  29: "VIRTIO_RING_F_EVENT_IDX",
  30: "VIRTIO_F_BAD_FEATURE",
  32: "VIRTIO_F_VERSION_1",
  33: "VIRTIO_F_ACCESS_PLATFORM",
  34: "VIRTIO_F_RING_PACKED",
  35: "VIRTIO_F_IN_ORDER",
  36: "VIRTIO_F_ORDER_PLATFORM",
  37: "VIRTIO_F_SR_IOV",
  38: "VIRTIO_F_NOTIFICATION_DATA",
  39: "VIRTIO_F_NOTIF_CONFIG_DATA",
  40: "VIRTIO_F_RING_RESET",
  41: "VIRTIO_F_ADMIN_VQ",
};

const DEVICE_NAMES: Readonly<Record<DeviceKind, Names>> = {
  net: {
    0: "VIRTIO_NET_F_CSUM",
    1: "VIRTIO_NET_F_GUEST_CSUM",
    2: "VIRTIO_NET_F_CTRL_GUEST_OFFLOADS",
    3: "VIRTIO_NET_F_MTU",
    5: "VIRTIO_NET_F_MAC",
    6: "VIRTIO_NET_F_GSO",
    7: "VIRTIO_NET_F_GUEST_TSO4",
    8: "VIRTIO_NET_F_GUEST_TSO6",
    9: "VIRTIO_NET_F_GUEST_ECN",
    10: "VIRTIO_NET_F_GUEST_UFO",
    11: "VIRTIO_NET_F_HOST_TSO4",
    12: "VIRTIO_NET_F_HOST_TSO6",
    13: "VIRTIO_NET_F_HOST_ECN",
    14: "VIRTIO_NET_F_HOST_UFO",
    15: "VIRTIO_NET_F_MRG_RXBUF",
    16: "VIRTIO_NET_F_STATUS",
    17: "VIRTIO_NET_F_CTRL_VQ",
    18: "VIRTIO_NET_F_CTRL_RX",
    19: "VIRTIO_NET_F_CTRL_VLAN",
    20: "VIRTIO_NET_F_CTRL_RX_EXTRA",
    21: "VIRTIO_NET_F_GUEST_ANNOUNCE",
    22: "VIRTIO_NET_F_MQ",
    23: "VIRTIO_NET_F_CTRL_MAC_ADDR",
    51: "VIRTIO_NET_F_HASH_TUNNEL",
    52: "VIRTIO_NET_F_VQ_NOTF_COAL",
    53: "VIRTIO_NET_F_NOTF_COAL",
    54: "VIRTIO_NET_F_GUEST_USO4",
    55: "VIRTIO_NET_F_GUEST_USO6",
    56: "VIRTIO_NET_F_HOST_USO",
    57: "VIRTIO_NET_F_HASH_REPORT",
    59: "VIRTIO_NET_F_GUEST_HDRLEN",
    60: "VIRTIO_NET_F_RSS",
    61: "VIRTIO_NET_F_RSC_EXT",
    62: "VIRTIO_NET_F_STANDBY",
    63: "VIRTIO_NET_F_SPEED_DUPLEX",
  },
  blk: {
    0: "VIRTIO_BLK_F_BARRIER",
    1: "VIRTIO_BLK_F_SIZE_MAX",
    2: "VIRTIO_BLK_F_SEG_MAX",
    4: "VIRTIO_BLK_F_GEOMETRY",
    5: "VIRTIO_BLK_F_RO",
    6: "VIRTIO_BLK_F_BLK_SIZE",
    7: "VIRTIO_BLK_F_SCSI",
    9: "VIRTIO_BLK_F_FLUSH",
    10: "VIRTIO_BLK_F_TOPOLOGY",
    11: "VIRTIO_BLK_F_CONFIG_WCE",
    12: "VIRTIO_BLK_F_MQ",
    13: "VIRTIO_BLK_F_DISCARD",
    14: "VIRTIO_BLK_F_WRITE_ZEROES",
    15: "VIRTIO_BLK_F_LIFETIME",
    16: "VIRTIO_BLK_F_SECURE_ERASE",
    17: "VIRTIO_BLK_F_ZONED",
  },
  console: {
    0: "VIRTIO_CONSOLE_F_SIZE",
    1: "VIRTIO_CONSOLE_F_MULTIPORT",
    2: "VIRTIO_CONSOLE_F_EMERG_WRITE",
  },
  rng: {},
  balloon: {
    0: "VIRTIO_BALLOON_F_MUST_TELL_HOST",
    1: "VIRTIO_BALLOON_F_STATS_VQ",
    2: "VIRTIO_BALLOON_F_DEFLATE_ON_OOM",
    3: "VIRTIO_BALLOON_F_FREE_PAGE_HINT",
    4: "VIRTIO_BALLOON_F_PAGE_POISON",
    5: "VIRTIO_BALLOON_F_PAGE_REPORTING",
  },
  scsi: {
    0: "VIRTIO_SCSI_F_INOUT",
    1: "VIRTIO_SCSI_F_HOTPLUG",
    2: "VIRTIO_SCSI_F_CHANGE",
    3: "VIRTIO_SCSI_F_T10_PI",
  },
  p9: { 0: "VIRTIO_9P_MOUNT_TAG" },
};

/** A mask of features as people read it. */
export interface FeatureNames {
  /** Of rings and transports. */
  readonly transport: readonly string[];
  /** Of the device's kind. */
  readonly device: readonly string[];
  /** Bits that have no name. */
  readonly unknown: bigint;
}

/** Names of the features in a mask, lowest bit first. */
export function featureNames(kind: DeviceKind, features: bigint): FeatureNames {
  const transport: string[] = [];
  const device: string[] = [];
  let unknown = 0n;
  for (let bit = 0; bit < 64; bit++) {
    const mask = 1n << BigInt(bit);
    if ((features & mask) === 0n) continue;
    const ring = RING_NAMES[bit];
    const own = DEVICE_NAMES[kind][bit];
    if (ring !== undefined) transport.push(ring);
    else if (own !== undefined) device.push(own);
    else unknown |= mask;
  }
  return { transport, device, unknown };
}
