/**
 * The text of `--net`.
 *
 * @module
 */
import type { PortForward } from "./user/network.ts";

/** A user network as the command line has it. */
export interface NetOption {
  readonly kind: "user";
  readonly restrict: boolean;
  readonly forwards: readonly PortForward[];
}

/** Most forwarded ports. */
const MAX_FORWARDS = 64;

/**
 * Reads `user[,restrict][,forward=tcp:HOSTPORT:GUESTPORT]…`; host port 0 is
 * any that is free. Throws SyntaxError for what it cannot read, and RangeError
 * for ports that there are not.
 *
 * @example
 * ```ts
 * import { parseNetOption } from "./net_option.ts";
 *
 * parseNetOption("user,forward=tcp:8080:80").forwards; // [{ hostPort: 8080, guestPort: 80 }]
 * ```
 */
export function parseNetOption(text: string): NetOption {
  const [kind, ...settings] = text.split(",");
  if (kind !== "user") {
    throw new SyntaxError(`Cannot make a network: not "user": ${kind}`);
  }
  let restrict = false;
  const forwards: PortForward[] = [];
  for (const setting of settings) {
    if (setting === "restrict") restrict = true;
    else if (setting.startsWith("forward=")) {
      forwards.push(parseForward(setting.slice("forward=".length)));
    } else {
      throw new SyntaxError(
        `Cannot make a network: no such setting: ${setting}`,
      );
    }
  }
  if (forwards.length > MAX_FORWARDS) {
    throw new RangeError(
      `Cannot forward ports: more than ${MAX_FORWARDS}: ${forwards.length}`,
    );
  }
  return { kind, restrict, forwards };
}

function parseForward(text: string): PortForward {
  const [, protocol, host, guest] = /^(\w+):(\d{1,5}):(\d{1,5})$/.exec(text) ??
    [];
  if (protocol === undefined) {
    throw new SyntaxError(
      `Cannot forward a port: not tcp:HOSTPORT:GUESTPORT: ${text}`,
    );
  }
  if (protocol !== "tcp") {
    throw new SyntaxError(`Cannot forward a port: not "tcp": ${protocol}`);
  }
  const hostPort = Number(host);
  const guestPort = Number(guest);
  if (hostPort > 65535 || guestPort > 65535 || guestPort === 0) {
    throw new RangeError(`Cannot forward a port: no such port: ${text}`);
  }
  return { hostPort, guestPort };
}
