import { JSONRPCClient, JSONRPCErrorException } from "json-rpc-2.0";
import { parseAddress } from "./address.ts";
import type { MonitorEvent } from "./backend.ts";
import { type ClientTls, dial } from "./dial.ts";
import { MonitorError } from "./errors.ts";
import { type ClientEvent, EventStream } from "./event_stream.ts";
import { JsonStream } from "./json_stream.ts";
import type { MethodName, MethodParams, MethodResult } from "./methods/mod.ts";
import { uniteInterests } from "./subscription.ts";
import type { Connection } from "./transports/connection.ts";

/** How to reach a monitor. */
export interface ConnectOptions {
  /** What to show first, where the server wants it. */
  token?: string | undefined;
  /** TCP: speak TLS; beyond loopback it is spoken in any case. */
  tls?: ClientTls | undefined;
}

/** Parameters of a call, which may be left out where none is required. */
export type CallArguments<Name extends MethodName> =
  Record<never, never> extends MethodParams<Name>
    ? [params?: MethodParams<Name>]
    : [params: MethodParams<Name>];

// The server bounds its own answers; this only bounds what a wrong one can do.
const MAX_ANSWER_BYTES = 64 << 20;
const MAX_ANSWER_DEPTH = 128;

/**
 * Connects to a monitor.
 *
 * @param address Such as `unix:m.sock` or `tcp:127.0.0.1:5555`
 * @throws {SyntaxError} When the address cannot be parsed
 * @throws {MonitorError} When the token is refused
 * @throws {Error} When nobody answers there
 */
export async function connect(
  address: string,
  options: ConnectOptions = {},
): Promise<MonitorClient> {
  const client = new MonitorClient(await dial(parseAddress(address), options));
  if (options.token === undefined) return client;
  try {
    await client.call("authenticate", { token: options.token });
    return client;
  } catch (error) {
    await client.close();
    throw error;
  }
}

/** One client of a monitor, typed by the table of methods. */
export class MonitorClient implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #rpc: JSONRPCClient;
  readonly #streams = new Set<EventStream>();
  readonly #reading: Promise<void>;
  #writing: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  /** Takes over a connection; {@linkcode connect} makes one. */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.#rpc = new JSONRPCClient((payload) =>
      this.#write(JSON.stringify(payload))
    );
    this.#reading = this.#read();
  }

  /**
   * Calls a method and waits for its answer.
   *
   * @throws {MonitorError} When the answer is an error
   * @throws {Error} When the connection ends before there is one
   */
  async call<Name extends MethodName>(
    method: Name,
    ...[params]: CallArguments<Name>
  ): Promise<MethodResult<Name>> {
    return await this.callUnchecked(method, params) as MethodResult<Name>;
  }

  /** The same for a name and parameters that no compiler has seen. */
  async callUnchecked(method: string, params?: unknown): Promise<unknown> {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      return await this.#rpc.request(method, params);
    } catch (error) {
      // The package gives calls that were never answered the code 0.
      if (!(error instanceof JSONRPCErrorException) || error.code === 0) {
        throw this.#failure ?? error;
      }
      const { code, message, data } = error;
      throw new MonitorError(code, message, { data });
    }
  }

  /**
   * Subscribes to events and returns them as a stream, which misses none that
   * happens after this has resolved.
   *
   * ```ts
   * import { connect } from "@janus/janus/monitor";
   *
   * export async function waitForReset(address: string): Promise<void> {
   *   await using client = await connect(address);
   *   await using events = await client.subscribe({ events: ["RESET"] });
   *   await events.next();
   * }
   * ```
   */
  async subscribe(
    filter: MethodParams<"subscribe"> = {},
  ): Promise<EventStream> {
    const stream = new EventStream(filter, (stream) => this.#drop(stream));
    this.#streams.add(stream);
    try {
      await this.call("subscribe", filter);
      return stream;
    } catch (error) {
      this.#streams.delete(stream);
      throw error;
    }
  }

  /** Subscribes with the first step of the iteration, unsubscribes with its end. */
  async *events(
    filter: MethodParams<"subscribe"> = {},
  ): AsyncGenerator<ClientEvent, void, void> {
    await using stream = await this.subscribe(filter);
    yield* stream;
  }

  /** Ends the connection; calls that wait for an answer fail. */
  async close(): Promise<void> {
    this.#fail(new Error("Monitor connection is closed"));
    this.#connection.close();
    await this.#reading;
  }

  /** Closes, see {@linkcode MonitorClient.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // Writes of one connection must not overlap: each may be taken in parts.
  #write(message: string): Promise<void> {
    const written = this.#writing.then(() => this.#connection.write([message]));
    this.#writing = written.catch(() => {});
    return written;
  }

  async #read(): Promise<void> {
    const stream = new JsonStream({
      maxBytes: MAX_ANSWER_BYTES,
      maxDepth: MAX_ANSWER_DEPTH,
    });
    try {
      for (;;) {
        const chunk = await this.#connection.read();
        if (chunk === undefined) break;
        for (const item of stream.push(chunk)) {
          if (item.kind !== "value") {
            throw new Error(`Cannot understand the monitor: ${item.reason}`);
          }
          this.#take(JSON.parse(item.text));
        }
      }
      this.#fail(new Error("Monitor connection was closed by the server"));
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
    this.#connection.close();
  }

  // deno-lint-ignore no-explicit-any -- the package's own type of an answer
  #take(message: any): void {
    if (message?.method === "event") {
      const event: MonitorEvent = message.params;
      for (const stream of this.#streams) stream.push(event);
    } else if (message?.id === null && message.error !== undefined) {
      // The server could not tell which request it was: it concerns them all.
      const { code, message: text, data } = message.error;
      this.#fail(new MonitorError(code, text, { data }));
    } else {
      this.#rpc.receive(message);
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#rpc.rejectAllPendingRequests(error.message);
    for (const stream of this.#streams) stream.end();
  }

  async #drop(stream: EventStream): Promise<void> {
    if (!this.#streams.delete(stream) || this.#failure !== undefined) return;
    const subscriptions = [...this.#streams].map((one) => one.subscription);
    const kept = uniteInterests(subscriptions).events;
    const events = stream.subscription.describe().events.filter((name) =>
      !kept.includes(name)
    );
    if (events.length > 0) await this.call("unsubscribe", { events });
  }
}
