import type { Instant, MonitorEvent } from "./backend.ts";
import type { Limits } from "./limits.ts";

/** Text of the notification that carries an event. */
export function eventMessage(event: MonitorEvent): string {
  return JSON.stringify({ jsonrpc: "2.0", method: "event", params: event });
}

/** What an {@linkcode Outgoing} needs. */
export interface OutgoingOptions {
  /** Hands messages to the operating system; resolves when it took them. */
  write: (messages: readonly string[]) => Promise<void>;
  /** Called once, when the client is given up. */
  onFailure: (reason: string) => void;
  /** The bounds. */
  limits: Pick<Limits, "pauseReading" | "dropEvents" | "outgoing" | "stall">;
}

const WRITE_SIZE = 65_536;

/** Emptied places of the queue from which on they are taken out of it. */
const MAX_EMPTY = 1024;

interface Queued {
  /** "" where it was an event that has been dropped. */
  text: string;
  /** When it happened, where it is an event. */
  readonly at: Instant | undefined;
}

/**
 * The messages waiting to be sent to one client. Nobody waits for a slow
 * client: where events find the queue long, the oldest that wait are dropped
 * and counted, and a client that lets answers pile up, or one write hang, is
 * given up.
 */
export class Outgoing {
  readonly #options: OutgoingOptions;
  #queue: Queued[] = [];
  #size = 0;
  #pumping = false;
  #failed = false;
  /** Where the oldest event of the queue is at the earliest. */
  #oldest = 0;
  #empty = 0;
  #dropped = 0;
  #droppedAt: Instant | undefined;
  #waiting: { size: number; resolve: () => void }[] = [];

  /** Makes an empty queue. */
  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** Queues an answer. */
  send(message: string): void {
    this.#push({ text: message, at: undefined });
  }

  /** Queues an event; drops older ones, or at last this one, where it is long. */
  sendEvent(message: string, at: Instant): void {
    const { dropEvents } = this.#options.limits;
    while (this.#size + message.length > dropEvents) {
      if (this.#dropOldest()) continue;
      this.#count(at);
      return;
    }
    this.#push({ text: message, at });
  }

  /** Waits until so little is queued that a further request may be read. */
  room(): Promise<void> {
    return this.#below(this.#options.limits.pauseReading);
  }

  /** Waits until all is sent. */
  flush(): Promise<void> {
    return this.#below(0);
  }

  /** Gives the client up; nothing more is sent. */
  fail(reason: string): void {
    if (this.#failed) return;
    this.#failed = true;
    this.#queue = [];
    this.#size = 0;
    this.#wake();
    this.#options.onFailure(reason);
  }

  #push(message: Queued): void {
    if (this.#failed) return;
    this.#queue.push(message);
    this.#size += message.text.length;
    if (this.#size > this.#options.limits.outgoing) {
      this.fail("it does not read its answers");
    } else if (!this.#pumping) void this.#pump();
  }

  /** Drops the oldest event that waits. False where there is none. */
  #dropOldest(): boolean {
    for (; this.#oldest < this.#queue.length; this.#oldest++) {
      const message = this.#queue[this.#oldest]!;
      if (message.at === undefined || message.text === "") continue;
      this.#size -= message.text.length;
      message.text = "";
      this.#count(message.at);
      if (++this.#empty > MAX_EMPTY) this.#compact();
      return true;
    }
    return false;
  }

  #count(at: Instant): void {
    this.#dropped++;
    this.#droppedAt = at;
  }

  #compact(): void {
    this.#queue = this.#queue.filter(({ text }) => text !== "");
    this.#oldest = 0;
    this.#empty = 0;
  }

  /** Says how many events there would have been before the next one. */
  #takeDropped(): string[] {
    const at = this.#droppedAt;
    if (at === undefined) return [];
    const data = { count: this.#dropped };
    this.#dropped = 0;
    this.#droppedAt = undefined;
    return [eventMessage({ name: "DROPPED", data, at })];
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#queue.length > 0 || this.#droppedAt !== undefined) {
      this.#compact();
      const batch: string[] = [];
      let size = 0;
      let count = 0;
      while (count < this.#queue.length && size < WRITE_SIZE) {
        const { text, at } = this.#queue[count++]!;
        if (at !== undefined) batch.push(...this.#takeDropped());
        batch.push(text);
        size += text.length;
      }
      this.#queue.splice(0, count);
      if (this.#queue.length === 0) batch.push(...this.#takeDropped());
      await this.#write(batch);
      if (this.#failed) break;
      this.#size -= size;
      this.#wake();
    }
    this.#pumping = false;
  }

  async #write(messages: string[]): Promise<void> {
    const timer = setTimeout(
      () => this.fail("it does not read"),
      this.#options.limits.stall,
    );
    try {
      await this.#options.write(messages);
    } catch {
      this.fail("it is gone");
    } finally {
      clearTimeout(timer);
    }
  }

  #below(size: number): Promise<void> {
    if (this.#size <= size) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ size, resolve });
    return promise;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ size }) => this.#size > size);
    for (const { size, resolve } of waiting) {
      if (this.#size <= size) resolve();
    }
  }
}
