/**
 * Reads the text of `--net`. It throws a SyntaxError whose message says what
 * to give instead.
 *
 * @module
 */
import type { NetOptions } from "../machine/virtio/options.ts";
import { parseAddress } from "../virtio/net/user/address.ts";
import type { PortForward } from "../virtio/net/user/network.ts";
import { common, split, value } from "./device_options.ts";

/** Most forwarded ports. */
const MAX_FORWARDS = 64;

const FORWARD = "tcp:HOSTPORT:GUESTPORT, with ADDRESS: before HOSTPORT " +
  "for another address than loopback, or udp in place of tcp";

/**
 * Reads `user[,restrict][,forward=tcp:[ADDRESS:]HOSTPORT:GUESTPORT]…`, and
 * `mac=`; host port 0 is any that is free.
 */
export function net(text: string): NetOptions {
  const [backend, parts] = split(text, ["restrict", "forward", "mac"]);
  if (backend !== "user") throw new SyntaxError("use user");
  const forwards = (parts["forward"] ?? []).map(forward);
  if (forwards.length > MAX_FORWARDS) {
    throw new SyntaxError(`forward at most ${MAX_FORWARDS} ports`);
  }
  const mac = value(parts, "mac");
  return {
    kind: "net",
    backend,
    ...parts["restrict"] && { restrict: true },
    ...forwards.length > 0 && { forwards },
    ...mac !== undefined && { mac: macAddress(mac) },
    ...common(parts),
  };
}

function forward(text: string): PortForward {
  const [, protocol, address, host, guest] =
    /^(tcp|udp):(?:([\d.]+):)?(\d{1,5}):(\d{1,5})$/.exec(text) ?? [];
  if (protocol !== "tcp" && protocol !== "udp") {
    throw new SyntaxError(`for forward, use ${FORWARD}`);
  }
  if (address !== undefined && parseAddress(address) === undefined) {
    throw new SyntaxError(`for forward, there is no address ${address}`);
  }
  return {
    protocol,
    ...address !== undefined && { hostAddress: address },
    hostPort: port(host, 0),
    guestPort: port(guest, 1),
  };
}

function port(text: string | undefined, least: number): number {
  const number = Number(text);
  if (number >= least && number <= 65535) return number;
  throw new SyntaxError(`for forward, there is no port ${text}`);
}

function macAddress(text: string): string {
  // The lowest bit of the first byte is that of groups.
  if (/^[\da-f][02468ace](:[\da-f]{2}){5}$/i.test(text)) return text;
  throw new SyntaxError("for mac, use an address such as 52:54:00:12:34:57");
}
