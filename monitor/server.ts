import type { EventInterest, MonitorBackend, MonitorEvent } from "./backend.ts";
import { parseAddress } from "./address.ts";
import { checkEvent, checkParams, checkResult } from "./check.ts";
import { MonitorError } from "./errors.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import {
  type CheckedParams,
  findMethod,
  type MethodName,
  type MethodResult,
  METHODS,
} from "./methods/mod.ts";
import { openRpcDocument } from "./openrpc.ts";
import { eventMessage } from "./outgoing.ts";
import { RpcServer } from "./rpc.ts";
import { Session } from "./session.ts";
import { type Subscription, uniteInterests } from "./subscription.ts";
import type { Connection, Listener } from "./transports/connection.ts";
import { listen, type ListenOptions } from "./transports/mod.ts";

/** How a {@linkcode MonitorServer} behaves. */
export interface MonitorServerOptions {
  /** Bounds that differ from {@linkcode DEFAULT_LIMITS}. */
  limits?: Partial<Limits>;
  /** Whether results and events are checked against their tables; for tests and debugging. */
  checkResults?: boolean;
  /** Learns what clients are not told: faults behind a method, clients sent away. */
  log?: (message: string) => void;
}

type ServerMethods = {
  [
    Name in Extract<
      MethodName,
      "authenticate" | "subscribe" | "unsubscribe" | "rpc.discover"
    >
  ]: (session: Session, params: CheckedParams<Name>) => MethodResult<Name>;
};

/**
 * The monitor: clients in front, a machine behind.
 *
 * ```ts
 * import { HandlerBackend, MonitorServer } from "@janus/janus/monitor";
 *
 * const backend = new HandlerBackend({}, { state: () => "paused" });
 * await using server = new MonitorServer(backend);
 * await server.listen("tcp:127.0.0.1:0");
 * ```
 */
export class MonitorServer implements AsyncDisposable {
  readonly #backend: MonitorBackend;
  readonly #options: MonitorServerOptions;
  readonly #limits: Limits;
  readonly #rpc: RpcServer<Session>;
  readonly #sessions = new Set<Session>();
  readonly #listeners = new Set<Listener>();
  readonly #stopListening: () => void;
  readonly #methods: ServerMethods = {
    authenticate: (session, { token }) => {
      session.authenticate(token);
      return {};
    },
    subscribe: ({ subscription }, params) =>
      this.#subscribe(subscription, () => subscription.add(params)),
    unsubscribe: ({ subscription }, params) =>
      this.#subscribe(subscription, () => subscription.remove(params)),
    "rpc.discover": () => openRpcDocument(),
  };
  #interest = "";
  #nextClient = 1;
  #closed = false;

  /** Makes a server that listens nowhere yet. */
  constructor(backend: MonitorBackend, options: MonitorServerOptions = {}) {
    this.#backend = backend;
    this.#options = options;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#rpc = new RpcServer<Session>({
      authorize: (method, session) => session.authorize(method),
      invoke: (method, params, session) =>
        this.#invoke(method, params, session),
      report: (message, error) => this.#log(`${message}: ${error}`),
    }, { methods: METHODS.map(({ name }) => name), limits: this.#limits });
    this.#stopListening = backend.onEvent((event) => this.#spread(event));
  }

  /**
   * Lets clients in at an address such as `unix:PATH` or `tcp:127.0.0.1:PORT`.
   *
   * @returns The address to connect to, with the port that was chosen for 0
   * @throws {SyntaxError} When the address cannot be parsed
   * @throws {Error} When it is refused or cannot be had, in one sentence
   */
  async listen(address: string, options: ListenOptions = {}): Promise<string> {
    const parsed = parseAddress(address);
    const token = parsed.transport === "tcp" ? options.token : undefined;
    const listener = await listen(parsed, {
      ...options,
      onConnection: (connection) => void this.serve(connection, { token }),
    });
    this.#listeners.add(listener);
    return listener.address;
  }

  /** Serves one connection until it ends. */
  async serve(
    connection: Connection,
    options: { token?: string | undefined } = {},
  ): Promise<void> {
    if (this.#closed || this.#sessions.size >= this.#limits.clients) {
      this.#log("Cannot serve a monitor client: too many of them");
      connection.close();
      return;
    }
    const client = this.#nextClient++;
    const session = new Session(connection, {
      client,
      limits: this.#limits,
      token: options.token,
      answer: (text, session) => this.#rpc.answer(text, session),
      onClosed: (reason) =>
        this.#log(`Monitor client ${client} is sent away: ${reason}`),
    });
    this.#sessions.add(session);
    try {
      await session.run();
    } finally {
      this.#sessions.delete(session);
      this.#tellInterest();
    }
  }

  /**
   * Waits until every client was sent what there is to send to it, but not
   * longer than so many milliseconds. What a machine did last is lost to its
   * clients without this.
   */
  async drain(milliseconds: number): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, milliseconds);
    const drained = [...this.#sessions].map((session) => session.drain());
    await Promise.race([Promise.all(drained), late.promise]);
    clearTimeout(timer);
  }

  /** Sends all clients away and stops listening. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#stopListening();
    for (const session of this.#sessions) session.close();
    await Promise.all([...this.#listeners].map((one) => one.close()));
    this.#listeners.clear();
  }

  /** Closes, see {@linkcode MonitorServer.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #invoke(
    name: string,
    params: unknown,
    session: Session,
  ): Promise<unknown> {
    const method = findMethod(name);
    if (method === undefined) throw MonitorError.of("methodNotFound");
    const checked = checkParams(method, params);
    let result: unknown;
    if (method.home === "server") {
      // The table pairs each name with its parameters.
      const own = this.#methods[name as keyof ServerMethods] as (
        session: Session,
        params: unknown,
      ) => unknown;
      result = own(session, checked);
    } else {
      const { client } = session;
      result = await this.#backend.call(name, checked, { client });
    }
    if (this.#options.checkResults) checkResult(method, result);
    return result;
  }

  #subscribe(
    subscription: Subscription,
    change: () => void,
  ): MethodResult<"subscribe"> {
    change();
    this.#tellInterest();
    return subscription.describe();
  }

  #tellInterest(): void {
    const interest: EventInterest = uniteInterests(
      [...this.#sessions].map(({ subscription }) => subscription),
    );
    const text = JSON.stringify(interest);
    if (text === this.#interest) return;
    this.#interest = text;
    this.#backend.setEventInterest?.(interest);
  }

  #spread(event: MonitorEvent): void {
    const wanting = [...this.#sessions].filter(({ subscription }) =>
      subscription.wants(event)
    );
    if (wanting.length === 0) return;
    try {
      if (this.#options.checkResults) checkEvent(event);
      const message = eventMessage(event);
      for (const session of wanting) session.sendEvent(event, message);
    } catch (error) {
      // The machine that tells of an event must not suffer for it.
      this.#log(`Cannot send an event: ${error}`);
    }
  }

  #log(message: string): void {
    this.#options.log?.(message);
  }
}
