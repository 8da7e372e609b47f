import type { NetOptions } from "../machine/virtio/options.ts";
import { readNameserver } from "../virtio/net/user/host_dns.ts";

const RESOLVER = "/etc/resolv.conf";

/**
 * A network with the server that the host asks for names, unless it has one or
 * nothing leaves it. Without permission to read which, it has none.
 */
export function withNameserver(options: NetOptions): NetOptions {
  if (options.dns !== undefined || options.restrict) return options;
  const permission = { name: "read", path: RESOLVER } as const;
  if (Deno.permissions.querySync(permission).state !== "granted") {
    return options;
  }
  try {
    const dns = readNameserver(Deno.readTextFileSync(RESOLVER));
    return dns === undefined ? options : { ...options, dns };
  } catch {
    return options;
  }
}
