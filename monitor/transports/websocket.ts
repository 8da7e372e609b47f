import { formatHost, isLoopback } from "../address.ts";
import type { Connection, Listener } from "./connection.ts";
import { WebSocketConnection } from "./websocket_connection.ts";

/** What {@linkcode listenWebSocket} needs. */
export interface WebSocketOptions {
  /** Takes each connection. */
  onConnection: (connection: Connection) => void;
  /** Origins whose pages may connect, such as `http://localhost:8080`. */
  origins?: readonly string[] | undefined;
}

/**
 * Listens for WebSocket clients on loopback.
 *
 * Any page that a browser shows may try to connect here, so a request that
 * names an origin is refused unless that origin was allowed, and one that was
 * led here under another host name (DNS rebinding) always. No request's body
 * is read.
 *
 * @throws {Error} When the address is refused or cannot be had
 */
export function listenWebSocket(
  { host, port }: { host: string; port: number },
  options: WebSocketOptions,
): Listener {
  const name = `ws:${formatHost(host)}:${port}`;
  if (!isLoopback(host)) {
    throw new Error(
      `Cannot listen on ${name}: WebSocket clients are served on loopback only`,
    );
  }
  const stop = new AbortController();
  const open = new Set<WebSocketConnection>();
  let bound = port;
  const serve = (request: Request): Response => {
    const refusal = refuse(request, { port: bound, origins: options.origins });
    if (refusal !== undefined) return refusal;
    const { socket, response } = Deno.upgradeWebSocket(request, {
      idleTimeout: 0,
    });
    const connection = new WebSocketConnection(socket);
    open.add(connection);
    socket.addEventListener("close", () => open.delete(connection));
    socket.addEventListener("open", () => options.onConnection(connection));
    return response;
  };
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    const serving = { hostname: host, port, signal: stop.signal };
    server = Deno.serve({ ...serving, onListen: () => {} }, serve);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot listen on ${name}: ${reason}`, { cause: error });
  }
  bound = server.addr.port;
  return {
    address: `ws:${formatHost(host)}:${bound}`,
    async close(): Promise<void> {
      for (const connection of open) connection.close();
      stop.abort();
      await server.finished;
    },
  };
}

function refuse(
  request: Request,
  { port, origins }: { port: number; origins?: readonly string[] | undefined },
): Response | undefined {
  const origin = request.headers.get("origin");
  if (origin !== null && !origins?.includes(origin)) {
    return new Response("Origin not allowed\n", { status: 403 });
  }
  if (!isOwnHost(request.headers.get("host"), port)) {
    return new Response("Host not allowed\n", { status: 403 });
  }
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return new Response("Only WebSocket is spoken here\n", {
      status: 426,
      headers: { connection: "Upgrade", upgrade: "websocket" },
    });
  }
  return undefined;
}

function isOwnHost(host: string | null, port: number): boolean {
  const match = /^(.*?)(?::(\d+))?$/.exec(host ?? "");
  const name = match?.[1]?.replace(/^\[(.*)\]$/, "$1") ?? "";
  return Number(match?.[2] ?? 80) === port &&
    (name === "localhost" || isLoopback(name));
}
