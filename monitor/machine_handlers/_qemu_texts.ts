// What stands behind the names of features and status bits in the answers of
// QEMU's methods. Clients go by the name, which ends at the colon.

const FEATURES: Readonly<Record<string, string>> = {
  VIRTIO_F_NOTIFY_ON_EMPTY: "Interrupt when the available ring runs empty",
  VIRTIO_F_ANY_LAYOUT: "Requests may be cut into descriptors anyhow",
  VIRTIO_RING_F_INDIRECT_DESC: "Tables of indirect descriptors",
  VIRTIO_RING_F_EVENT_IDX: "Notifications wanted by index",
  VIRTIO_F_BAD_FEATURE: "Never to be accepted",
  VIRTIO_F_VERSION_1: "Version 1 or later of the book",
  VIRTIO_F_ACCESS_PLATFORM: "The platform translates addresses",
  VIRTIO_F_RING_PACKED: "Packed rings",
  VIRTIO_F_IN_ORDER: "Requests come back in their order",
  VIRTIO_F_ORDER_PLATFORM: "Memory is ordered as for real devices",
  VIRTIO_F_SR_IOV: "Single root I/O virtualization",
  VIRTIO_F_NOTIFICATION_DATA: "Kicks say how far the driver is",
  VIRTIO_F_NOTIF_CONFIG_DATA: "Kicks carry a value of the device's",
  VIRTIO_F_RING_RESET: "Queues are reset one by one",
  VIRTIO_F_ADMIN_VQ: "Administration queues",
  VIRTIO_NET_F_CSUM: "Device completes checksums",
  VIRTIO_NET_F_GUEST_CSUM: "Driver completes checksums",
  VIRTIO_NET_F_CTRL_GUEST_OFFLOADS: "Driver's offloads can be changed",
  VIRTIO_NET_F_MTU: "Device says its largest packet",
  VIRTIO_NET_F_MAC: "Device has an address",
  VIRTIO_NET_F_GSO: "Device takes any segmentation",
  VIRTIO_NET_F_GUEST_TSO4: "Driver takes TCP segments over IPv4",
  VIRTIO_NET_F_GUEST_TSO6: "Driver takes TCP segments over IPv6",
  VIRTIO_NET_F_GUEST_ECN: "Driver takes segments with ECN",
  VIRTIO_NET_F_GUEST_UFO: "Driver takes UDP fragments",
  VIRTIO_NET_F_HOST_TSO4: "Device takes TCP segments over IPv4",
  VIRTIO_NET_F_HOST_TSO6: "Device takes TCP segments over IPv6",
  VIRTIO_NET_F_HOST_ECN: "Device takes segments with ECN",
  VIRTIO_NET_F_HOST_UFO: "Device takes UDP fragments",
  VIRTIO_NET_F_MRG_RXBUF: "A packet may fill several buffers",
  VIRTIO_NET_F_STATUS: "Device says whether the link is up",
  VIRTIO_NET_F_CTRL_VQ: "Control queue",
  VIRTIO_NET_F_CTRL_RX: "Modes of reception",
  VIRTIO_NET_F_CTRL_VLAN: "Filters of VLANs",
  VIRTIO_NET_F_CTRL_RX_EXTRA: "More modes of reception",
  VIRTIO_NET_F_GUEST_ANNOUNCE: "Driver announces itself when asked",
  VIRTIO_NET_F_MQ: "Several pairs of queues",
  VIRTIO_NET_F_CTRL_MAC_ADDR: "Driver sets the address",
  VIRTIO_NET_F_HASH_REPORT: "Device reports hashes",
  VIRTIO_NET_F_RSS: "Packets are spread over queues",
  VIRTIO_NET_F_RSC_EXT: "Device joins segments",
  VIRTIO_NET_F_STANDBY: "Stands by for another card",
  VIRTIO_NET_F_SPEED_DUPLEX: "Device says speed and duplex",
  VIRTIO_BLK_F_BARRIER: "Barriers",
  VIRTIO_BLK_F_SIZE_MAX: "Size of a segment is bounded",
  VIRTIO_BLK_F_SEG_MAX: "Number of segments is bounded",
  VIRTIO_BLK_F_GEOMETRY: "Geometry",
  VIRTIO_BLK_F_RO: "Read-only",
  VIRTIO_BLK_F_BLK_SIZE: "Size of a block",
  VIRTIO_BLK_F_SCSI: "SCSI commands",
  VIRTIO_BLK_F_FLUSH: "Flush",
  VIRTIO_BLK_F_TOPOLOGY: "Topology",
  VIRTIO_BLK_F_CONFIG_WCE: "Cache mode can be set",
  VIRTIO_BLK_F_MQ: "Several queues",
  VIRTIO_BLK_F_DISCARD: "Discard",
  VIRTIO_BLK_F_WRITE_ZEROES: "Write zeroes",
  VIRTIO_BLK_F_LIFETIME: "Device says how worn it is",
  VIRTIO_BLK_F_SECURE_ERASE: "Secure erase",
  VIRTIO_BLK_F_ZONED: "Zones",
  VIRTIO_CONSOLE_F_SIZE: "Size of the screen",
  VIRTIO_CONSOLE_F_MULTIPORT: "Several ports",
  VIRTIO_CONSOLE_F_EMERG_WRITE: "Emergency write",
  VIRTIO_BALLOON_F_MUST_TELL_HOST: "Driver tells before it takes pages back",
  VIRTIO_BALLOON_F_STATS_VQ: "Queue of statistics",
  VIRTIO_BALLOON_F_DEFLATE_ON_OOM: "Driver may take pages back in need",
  VIRTIO_BALLOON_F_FREE_PAGE_HINT: "Hints of free pages",
  VIRTIO_BALLOON_F_PAGE_POISON: "Free pages hold a pattern",
  VIRTIO_BALLOON_F_PAGE_REPORTING: "Reports of free pages",
  VIRTIO_SCSI_F_INOUT: "Requests of both directions",
  VIRTIO_SCSI_F_HOTPLUG: "Units come and go",
  VIRTIO_SCSI_F_CHANGE: "Units change",
  VIRTIO_SCSI_F_T10_PI: "Protection information",
  VIRTIO_9P_MOUNT_TAG: "Tag to mount by",
};

const STATUSES: Readonly<Record<string, string>> = {
  ACKNOWLEDGE: "The guest has seen the device",
  DRIVER: "The guest has a driver for it",
  FEATURES_OK: "Features are agreed on",
  DRIVER_OK: "The driver is ready",
  DEVICE_NEEDS_RESET: "The device is broken until its reset",
  FAILED: "The driver has given up",
};

/** A feature as QEMU writes it: `NAME: text`. */
export function featureText(name: string): string {
  return `${name}: ${FEATURES[name] ?? "A feature"}`;
}

/** A status bit as QEMU writes it. */
export function statusText(name: string): string {
  const bit = name.replace(/^DEVICE_/, "");
  return `VIRTIO_CONFIG_S_${bit}: ${STATUSES[name] ?? "A status bit"}`;
}
