import type { ByteStream } from "./stream.ts";
import { StreamConnection } from "./stream.ts";
import type { Connection, Listener } from "./connection.ts";

/** The process's standard input and output as one stream. */
export function standardStream(): ByteStream {
  return {
    read: (buffer) => Deno.stdin.read(buffer),
    write: (bytes) => Deno.stdout.write(bytes),
    close: () => {
      // A read of standard input cannot be cancelled; the process ends it.
    },
  };
}

/** Serves the one client at the other end of a stream. */
export function listenStdio(
  stream: ByteStream,
  options: { onConnection: (connection: Connection) => void },
): Listener {
  const connection = new StreamConnection(stream);
  options.onConnection(connection);
  return {
    address: "stdio",
    close(): Promise<void> {
      connection.close();
      return Promise.resolve();
    },
  };
}
