/**
 * Which virtio devices a machine has: plain data, structured-clonable, as the
 * command line gives it.
 *
 * @module
 */
import {
  BYTE_ORDER_POLICIES,
  type ByteOrderPolicy,
} from "../../virtio/byte_order.ts";
import type { RingOptions } from "../../virtio/features.ts";
import type { HostEndpoint } from "../../virtio/net/user/host_sockets.ts";
import type { PortForward } from "../../virtio/net/user/network.ts";
import { PCI_FORMS, type PciForm } from "../../virtio/transport_pci.ts";
import { SLOTS } from "../pci/address_map.ts";

/** What holds for all devices that do not choose for themselves. */
export interface VirtioDefaults {
  /** Which interfaces there are. @default {"transitional"} */
  readonly form?: PciForm;
  /** Who decides devices' byte order. @default {"ile-at-reset"} */
  readonly byteOrder?: ByteOrderPolicy;
  /** What rings can do. */
  readonly rings?: RingOptions;
}

/** What every device can choose. */
export interface CommonDeviceOptions extends VirtioDefaults {
  /**
   * Name in the monitor: letters, digits, `.`, `_` and `-`. Default: what it
   * is, and the next free number: `blk0`, `share0`.
   */
  readonly name?: string;
  /** Slot on the bus, 0 to 31. Default: the first that is free. */
  readonly slot?: number;
  /** Default: one for each queue, and one for the configuration. */
  readonly msixVectors?: number;
}

/** A raw disk image: `--drive`. */
export interface BlkOptions extends CommonDeviceOptions {
  /** What it is. */
  readonly kind: "blk";
  /** The image's file. */
  readonly path: string;
  /** Whether the guest cannot write. @default {false} */
  readonly readonly?: boolean;
  /** What the guest sees it by. At most 20 bytes. */
  readonly serial?: string;
  /** Queues of requests. @default {1} */
  readonly queues?: number;
}

/** A folder of the host: `--share`. */
export interface ShareOptions extends CommonDeviceOptions {
  /** What it is. */
  readonly kind: "p9";
  /** What the guest mounts it by. */
  readonly tag: string;
  /** The folder. */
  readonly path: string;
  /** Whether the guest cannot write. @default {false} */
  readonly readonly?: boolean;
  /** How links that the guest makes are stored. @default {"mapped"} */
  readonly links?: "mapped";
}

/** A network card: `--net`. */
export interface NetOptions extends CommonDeviceOptions {
  /** What it is. */
  readonly kind: "net";
  /**
   * Sockets of the host: the guest is 10.0.2.15, 10.0.2.2 is the host's
   * loopback, 10.0.2.3 its DNS server.
   */
  readonly backend: "user";
  /** Whether the guest reaches nothing but the gateway. @default {false} */
  readonly restrict?: boolean;
  /** Ports of the host that lead to the guest. */
  readonly forwards?: readonly PortForward[];
  /** DNS server that the guest is led to; none if absent. */
  readonly dns?: HostEndpoint;
  /** File to write packets to, in pcap's format. */
  readonly dump?: string;
  /**
   * Such as 52:54:00:12:34:57. Default: 52:54:00:12:34:56, and the next for
   * each further card.
   */
  readonly mac?: string;
}

/** Terminals and ports beside the vty. */
export interface ConsoleOptions extends CommonDeviceOptions {
  /** What it is. */
  readonly kind: "console";
  /** Further ports; a name alone is one that leads nowhere on the host. */
  readonly ports?: readonly (string | PortOptions)[];
}

/** A named port of a virtio console. */
export interface PortOptions {
  /** Its name in the guest; in Linux, /dev/virtio-ports/NAME. */
  readonly name: string;
  /** Where it leads: a file that takes what the guest writes, or a Unix socket. */
  readonly host?: { readonly kind: "file" | "unix"; readonly path: string };
}

/** Entropy. */
export interface RngOptions extends CommonDeviceOptions {
  /** What it is. */
  readonly kind: "rng";
}

/** Memory that the guest can give back. */
export interface BalloonOptions extends CommonDeviceOptions {
  /** What it is. */
  readonly kind: "balloon";
}

/** A SCSI bus with one disk. */
export interface ScsiOptions extends CommonDeviceOptions {
  /** What it is. */
  readonly kind: "scsi";
  /** The image's file. */
  readonly path: string;
  /** Whether the guest cannot write. @default {false} */
  readonly readonly?: boolean;
  /** At most 20 bytes. */
  readonly serial?: string;
}

/** A device, in the order in which they come on the bus. */
export type DeviceOptions =
  | BlkOptions
  | ShareOptions
  | NetOptions
  | ConsoleOptions
  | RngOptions
  | BalloonOptions
  | ScsiOptions;

/** What a device is. */
export type DeviceOptionsKind = DeviceOptions["kind"];

/** First part of the names that devices get by themselves. */
const STEMS: Readonly<Record<DeviceOptionsKind, string>> = {
  blk: "blk",
  p9: "share",
  net: "net",
  console: "console",
  rng: "rng",
  balloon: "balloon",
  scsi: "scsi",
};

const NAME_LIMIT = 64;

/**
 * The devices' names, in their order: those that were chosen, and numbers for
 * the others.
 *
 * @throws {RangeError} If a name is taken twice or malformed.
 */
export function deviceNames(
  devices: readonly Pick<DeviceOptions, "kind" | "name">[],
): string[] {
  const taken = new Set<string>();
  for (const { name } of devices) {
    if (name === undefined) continue;
    if (!/^[\w.-]+$/.test(name) || name.length > NAME_LIMIT) {
      throw new RangeError(`Cannot name device: not a name: "${name}"`);
    }
    if (taken.has(name)) {
      throw new RangeError(`Cannot name device: name is taken: "${name}"`);
    }
    taken.add(name);
  }
  return devices.map(({ kind, name }) => {
    if (name !== undefined) return name;
    let number = 0;
    while (taken.has(`${STEMS[kind]}${number}`)) number++;
    const free = `${STEMS[kind]}${number}`;
    taken.add(free);
    return free;
  });
}

/**
 * Checks what the bus and the transport have to say about options. What is a
 * device's own it checks itself.
 *
 * @throws {RangeError} If something cannot be.
 */
export function checkDeviceOptions(devices: readonly DeviceOptions[]): void {
  deviceNames(devices);
  if (devices.length > SLOTS) {
    throw new RangeError(
      `Cannot make machine: more devices than ${SLOTS}: ${devices.length}`,
    );
  }
  const slots = new Set<number>();
  for (const { kind, slot, form, byteOrder } of devices) {
    if (!Object.hasOwn(STEMS, kind)) {
      throw new RangeError(`Cannot make machine: no such device: ${kind}`);
    }
    if (form !== undefined && !PCI_FORMS.includes(form)) {
      throw new RangeError(`Cannot make machine: no form of virtio: ${form}`);
    }
    if (byteOrder !== undefined && !BYTE_ORDER_POLICIES.includes(byteOrder)) {
      throw new RangeError(
        `Cannot make machine: no byte order policy: ${byteOrder}`,
      );
    }
    if (slot === undefined) continue;
    if (!Number.isInteger(slot) || slot < 0 || slot >= SLOTS) {
      throw new RangeError(`Cannot make machine: no slot: ${slot}`);
    }
    if (slots.has(slot)) {
      throw new RangeError(`Cannot make machine: slot is taken: ${slot}`);
    }
    slots.add(slot);
  }
}
