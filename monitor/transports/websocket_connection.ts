import type { Connection } from "./connection.ts";

// A WebSocket cannot be told to stop reading, so what arrives faster than it
// is answered waits here, and beyond this the client is sent away.
const MAX_WAITING_BYTES = 4 << 20;
const MAX_WAITING_MESSAGES = 256;
const MAX_BUFFERED_BYTES = 65_536;
const DRAIN_MILLISECONDS = 5;

/** A connection over WebSocket: one message per frame, text or UTF-8 bytes. */
export class WebSocketConnection implements Connection {
  readonly framed = true;
  readonly #socket: WebSocket;
  readonly #encoder = new TextEncoder();
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #ended = false;
  #wake: () => void = () => {};

  /** Takes over a socket that is open or about to open. */
  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#take(data));
    socket.addEventListener("close", () => this.#end());
    socket.addEventListener("error", () => this.#end());
  }

  /** Reads, see {@linkcode Connection.read}. */
  async read(): Promise<Uint8Array | undefined> {
    if (this.#waiting.length === 0 && !this.#ended) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    const message = this.#waiting.shift();
    this.#waitingBytes -= message?.length ?? 0;
    return message;
  }

  /** Writes, see {@linkcode Connection.write}. */
  async write(messages: readonly string[]): Promise<void> {
    for (const message of messages) {
      if (this.#ended) throw new Error("Cannot write: WebSocket is closed");
      this.#socket.send(message);
      while (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) {
        if (this.#ended) throw new Error("Cannot write: WebSocket is closed");
        await new Promise((resolve) => setTimeout(resolve, DRAIN_MILLISECONDS));
      }
    }
  }

  /** Closes, see {@linkcode Connection.close}. */
  close(): void {
    this.#end();
    if (this.#socket.readyState <= WebSocket.OPEN) this.#socket.close();
  }

  #take(data: unknown): void {
    if (this.#ended) return;
    const bytes = typeof data === "string"
      ? this.#encoder.encode(data)
      : new Uint8Array(data as ArrayBuffer);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (
      this.#waitingBytes > MAX_WAITING_BYTES ||
      this.#waiting.length > MAX_WAITING_MESSAGES
    ) {
      this.#waiting = [];
      this.#waitingBytes = 0;
      this.close();
    }
    this.#wake();
  }

  #end(): void {
    this.#ended = true;
    this.#wake();
  }
}
