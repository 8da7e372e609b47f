import { StreamConnection } from "./stream.ts";
import type { Connection } from "./connection.ts";

const RETRY_MILLISECONDS = 100;

/**
 * Accepts connections until the listener is closed.
 *
 * Accepting can fail for a while, such as when the process has no file
 * descriptors left; the listener survives that, without spinning.
 */
export async function acceptAll(
  listener: { accept(): Promise<Deno.Conn> },
  options: {
    onConnection: (connection: Connection) => void;
    isClosed: () => boolean;
  },
): Promise<void> {
  while (!options.isClosed()) {
    try {
      const stream = await listener.accept();
      if ("setNoDelay" in stream) (stream as Deno.TcpConn).setNoDelay(true);
      options.onConnection(new StreamConnection(stream));
    } catch {
      if (options.isClosed()) return;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MILLISECONDS));
    }
  }
}
