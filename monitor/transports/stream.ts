import type { Connection } from "./connection.ts";

/** A reader and writer of bytes, such as a socket. */
export interface ByteStream {
  /** Reads into a buffer; null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes a part of the bytes, at least one. */
  write(bytes: Uint8Array): Promise<number>;
  /** Closes both directions. */
  close(): void;
}

const READ_SIZE = 65_536;

/** A connection over a stream of bytes: one message per line outwards. */
export class StreamConnection implements Connection {
  readonly framed = false;
  readonly #stream: ByteStream;
  readonly #buffer = new Uint8Array(READ_SIZE);
  readonly #encoder = new TextEncoder();
  #closed = false;

  /** Takes over the stream. */
  constructor(stream: ByteStream) {
    this.#stream = stream;
  }

  /** Reads, see {@linkcode Connection.read}; the bytes are valid until the next call. */
  async read(): Promise<Uint8Array | undefined> {
    const length = await this.#stream.read(this.#buffer);
    return length === null ? undefined : this.#buffer.subarray(0, length);
  }

  /** Writes, see {@linkcode Connection.write}. */
  async write(messages: readonly string[]): Promise<void> {
    let bytes = this.#encoder.encode(messages.join("\n") + "\n");
    while (bytes.length > 0) {
      bytes = bytes.subarray(await this.#stream.write(bytes));
    }
  }

  /** Closes, see {@linkcode Connection.close}. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stream.close();
  }
}
