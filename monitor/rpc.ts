import { type JSONRPCResponse, JSONRPCServer } from "json-rpc-2.0";
import {
  checkRequest,
  detectId,
  parseMessage,
  type RequestId,
} from "./envelope.ts";
import { MonitorError } from "./errors.ts";
import type { Limits } from "./limits.ts";

/** What an {@linkcode RpcServer} calls. */
export interface RpcTarget<Client> {
  /** Called before a method is looked up; throws to refuse. */
  authorize(method: string, client: Client): void;
  /** Carries out a method with unchecked parameters. */
  invoke(method: string, params: unknown, client: Client): Promise<unknown>;
  /** Learns of errors that clients are not told. */
  report(message: string, error: unknown): void;
}

/** Makes the text of an answer that is an error. */
export function errorAnswer(id: RequestId, error: MonitorError): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error });
}

/**
 * JSON-RPC 2.0, texts in and texts out, knowing nothing of connections.
 *
 * Calls go through npm's JSONRPCServer. Parsing, the request object's shape,
 * ids and batches are handled here, because that package accepts scalar
 * `params`, answers a batch of one by an object, answers `null` as a parse
 * error, and calls every thrown error code 0.
 */
export class RpcServer<Client> {
  readonly #server: JSONRPCServer<Client>;
  readonly #target: RpcTarget<Client>;
  readonly #limits: Pick<Limits, "batch" | "batchAnswer">;

  /** Makes a server of the methods named. */
  constructor(
    target: RpcTarget<Client>,
    options: {
      methods: Iterable<string>;
      limits: Pick<Limits, "batch" | "batchAnswer">;
    },
  ) {
    this.#target = target;
    this.#limits = options.limits;
    this.#server = new JSONRPCServer<Client>({ errorListener: () => {} });
    this.#server.applyMiddleware((next, request, client) => {
      target.authorize(request.method, client);
      return next(request, client);
    });
    for (const name of options.methods) {
      this.#server.addMethod(
        name,
        (params, client) => target.invoke(name, params, client),
      );
    }
    this.#server.mapErrorToJSONRPCErrorResponse = (id, error) => ({
      jsonrpc: "2.0",
      id,
      error: this.#toMonitorError(error).toJSON(),
    });
  }

  /**
   * Answers the text of one message.
   *
   * @returns The text of the answer, undefined where none is due
   */
  async answer(text: string, client: Client): Promise<string | undefined> {
    let message: unknown;
    try {
      message = parseMessage(text);
    } catch (error) {
      return errorAnswer(null, this.#toMonitorError(error));
    }
    return Array.isArray(message)
      ? await this.#answerBatch(message, client)
      : await this.#answerOne(message, client);
  }

  // Requests of a batch are carried out one after another: a batch that stops
  // the machine, reads memory and lets it run again means that order.
  async #answerBatch(
    batch: unknown[],
    client: Client,
  ): Promise<string | undefined> {
    if (batch.length === 0 || batch.length > this.#limits.batch) {
      const data = batch.length === 0 ? { reason: "Batch is empty" } : {
        reason: `Batch is too long: ${batch.length}`,
        limit: this.#limits.batch,
      };
      return errorAnswer(null, MonitorError.of("invalidRequest", { data }));
    }
    const answers: string[] = [];
    let size = 0;
    for (const message of batch) {
      const answer = size < this.#limits.batchAnswer
        ? await this.#answerOne(message, client)
        : this.#refuse(message);
      if (answer === undefined) continue;
      answers.push(answer);
      size += answer.length;
    }
    return answers.length === 0 ? undefined : `[${answers.join(",")}]`;
  }

  #refuse(message: unknown): string | undefined {
    const isNotification = typeof message === "object" && message !== null &&
      !("id" in message);
    if (isNotification) return undefined;
    const data = { limit: this.#limits.batchAnswer };
    return errorAnswer(detectId(message), MonitorError.of("limit", { data }));
  }

  async #answerOne(
    message: unknown,
    client: Client,
  ): Promise<string | undefined> {
    try {
      const { method, params, id } = checkRequest(message);
      const response = await this.#server.receive({
        jsonrpc: "2.0",
        method,
        params,
        // The package sees a number of ours, so that any id is echoed exactly.
        ...(id === undefined ? {} : { id: 0 }),
      }, client);
      return response === null || id === undefined
        ? undefined
        : JSON.stringify({ ...response, id } satisfies AnyIdResponse);
    } catch (error) {
      return errorAnswer(detectId(message), this.#toMonitorError(error));
    }
  }

  #toMonitorError(error: unknown): MonitorError {
    if (error instanceof MonitorError) return error;
    this.#target.report("Cannot carry out a monitor method", error);
    return MonitorError.of("internal");
  }
}

type AnyIdResponse = Omit<JSONRPCResponse, "id"> & { id: RequestId };
