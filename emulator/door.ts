/**
 * The one door between the main thread and the machine's: everything that the
 * outside world does to a machine comes in here, and everything that it does
 * to the world goes out here.
 *
 * Messages travel over a message port, which the machine's thread empties
 * without ever leaving its loop; words of shared memory say that there are
 * some. The thread that has nothing to do sleeps on them.
 *
 * @module
 */
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type {
  HostEvent,
  HostRequest,
} from "../virtio/net/user/host_sockets.ts";
import type { Inbound, Outbound } from "./messages.ts";

const WORD = {
  /** Counts what the machine's thread is to look at; it sleeps on it. */
  bell: 0,
  /** Not 0: leave. */
  stop: 1,
  /** Weight of what was sent out and not dealt with yet. */
  unread: 2,
  /** Counts what was sent in; the bell, what may be of interest besides. */
  sent: 3,
  /** Weight of network events that were sent in and not taken yet. */
  untaken: 4,
} as const;

/**
 * Weight of unread output above which the machine waits. Whoever prints faster
 * than the world reads (a stopped pager, a slow terminal) shall neither lose a
 * byte nor fill the host's memory.
 */
export const MAX_UNREAD = 4 << 20;

/**
 * Weight of network events that may wait for the machine, which may be stopped.
 * Beyond it, datagrams are lost and calls from outside refused; what connections
 * carry has a bound of its own.
 */
export const MAX_UNTAKEN = 1 << 20;

/** What an event weighs, in bytes of output: about its size as an object. */
const EVENT_WEIGHT = 512;

/** What the inner side needs. */
export interface DoorParts {
  /** The shared words. */
  readonly words: Int32Array<SharedArrayBuffer>;
  /** The inner end of the message channel. */
  readonly port: MessagePort;
}

/** Makes the shared words of a new door. */
export function createDoorWords(): Int32Array<SharedArrayBuffer> {
  const count = Object.keys(WORD).length;
  return new Int32Array(
    new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT),
  );
}

/** How much of {@linkcode MAX_UNREAD} a message takes. */
export function weightOf(message: Outbound): number {
  switch (message.kind) {
    case "console":
      return message.bytes.byteLength;
    case "event":
      return EVENT_WEIGHT;
    case "network":
      return EVENT_WEIGHT + bytesOf(message.request);
    default:
      return 0;
  }
}

/** How many bytes of a request or event are what a socket carries. */
function bytesOf(message: HostRequest | HostEvent): number {
  return "data" in message ? message.data.byteLength : 0;
}

/** How much of {@linkcode MAX_UNTAKEN} a message takes. */
function untakenWeightOf(message: Inbound): number {
  if (message.kind !== "network") return 0;
  const { event } = message;
  return EVENT_WEIGHT + (event.kind === "udp-data" ? bytesOf(event) : 0);
}

/** Buffers that go over with a message. */
function buffersIn(message: Inbound | Outbound): ArrayBuffer[] {
  switch (message.kind) {
    case "input":
    case "console":
      return [message.bytes];
    case "network": {
      const sent = "event" in message ? message.event : message.request;
      return "data" in sent ? [sent.data] : [];
    }
    case "port": {
      const sent = "input" in message ? message.input : message.output;
      return "bytes" in sent && typeof sent.bytes !== "number"
        ? [sent.bytes]
        : [];
    }
    default:
      return [];
  }
}

/** The main thread's side. */
export class OuterDoor {
  /** Resolves when the other side is gone and all that it sent is heard. */
  readonly closed: Promise<void>;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #port: MessagePort;

  /** Takes over the outer end of the channel. */
  constructor({ words, port }: DoorParts) {
    this.#words = words;
    this.#port = port;
    this.closed = new Promise((resolve) => port.on("close", () => resolve()));
  }

  /** Sends a message in. */
  post(message: Inbound): void {
    const weight = untakenWeightOf(message);
    if (weight > 0) Atomics.add(this.#words, WORD.untaken, weight);
    this.#port.postMessage(message, buffersIn(message));
    Atomics.add(this.#words, WORD.sent, 1);
    this.#ring();
  }

  /** Whether so little is untaken that more may be let in. */
  get hasRoom(): boolean {
    return Atomics.load(this.#words, WORD.untaken) < MAX_UNTAKEN;
  }

  /** Hears what comes out, in order. */
  onMessage(listener: (message: Outbound) => void): void {
    this.#port.on("message", (batch: Outbound[]) => {
      for (const message of batch) listener(message);
    });
  }

  /** Tells that output of this weight has been dealt with. */
  acknowledge(weight: number): void {
    if (weight === 0) return;
    const before = Atomics.sub(this.#words, WORD.unread, weight);
    if (before > MAX_UNREAD && before - weight <= MAX_UNREAD) this.#ring();
  }

  /** Tells the machine's thread to leave. */
  stop(): void {
    Atomics.store(this.#words, WORD.stop, 1);
    this.#ring();
  }

  /** Hears nothing more. */
  close(): void {
    this.#port.close();
  }

  #ring(): void {
    Atomics.add(this.#words, WORD.bell, 1);
    Atomics.notify(this.#words, WORD.bell);
  }
}

/** The machine's side. */
export class InnerDoor {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #port: MessagePort;

  /** Takes over the inner end of the channel. */
  constructor({ words, port }: DoorParts) {
    this.#words = words;
    this.#port = port;
  }

  /** Whether the thread is to leave. */
  get stopped(): boolean {
    return Atomics.load(this.#words, WORD.stop) !== 0;
  }

  /** Whether so little is unread that the machine may go on. */
  get hasRoom(): boolean {
    return Atomics.load(this.#words, WORD.unread) <= MAX_UNREAD;
  }

  /** The bell's count; to be read before all that it may ring for. */
  get bell(): number {
    return Atomics.load(this.#words, WORD.bell);
  }

  /** The bell's word, for other threads to ring. */
  get bellWord(): { words: Int32Array; index: number } {
    return { words: this.#words, index: WORD.bell };
  }

  /** How many messages were sent in; to be read before they are taken. */
  get sent(): number {
    return Atomics.load(this.#words, WORD.sent);
  }

  /** The next message that was sent in, if there is one. */
  take(): Inbound | undefined {
    return receiveMessageOnPort(this.#port)?.message;
  }

  /** Tells that a message has been dealt with. */
  acknowledge(message: Inbound): void {
    const weight = untakenWeightOf(message);
    if (weight > 0) Atomics.sub(this.#words, WORD.untaken, weight);
  }

  /** Sends messages out. */
  post(batch: Outbound[]): void {
    let weight = 0;
    const buffers: ArrayBuffer[] = [];
    for (const message of batch) {
      weight += weightOf(message);
      buffers.push(...buffersIn(message));
    }
    Atomics.add(this.#words, WORD.unread, weight);
    this.#port.postMessage(batch, buffers);
  }

  /** Sleeps until the bell rings beyond `bell`, or so many milliseconds. */
  wait(bell: number, milliseconds: number): void {
    Atomics.wait(this.#words, WORD.bell, bell, milliseconds);
  }
}
