import { isAbsolute, resolve } from "node:path";
import type { MonitorCredentials } from "../emulator/config.ts";
import { ExitError, messageOf } from "../emulator/exit_status.ts";
import { formatAddress, isLoopback, parseAddress } from "../monitor/address.ts";
import type { Values } from "./options.ts";

/**
 * Makes a monitor's address absolute, and refuses one that would let others in.
 *
 * @throws {ExitError} If it is refused
 */
export function settleAddress(
  text: string,
  values: Values,
  folder: string,
): string {
  const address = parseAddress(text);
  if (address.transport === "unix" && !isAbsolute(address.path)) {
    const path = resolve(folder, address.path);
    try {
      return formatAddress(parseAddress(`unix:${path}`));
    } catch (error) {
      throw ExitError.usage(
        `Cannot use --monitor ${text}: ${messageOf(error)}`,
      );
    }
  }
  if (address.transport === "ws" && !isLoopback(address.host)) {
    throw ExitError.usage(
      `Cannot use --monitor ${text}: WebSocket is served on loopback only, use ws:127.0.0.1:PORT`,
    );
  }
  const protectedBy = [
    values["monitor-token-file"],
    values["monitor-cert"],
    values["monitor-key"],
  ];
  if (
    address.transport === "tcp" && !isLoopback(address.host) &&
    protectedBy.includes(undefined)
  ) {
    throw ExitError.usage(
      `Cannot use --monitor ${text}: beyond loopback give --monitor-token-file, --monitor-cert and --monitor-key`,
    );
  }
  return formatAddress(address);
}

/**
 * Collects what protects monitors on TCP.
 *
 * @throws {ExitError} If a part is missing, or protects nothing
 */
export function settleCredentials(
  values: Values,
  folder: string,
): MonitorCredentials {
  const {
    monitor = [],
    "monitor-token-file": token,
    "monitor-cert": cert,
    "monitor-key": key,
  } = values;
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined
      ? ["--monitor-key", "--monitor-cert"]
      : ["--monitor-cert", "--monitor-key"];
    throw ExitError.usage(`Cannot use ${given} alone: give ${missing} too`);
  }
  const given = token !== undefined || cert !== undefined;
  if (given && !monitor.some((address) => address.startsWith("tcp:"))) {
    throw ExitError.usage(
      "Cannot use a token or certificate without --monitor tcp:HOST:PORT: give that too",
    );
  }
  return {
    ...token !== undefined && { tokenFile: resolve(folder, token) },
    ...cert !== undefined && { certFile: resolve(folder, cert) },
    ...key !== undefined && { keyFile: resolve(folder, key) },
  };
}
