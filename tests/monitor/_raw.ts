// A client that knows bytes and lines only, to say what no good client would.
import { setTimeout as sleep } from "node:timers/promises";

const PATIENCE = 30_000;

/** Fails after some seconds instead of waiting for ever. */
export async function soon<T>(promise: Promise<T>): Promise<T> {
  const stop = new AbortController();
  const late = sleep(PATIENCE, undefined, { signal: stop.signal }).then(() => {
    throw new Error("Nothing happened in time");
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    stop.abort();
    late.catch(() => {});
  }
}

/** Waits until something holds. */
export async function eventually(
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const end = Date.now() + PATIENCE;
  while (!await holds()) {
    if (Date.now() > end) throw new Error("It did not come true in time");
    await sleep(5);
  }
}

/** A raw connection. */
export class RawClient implements Disposable {
  readonly conn: Deno.Conn;
  readonly #decoder = new TextDecoder();
  readonly #buffer = new Uint8Array(65_536);
  #text = "";

  constructor(conn: Deno.Conn) {
    this.conn = conn;
  }

  /** Connects to what `MonitorServer.listen` returned. */
  static async connect(address: string): Promise<RawClient> {
    const [transport, host, port] = address.split(":");
    return new RawClient(
      transport === "unix"
        ? await Deno.connect({ transport, path: host! })
        : await Deno.connect({ hostname: host!, port: Number(port) }),
    );
  }

  /** Sends text or bytes as they are. */
  async send(data: string | Uint8Array): Promise<void> {
    let bytes = typeof data === "string"
      ? new TextEncoder().encode(data)
      : data;
    while (bytes.length > 0) {
      bytes = bytes.subarray(await this.conn.write(bytes));
    }
  }

  /** Receives one line as JSON. */
  // deno-lint-ignore no-explicit-any -- tests look into whatever came
  async receive(): Promise<any> {
    while (!this.#text.includes("\n")) {
      const length = await soon(this.conn.read(this.#buffer));
      if (length === null) throw new Error("Connection ended");
      const part = this.#buffer.subarray(0, length);
      this.#text += this.#decoder.decode(part, { stream: true });
    }
    const end = this.#text.indexOf("\n");
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 1);
    return JSON.parse(line);
  }

  /** Sends a message and receives an answer. */
  // deno-lint-ignore no-explicit-any -- tests look into whatever came
  async ask(message: unknown): Promise<any> {
    await this.send(JSON.stringify(message));
    return await this.receive();
  }

  /** Receives until the end and returns the text that came before it. */
  async rest(): Promise<string> {
    for (;;) {
      let length: number | null;
      try {
        length = await soon(this.conn.read(this.#buffer));
      } catch (error) {
        if (error instanceof Deno.errors.ConnectionReset) return this.#text;
        throw error;
      }
      if (length === null) return this.#text;
      this.#text += this.#decoder.decode(this.#buffer.subarray(0, length));
    }
  }

  [Symbol.dispose](): void {
    try {
      this.conn.close();
    } catch {
      // Already closed by the test.
    }
  }
}

/** A request object. */
export function request(
  id: unknown,
  method: string,
  params?: unknown,
): Record<string, unknown> {
  return {
    jsonrpc: "2.0",
    id,
    method,
    ...(params === undefined ? {} : { params }),
  };
}
