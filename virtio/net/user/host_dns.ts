/**
 * The host's DNS server, as its resolver's configuration names it
 * (resolv.conf(5)).
 *
 * @module
 */
import { parseAddress } from "./address.ts";
import type { HostEndpoint } from "./host_sockets.ts";

/** The first server with an IPv4 address in `resolv.conf`; undefined for none. */
export function readNameserver(text: string): HostEndpoint | undefined {
  for (const line of text.split("\n")) {
    const [word, address] = line.trim().split(/\s+/);
    if (word !== "nameserver" || address === undefined) continue;
    if (parseAddress(address) !== undefined) return { address, port: 53 };
  }
  return undefined;
}
