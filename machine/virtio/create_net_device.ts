/**
 * A network card with what its cable leads to.
 *
 * @module
 */
import type { NetBackend } from "../../virtio/net/backend.ts";
import { NetDevice } from "../../virtio/net/device.ts";
import { DumpFile } from "../../virtio/net/dump_file.ts";
import { DumpingBackend } from "../../virtio/net/pcap.ts";
import {
  DEFAULT_GUEST_MAC,
  parseAddress,
} from "../../virtio/net/user/address.ts";
import {
  type PortForward,
  UserNetwork,
} from "../../virtio/net/user/network.ts";
import { DeviceError } from "./device_error.ts";
import type { DeviceParts } from "./device_parts.ts";
import type { NetOptions } from "./options.ts";

/** Makes a card. Throws RangeError for options that cannot be. */
export function createNetDevice(
  options: NetOptions,
  parts: DeviceParts,
): NetDevice {
  const { restrict = false, forwards = [], dns, dump, mac: text } = options;
  const { defer, onClose } = parts;
  const mac = text === undefined ? nextMac(parts.number) : readMac(text);
  forwards.forEach(checkForward);
  const sockets = parts.sockets();
  if (sockets === undefined) {
    throw new DeviceError("Cannot make device: there is no network here");
  }
  const network = new UserNetwork({
    sockets,
    clock: parts.clock,
    restrict,
    forwards,
    ...dns && { dns },
    guestMac: mac,
  });
  let backend: NetBackend = network;
  if (dump !== undefined) {
    const file = DumpFile.open(dump);
    onClose(() => file.close());
    const now = () => (performance.timeOrigin + performance.now()) * 1000;
    backend = new DumpingBackend(network, file, { now });
  }
  return new NetDevice({ backend, mac, defer });
}

function nextMac(number: number): Uint8Array {
  const mac = Uint8Array.from(DEFAULT_GUEST_MAC);
  mac[5] = (mac[5] ?? 0) + number;
  return mac;
}

function readMac(text: string): Uint8Array {
  if (!/^[\da-f]{2}(:[\da-f]{2}){5}$/i.test(text)) {
    throw new RangeError(
      `Cannot make a network interface: no address: ${text}`,
    );
  }
  return Uint8Array.from(text.split(":"), (part) => parseInt(part, 16));
}

function checkForward(forward: PortForward): void {
  const { protocol, hostAddress, hostPort, guestPort } = forward;
  const isPort = (port: number, least: number) =>
    Number.isInteger(port) && port >= least && port <= 65535;
  const right = ["tcp", "udp"].includes(protocol) &&
    (hostAddress === undefined || parseAddress(hostAddress) !== undefined) &&
    isPort(hostPort, 0) && isPort(guestPort, 1);
  if (right) return;
  throw new RangeError(
    `Cannot forward a port: no such port: ${JSON.stringify(forward)}`,
  );
}
