import { acceptAll } from "./accept.ts";
import type { Connection, Listener } from "./connection.ts";

const OWNER_ONLY = 0o600;

/**
 * Listens on a Unix socket that only its owner may open.
 *
 * A socket left behind by a process that is gone is replaced; one that still
 * answers, and a file that is no socket, are not touched.
 *
 * @throws {Error} When the path cannot be had
 */
export async function listenUnix(
  path: string,
  options: { onConnection: (connection: Connection) => void },
): Promise<Listener> {
  const listener = await bindUnix(path);
  let closed = false;
  const accepting = acceptAll(listener, {
    onConnection: options.onConnection,
    isClosed: () => closed,
  });
  return {
    address: `unix:${path}`,
    async close(): Promise<void> {
      if (closed) return;
      closed = true;
      // Deno removes the file with the listener.
      listener.close();
      await accepting;
    },
  };
}

/**
 * Makes a Unix socket that only its owner may open, as `listenUnix()` does.
 *
 * @throws {Error} When the path cannot be had
 */
export async function bindUnix(path: string): Promise<Deno.UnixListener> {
  await removeStale(path);
  return bind(path);
}

function bind(path: string): Deno.UnixListener {
  // Only a umask leaves no moment in which others may open the socket, but
  // the emulator may have been denied it.
  const umask = Deno.permissions.querySync({ name: "sys", kind: "umask" });
  const before = umask.state === "granted" ? Deno.umask(0o177) : undefined;
  try {
    const listener = Deno.listen({ transport: "unix", path });
    Deno.chmodSync(path, OWNER_ONLY);
    return listener;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot listen on unix:${path}: ${reason}`, {
      cause: error,
    });
  } finally {
    if (before !== undefined) Deno.umask(before);
  }
}

async function removeStale(path: string): Promise<void> {
  let found: Deno.FileInfo;
  try {
    found = Deno.lstatSync(path);
  } catch {
    return;
  }
  if (!found.isSocket) {
    throw new Error(`Cannot listen on unix:${path}: it is not a socket`);
  }
  if (await answers(path)) {
    throw new Error(`Cannot listen on unix:${path}: another process does`);
  }
  Deno.removeSync(path);
}

async function answers(path: string): Promise<boolean> {
  try {
    const connection = await Deno.connect({ transport: "unix", path });
    connection.close();
    return true;
  } catch (error) {
    return !(error instanceof Deno.errors.ConnectionRefused);
  }
}
