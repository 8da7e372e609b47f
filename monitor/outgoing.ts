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

/**
 * The messages waiting to be sent to one client. Nobody waits for a slow
 * client: events that find the queue long are dropped and counted, and a
 * client that lets answers pile up, or one write hang, is given up.
 */
export class Outgoing {
  readonly #options: OutgoingOptions;
  #queue: string[] = [];
  #size = 0;
  #pumping = false;
  #failed = false;
  #dropped = 0;
  #droppedAt: Instant | undefined;
  #waiting: { size: number; resolve: () => void }[] = [];

  /** Makes an empty queue. */
  constructor(options: OutgoingOptions) {
    this.#options = options;
  }

  /** Queues an answer. */
  send(message: string): void {
    if (this.#failed) return;
    this.#queue.push(message);
    this.#size += message.length;
    if (this.#size > this.#options.limits.outgoing) {
      this.fail("it does not read its answers");
    } else if (!this.#pumping) void this.#pump();
  }

  /** Queues an event, or drops it. */
  sendEvent(message: string, at: Instant): void {
    const { dropEvents } = this.#options.limits;
    if (this.#size + message.length > dropEvents) {
      this.#dropped++;
      this.#droppedAt = at;
    } else {
      this.#reportDropped();
      this.send(message);
    }
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

  #reportDropped(): void {
    if (this.#droppedAt === undefined) return;
    const data = { count: this.#dropped };
    const at = this.#droppedAt;
    this.#dropped = 0;
    this.#droppedAt = undefined;
    this.send(eventMessage({ name: "DROPPED", data, at }));
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    while (this.#queue.length > 0) {
      let size = 0;
      let count = 0;
      while (count < this.#queue.length && size < WRITE_SIZE) {
        size += this.#queue[count++]!.length;
      }
      await this.#write(this.#queue.splice(0, count));
      if (this.#failed) break;
      this.#size -= size;
      if (this.#size === 0) this.#reportDropped();
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
