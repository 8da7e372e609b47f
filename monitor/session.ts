import { createHash, timingSafeEqual } from "node:crypto";
import type { MonitorEvent } from "./backend.ts";
import { MonitorError } from "./errors.ts";
import { InFlight } from "./in_flight.ts";
import { JsonStream, type JsonStreamItem } from "./json_stream.ts";
import type { Limits } from "./limits.ts";
import { Outgoing } from "./outgoing.ts";
import { errorAnswer } from "./rpc.ts";
import { Subscription } from "./subscription.ts";
import type { Connection } from "./transports/connection.ts";

/** What a {@linkcode Session} needs. */
export interface SessionOptions {
  /** Number of the client, unique within its server. */
  client: number;
  /** The bounds. */
  limits: Limits;
  /** The token that the client must show first; none is needed if undefined. */
  token?: string | undefined;
  /** Answers one message. */
  answer: (text: string, session: Session) => Promise<string | undefined>;
  /** Learns why the connection was closed against the client's will. */
  onClosed: (reason: string) => void;
}

// Tokens of different lengths must not be told apart by time either.
function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** One client from its first byte to its last. */
export class Session {
  /** Number of the client. */
  readonly client: number;
  /** The events that it wants. */
  readonly subscription: Subscription = new Subscription();
  readonly #connection: Connection;
  readonly #options: SessionOptions;
  readonly #stream: JsonStream;
  readonly #outgoing: Outgoing;
  readonly #inFlight: InFlight;
  readonly #gone = Promise.withResolvers<void>();
  #authenticated: boolean;
  #nonsense = 0;

  /** Makes a session that has read nothing yet. */
  constructor(connection: Connection, options: SessionOptions) {
    const { limits } = options;
    this.client = options.client;
    this.#connection = connection;
    this.#options = options;
    this.#authenticated = options.token === undefined;
    this.#stream = new JsonStream({
      maxBytes: this.#authenticated
        ? limits.messageBytes
        : limits.unauthenticatedBytes,
      maxDepth: limits.depth,
    });
    this.#inFlight = new InFlight(limits.inFlight);
    this.#outgoing = new Outgoing({
      write: (messages) => connection.write(messages),
      onFailure: (reason) => this.#close(reason),
      limits,
    });
  }

  /** Serves the client until it leaves or is sent away. */
  async run(): Promise<void> {
    const deadline = this.#authenticated ? undefined : setTimeout(
      () => this.#outgoing.fail("it did not authenticate in time"),
      this.#options.limits.authentication,
    );
    // A client that is gone is not kept for the sake of its unanswered calls.
    await Promise.race([this.#serve(), this.#gone.promise]);
    clearTimeout(deadline);
    this.close();
  }

  /** Waits until everything that was asked is answered, and the answers are sent. */
  async drain(): Promise<void> {
    await this.#inFlight.settle();
    await this.#outgoing.flush();
  }

  /** Ends the session at once. */
  close(): void {
    this.#outgoing.fail("");
  }

  /** Sends an event whose text is `message`. */
  sendEvent(event: MonitorEvent, message: string): void {
    this.#outgoing.sendEvent(message, event.at);
  }

  /**
   * Refuses every method but `authenticate` until that has succeeded.
   *
   * @throws {MonitorError} Not authenticated
   */
  authorize(method: string): void {
    if (this.#authenticated || method === "authenticate") return;
    throw MonitorError.of("notAuthenticated");
  }

  /**
   * Compares the token that the client shows.
   *
   * @throws {MonitorError} Not authenticated
   */
  authenticate(token: string): void {
    const expected = this.#options.token;
    if (expected === undefined) return;
    if (!timingSafeEqual(digest(token), digest(expected))) {
      throw MonitorError.of("notAuthenticated");
    }
    this.#authenticated = true;
    this.#stream.maxBytes = this.#options.limits.messageBytes;
  }

  async #serve(): Promise<void> {
    try {
      if (await this.#read()) await this.#inFlight.settle();
      await this.#outgoing.flush();
    } catch {
      // The connection broke; there is nobody to tell.
    }
  }

  /** Returns whether the client ended its input, rather than being sent away. */
  async #read(): Promise<boolean> {
    for (;;) {
      const chunk = await this.#connection.read();
      if (chunk === undefined) {
        return await this.#takeAll(this.#stream.finish());
      }
      if (!await this.#takeAll(this.#stream.push(chunk))) return false;
      if (this.#connection.framed) {
        if (!await this.#takeAll(this.#stream.finish())) return false;
      }
    }
  }

  async #takeAll(items: JsonStreamItem[]): Promise<boolean> {
    for (const item of items) {
      if (item.kind === "value") {
        if (!await this.#takeValue(item.text)) return false;
      } else if (!this.#takeNonsense(item)) return false;
    }
    return true;
  }

  async #takeValue(text: string): Promise<boolean> {
    // A batch has the client to itself: its answers come in one piece.
    this.#nonsense = 0;
    const weight = text.startsWith("[") ? this.#options.limits.inFlight : 1;
    await this.#inFlight.enter(weight);
    await this.#outgoing.room();
    const answered = this.#answer(text, weight);
    if (this.#authenticated) return true;
    await answered;
    if (!this.#authenticated) this.#options.onClosed("it did not authenticate");
    return this.#authenticated;
  }

  async #answer(text: string, weight: number): Promise<void> {
    try {
      const answer = await this.#options.answer(text, this);
      if (answer !== undefined) this.#outgoing.send(answer);
    } catch {
      this.#outgoing.fail("its request cannot be answered");
    } finally {
      this.#inFlight.leave(weight);
    }
  }

  #takeNonsense(item: JsonStreamItem & { kind: "nonsense" | "end" }): boolean {
    const { limits } = this.#options;
    const tooLarge = item.reason === "too large";
    if (item.kind === "end" && !tooLarge) {
      this.#options.onClosed("it does not speak JSON");
      return false;
    }
    const error = tooLarge
      ? MonitorError.of("limit", { data: { limit: this.#stream.maxBytes } })
      : MonitorError.of("parse", { data: { reason: item.reason } });
    this.#outgoing.send(errorAnswer(null, error));
    const patient = this.#authenticated && ++this.#nonsense < limits.nonsense;
    if (item.kind === "nonsense" && patient) return true;
    this.#options.onClosed(
      tooLarge ? "its message is too large" : "it sends nonsense",
    );
    return false;
  }

  #close(reason: string): void {
    if (reason !== "") this.#options.onClosed(reason);
    this.#connection.close();
    this.#gone.resolve();
  }
}
