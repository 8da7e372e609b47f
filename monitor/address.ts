/** Where a monitor listens or is found. */
export type MonitorAddress =
  | { transport: "unix"; path: string }
  | { transport: "tcp" | "ws"; host: string; port: number }
  | { transport: "stdio" };

/** The forms that {@linkcode parseAddress} reads, for help texts. */
export const ADDRESS_FORMS =
  "unix:PATH, tcp:HOST:PORT, ws:127.0.0.1:PORT or stdio";

// sockaddr_un holds 108 bytes with the terminating zero.
const MAX_UNIX_PATH = 107;

/**
 * Parses the address of a monitor.
 *
 * A host may be an IPv6 address in brackets. `localhost` means 127.0.0.1, so
 * that no resolver can turn it into another machine.
 *
 * @throws {SyntaxError} When the text has none of the forms
 * @throws {RangeError} When a port or the length of a path is out of range
 */
export function parseAddress(text: string): MonitorAddress {
  if (text === "stdio") return { transport: "stdio" };
  const colon = text.indexOf(":");
  const transport = text.slice(0, Math.max(colon, 0));
  const rest = text.slice(colon + 1);
  if (transport === "unix" && rest !== "") return parseUnix(rest);
  if (transport === "tcp" || transport === "ws") {
    return { transport, ...parseHostAndPort(text, rest) };
  }
  throw new SyntaxError(
    `Cannot parse monitor address, use ${ADDRESS_FORMS}: "${text}"`,
  );
}

function parseUnix(path: string): MonitorAddress {
  const bytes = new TextEncoder().encode(path).length;
  if (bytes > MAX_UNIX_PATH) {
    throw new RangeError(
      `Cannot use a socket path of more than ${MAX_UNIX_PATH} bytes: ${bytes}`,
    );
  }
  if (path.includes("\0")) {
    throw new SyntaxError("Cannot use a socket path: it contains a zero byte");
  }
  return { transport: "unix", path };
}

function parseHostAndPort(
  text: string,
  rest: string,
): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(rest);
  if (match === null) {
    throw new SyntaxError(
      `Cannot parse monitor address, use ${ADDRESS_FORMS}: "${text}"`,
    );
  }
  const port = Number(match[3]);
  if (port > 65_535) {
    throw new RangeError(`Cannot use a port above 65535: ${port}`);
  }
  const host = match[1] ?? match[2]!;
  return { host: host === "localhost" ? "127.0.0.1" : host, port };
}

/** Writes an address as {@linkcode parseAddress} reads it. */
export function formatAddress(address: MonitorAddress): string {
  switch (address.transport) {
    case "stdio":
      return "stdio";
    case "unix":
      return `unix:${address.path}`;
    default:
      return `${address.transport}:${formatHost(address.host)}:${address.port}`;
  }
}

/** Writes a host as URLs and addresses want it, IPv6 in brackets. */
export function formatHost(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Whether a host is this machine, by its literal address alone. */
export function isLoopback(host: string): boolean {
  return host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}
