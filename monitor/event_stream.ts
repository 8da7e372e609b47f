import type { Instant, MonitorEvent } from "./backend.ts";
import type { EventData, EVENTS } from "./events.ts";
import type { CheckedParams } from "./methods/mod.ts";
import { Subscription } from "./subscription.ts";

/** An event as a client gets it; `name` tells the type of `data`. */
export type ClientEvent = {
  [Name in keyof typeof EVENTS]: {
    /** Name of the event. */
    name: Name;
    /** What happened. */
    data: EventData<Name>;
    /** When. */
    at: Instant;
  };
}[keyof typeof EVENTS];

const MAX_BUFFERED = 65_536;

/**
 * Events in the order in which they happened. Where the reader is so slow that
 * 65,536 of them wait, the oldest are dropped, and a DROPPED event says so.
 */
export class EventStream implements AsyncIterableIterator<ClientEvent> {
  /** What the stream lets through. */
  readonly subscription: Subscription = new Subscription();
  readonly #onClose: (stream: EventStream) => Promise<void>;
  #buffered: ClientEvent[] = [];
  #dropped = 0;
  #waiting: ((result: IteratorResult<ClientEvent>) => void)[] = [];
  #ended = false;

  /** Makes a stream; a client's `subscribe` is where to get one. */
  constructor(
    filter: CheckedParams<"subscribe">,
    onClose: (stream: EventStream) => Promise<void>,
  ) {
    this.subscription.add(filter);
    this.#onClose = onClose;
  }

  /** Offers an event to the stream. */
  push(event: MonitorEvent): void {
    if (this.#ended) return;
    if (event.name !== "DROPPED" && !this.subscription.wants(event)) return;
    const typed = event as ClientEvent;
    const reader = this.#waiting.shift();
    if (reader !== undefined) return reader({ done: false, value: typed });
    this.#buffered.push(typed);
    if (this.#buffered.length > MAX_BUFFERED) {
      this.#dropped += this.#buffered.splice(0, MAX_BUFFERED / 2).length;
    }
  }

  /** Waits for the next event; done when the connection has ended. */
  next(): Promise<IteratorResult<ClientEvent>> {
    const event = this.#takeDropped() ?? this.#buffered.shift();
    if (event !== undefined) {
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    const { promise, resolve } = Promise.withResolvers<
      IteratorResult<ClientEvent>
    >();
    this.#waiting.push(resolve);
    return promise;
  }

  /** Ends the stream and tells the server that its events are not wanted. */
  async return(): Promise<IteratorResult<ClientEvent>> {
    this.#buffered = [];
    this.end();
    await this.#onClose(this);
    return { done: true, value: undefined };
  }

  /** Ends the stream after the events that wait. */
  end(): void {
    this.#ended = true;
    for (const resolve of this.#waiting) {
      resolve({ done: true, value: undefined });
    }
    this.#waiting = [];
  }

  /** The stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Ends, see {@linkcode EventStream.return}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #takeDropped(): ClientEvent | undefined {
    const oldest = this.#buffered[0];
    if (this.#dropped === 0 || oldest === undefined) return undefined;
    const data = { count: this.#dropped };
    this.#dropped = 0;
    return { name: "DROPPED", data, at: oldest.at };
  }
}
