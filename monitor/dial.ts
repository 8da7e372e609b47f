import { isLoopback, type MonitorAddress } from "./address.ts";
import type { Connection } from "./transports/connection.ts";
import { StreamConnection } from "./transports/stream.ts";
import { WebSocketConnection } from "./transports/websocket_connection.ts";

/** How a client speaks TLS. */
export interface ClientTls {
  /** Certificate of the authority to trust beside the system's, as PEM text. */
  ca?: string | undefined;
}

/**
 * Opens a client's connection. TCP beyond loopback always speaks TLS, as the
 * server there does, so that a token never travels in the clear.
 *
 * @throws {Error} When nobody answers there
 */
export async function dial(
  address: MonitorAddress,
  options: { tls?: ClientTls | undefined } = {},
): Promise<Connection> {
  switch (address.transport) {
    case "unix":
      return new StreamConnection(await Deno.connect(address));
    case "ws":
      return await dialWebSocket(address);
    case "tcp":
      return new StreamConnection(await dialTcp(address, options.tls));
    case "stdio":
      throw new TypeError(
        "Cannot connect to stdio: only who started the emulator can",
      );
  }
}

async function dialTcp(
  { host: hostname, port }: { host: string; port: number },
  tls: ClientTls | undefined,
): Promise<Deno.Conn> {
  if (tls === undefined && isLoopback(hostname)) {
    const connection = await Deno.connect({ hostname, port });
    connection.setNoDelay(true);
    return connection;
  }
  const caCerts = tls?.ca === undefined ? [] : [tls.ca];
  const connection = await Deno.connectTls({ hostname, port, caCerts });
  try {
    await connection.handshake();
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

async function dialWebSocket(
  { host, port }: { host: string; port: number },
): Promise<Connection> {
  const name = host.includes(":") ? `[${host}]` : host;
  const socket = new WebSocket(`ws://${name}:${port}/`);
  const connection = new WebSocketConnection(socket);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", (event) => {
      const reason = event instanceof ErrorEvent ? event.message : "no answer";
      reject(new Error(`Cannot open WebSocket: ${reason}`));
    });
  });
  return connection;
}
