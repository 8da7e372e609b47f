/**
 * IPv4 and Ethernet addresses, and who has which on the user network.
 *
 * @module
 */

/** An IPv4 address as an unsigned number. */
export type Address = number;

/** Addresses of the network: those that QEMU's user network has. */
export const NETWORK = {
  network: 0x0a000200, // 10.0.2.0
  mask: 0xffffff00,
  gateway: 0x0a000202, // 10.0.2.2, which is also the host's loopback
  dns: 0x0a000203, // 10.0.2.3
  guest: 0x0a00020f, // 10.0.2.15
  broadcast: 0x0a0002ff, // 10.0.2.255
} as const;

/** Ports that what comes from outside has on the gateway (RFC 6335, section 6). */
export const EPHEMERAL = { first: 49152, count: 16384 } as const;

/** 255.255.255.255 */
export const EVERYBODY: Address = 0xffffffff;

/** Address of the gateway's interface, made up by the locally-administered bit. */
export const GATEWAY_MAC: Uint8Array<ArrayBuffer> = Uint8Array.of(
  0x52,
  0x55,
  10,
  0,
  2,
  2,
);

/** The guest's interface, unless somebody wants another address. */
export const DEFAULT_GUEST_MAC: Uint8Array<ArrayBuffer> = Uint8Array.of(
  0x52,
  0x54,
  0,
  0x12,
  0x34,
  0x56,
);

/** As `10.0.2.15`. */
export function formatAddress(address: Address): string {
  return [24, 16, 8, 0].map((shift) => address >>> shift & 0xff).join(".");
}

/** The address in `10.0.2.15`; undefined for any other text. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

/** Whether it is the gateway or the DNS server: the two that answer here. */
export function isOurs(address: Address): boolean {
  return address === NETWORK.gateway || address === NETWORK.dns;
}

/** Whether an address is on the guest's own network. */
export function isLocal(address: Address): boolean {
  return (address & NETWORK.mask) >>> 0 === NETWORK.network;
}

/**
 * Whether traffic to an address may leave for the host's network: not to
 * this network, 0.0.0.0/8, the host's loopback by its own name, or a group.
 */
export function isOutside(address: Address): boolean {
  const first = address >>> 24;
  return !isLocal(address) && first !== 0 && first !== 127 && first < 224;
}
