import { formatHost, isLoopback } from "../address.ts";
import { acceptAll } from "./accept.ts";
import type { Connection, Listener } from "./connection.ts";

/** A server's certificate chain and key, as PEM text. */
export interface ServerCertificate {
  /** Certificate chain, the server's own first. */
  cert: string;
  /** Private key. */
  key: string;
}

/** What {@linkcode listenTcp} needs. */
export interface TcpOptions {
  /** Takes each connection. */
  onConnection: (connection: Connection) => void;
  /** Whether clients must show a token. */
  token?: string | undefined;
  /** TLS is spoken if this is given. */
  tls?: ServerCertificate | undefined;
}

/**
 * Listens on a TCP port. Whoever reaches the monitor owns the guest, so beyond
 * loopback both a token and TLS are required.
 *
 * @throws {Error} When the address is refused or cannot be had
 */
export function listenTcp(
  { host, port }: { host: string; port: number },
  options: TcpOptions,
): Listener {
  const { tls, token } = options;
  const name = `tcp:${formatHost(host)}:${port}`;
  if (!isLoopback(host) && (tls === undefined || !token)) {
    throw new Error(
      `Cannot listen on ${name}: beyond loopback a token and a TLS certificate with its key are needed`,
    );
  }
  if (token === "") {
    throw new Error(`Cannot listen on ${name}: the token is empty`);
  }
  let listener: Deno.Listener<Deno.Conn>;
  try {
    listener = tls === undefined
      ? Deno.listen({ hostname: host, port })
      : Deno.listenTls({ hostname: host, port, cert: tls.cert, key: tls.key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot listen on ${name}: ${reason}`, { cause: error });
  }
  let closed = false;
  const accepting = acceptAll(listener, {
    onConnection: options.onConnection,
    isClosed: () => closed,
  });
  const bound = listener.addr as Deno.NetAddr;
  return {
    address: `tcp:${formatHost(host)}:${bound.port}`,
    async close(): Promise<void> {
      if (closed) return;
      closed = true;
      listener.close();
      await accepting;
    },
  };
}
