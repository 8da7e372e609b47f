import type { MonitorAddress } from "../address.ts";
import type { Connection, Listener } from "./connection.ts";
import { listenStdio, standardStream } from "./stdio.ts";
import { listenTcp, type ServerCertificate } from "./tcp.ts";
import { listenUnix } from "./unix.ts";
import { listenWebSocket } from "./websocket.ts";

/** What a listener may be given. */
export interface ListenOptions {
  /** TCP: what each client must show first. */
  token?: string | undefined;
  /** TCP: TLS is spoken if this is given. */
  tls?: ServerCertificate | undefined;
  /** WebSocket: origins whose pages may connect; none if absent. */
  origins?: readonly string[] | undefined;
}

/**
 * Listens at an address.
 *
 * @throws {Error} When the address is refused or cannot be had
 */
export async function listen(
  address: MonitorAddress,
  options: ListenOptions & { onConnection: (connection: Connection) => void },
): Promise<Listener> {
  switch (address.transport) {
    case "unix":
      return await listenUnix(address.path, options);
    case "tcp":
      return listenTcp(address, options);
    case "ws":
      return listenWebSocket(address, options);
    case "stdio":
      return listenStdio(standardStream(), options);
  }
}
