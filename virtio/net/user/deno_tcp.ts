/**
 * One TCP connection of the host.
 *
 * @module
 */
import { type HostEvent, READ_AHEAD, READ_CHUNK } from "./host_sockets.ts";

/** Most bytes that are written at a time. */
const WRITE_CHUNK = 64 * 1024;

/** Reads and writes a connection at the pace of the other side. */
export class DenoTcp {
  readonly #socket: number;
  readonly #emit: (event: HostEvent) => void;
  readonly #gone: () => void;
  #connection: Deno.TcpConn | undefined;
  /** What is to be written; undefined stands for the end. */
  #queue: (Uint8Array | undefined)[] = [];
  readonly #connecting = new AbortController();
  #credit = READ_AHEAD;
  #reading = false;
  #writing = false;
  #readEnded = false;
  #writeEnded = false;
  #closed = false;

  /** `gone` is called when the connection is over. */
  constructor(
    socket: number,
    emit: (event: HostEvent) => void,
    gone: () => void,
  ) {
    this.#socket = socket;
    this.#emit = emit;
    this.#gone = gone;
  }

  /** Makes the connection: `tcp-open`, or `tcp-failed`. */
  async connect(hostname: string, port: number): Promise<void> {
    try {
      const { signal } = this.#connecting;
      const connection = await Deno.connect({ hostname, port, signal });
      if (this.#closed) {
        connection.close();
        return;
      }
      this.#emit({ kind: "tcp-open", socket: this.#socket });
      this.start(connection);
    } catch {
      this.#fail();
    }
  }

  /** Takes a connection that there is. */
  start(connection: Deno.TcpConn): void {
    this.#connection = connection;
    try {
      connection.setNoDelay(true);
    } catch {
      // It is over already, which reading it will say.
    }
    this.#read(connection);
    this.#write(connection);
  }

  /** Queues data, or the end. */
  send(data: Uint8Array | undefined): void {
    this.#queue.push(data);
    if (this.#connection !== undefined) this.#write(this.#connection);
  }

  /** Data went on to the guest: as much may be read again. */
  taken(bytes: number): void {
    this.#credit += bytes;
    if (this.#connection !== undefined) this.#read(this.#connection);
  }

  /** Ends both directions at once, and tells nobody. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#connecting.abort();
    this.#connection?.close();
    this.#gone();
  }

  async #read(connection: Deno.TcpConn): Promise<void> {
    if (this.#reading || this.#readEnded) return;
    this.#reading = true;
    try {
      while (this.#credit > 0 && !this.#closed) {
        const buffer = new Uint8Array(Math.min(this.#credit, READ_CHUNK));
        const length = await connection.read(buffer);
        if (this.#closed) return;
        if (length === null) {
          this.#readEnded = true;
          this.#emit({ kind: "tcp-end", socket: this.#socket });
          this.#closeIfDone();
          return;
        }
        this.#credit -= length;
        const data = buffer.buffer.transfer(length);
        this.#emit({ kind: "tcp-data", socket: this.#socket, data });
      }
    } catch {
      this.#fail();
    } finally {
      this.#reading = false;
    }
  }

  async #write(connection: Deno.TcpConn): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    try {
      while (this.#queue.length > 0 && !this.#closed) {
        const data = this.#nextPiece();
        if (data === undefined) {
          this.#writeEnded = true;
          await connection.closeWrite();
          this.#closeIfDone();
          return;
        }
        for (let at = 0; at < data.length;) {
          at += await connection.write(data.subarray(at));
        }
        if (this.#closed) return;
        const { length: bytes } = data;
        this.#emit({ kind: "tcp-sent", socket: this.#socket, bytes });
      }
    } catch {
      this.#fail();
    } finally {
      this.#writing = false;
    }
  }

  /** What is to be written next, small pieces in one; undefined for the end. */
  #nextPiece(): Uint8Array | undefined {
    const [first] = this.#queue;
    if (first === undefined) {
      this.#queue.shift();
      return undefined;
    }
    let count = 0;
    let bytes = 0;
    for (const each of this.#queue) {
      if (each === undefined || bytes + each.length > WRITE_CHUNK) break;
      bytes += each.length;
      count++;
    }
    if (count < 2) return this.#queue.shift();
    const piece = new Uint8Array(bytes);
    let at = 0;
    for (const each of this.#queue.splice(0, count)) {
      piece.set(each ?? [], at);
      at += each?.length ?? 0;
    }
    return piece;
  }

  #closeIfDone(): void {
    if (this.#readEnded && this.#writeEnded) this.close();
  }

  #fail(): void {
    if (this.#closed) return;
    this.close();
    this.#emit({ kind: "tcp-failed", socket: this.#socket });
  }
}
