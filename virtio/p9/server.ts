/**
 * A 9P2000.L server: takes a request, carries it out, gives the reply.
 *
 * @module
 */
import { attributeHandlers } from "./attributes.ts";
import {
  buildMessage,
  bytesBeforeData,
  type Header,
  HEADER_BYTES,
  parseFields,
  parseHeader,
  SHORT_REPLY_BYTES,
} from "./codec.ts";
import { directoryHandlers } from "./directory.ts";
import { ERRNO, errnoOf, P9Error } from "./errno.ts";
import type { Handler, Handlers, Transfer } from "./handler.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { lockHandlers } from "./locks.ts";
import { makeHandlers } from "./make.ts";
import {
  ERROR_REPLY,
  type Fields,
  type MessageName,
  messageName,
  MESSAGES,
  type Request,
  type ValuesOf,
} from "./message.ts";
import { nameHandlers } from "./names.ts";
import { openHandlers } from "./open.ts";
import { sessionHandlers } from "./session.ts";
import { Share, type ShareOptions } from "./share.ts";
import { restoreServer, saveServer, type ServerState } from "./state.ts";
import { statfsHandlers } from "./statfs.ts";
import { transferHandlers } from "./transfer.ts";
import { walkHandlers } from "./walk.ts";
import { xattrHandlers } from "./xattr.ts";

const HANDLERS: Handlers = {
  ...sessionHandlers,
  ...walkHandlers,
  ...openHandlers,
  ...transferHandlers,
  ...directoryHandlers,
  ...attributeHandlers,
  ...nameHandlers,
  ...makeHandlers,
  ...lockHandlers,
  ...xattrHandlers,
  ...statfsHandlers,
};

/** A request and the room for its reply, wherever they lie. */
export interface Exchange {
  /** Bytes of the request that were not taken yet. */
  readonly remaining: number;
  /** A copy of the request's next bytes. */
  take(bytes: number): Uint8Array;
  /** The request's next bytes where they lie. */
  takeViews(bytes: number): readonly Uint8Array[];
  /** Most bytes that the reply can have, `SHORT_REPLY_BYTES` at least. */
  readonly room: number;
  /**
   * Where bytes of the reply lie that come after the first
   * `SHORT_REPLY_BYTES`. Called once at most, and before `put()`.
   */
  place(bytes: number): readonly Uint8Array[];
  /** Writes the reply as far as what was placed. Called once. */
  put(bytes: Uint8Array): void;
}

/** What a server is made of. */
export interface ServerOptions extends ShareOptions {
  /**
   * Told of what the host threw and no errno is known for; the guest gets
   * EIO.
   */
  readonly onFailure?: (error: unknown) => void;
}

/** A server of one share to one client. */
export class P9Server {
  readonly #share: Share;
  readonly #onFailure: (error: unknown) => void;

  /** Throws TypeError where the folder is none, and what Deno throws. */
  constructor(options: ServerOptions) {
    this.#share = new Share(options);
    this.#onFailure = options.onFailure ?? (() => {});
  }

  /**
   * Carries a request out, whose first `HEADER_BYTES` must be there. Gives
   * the reply's length.
   */
  answer(exchange: Exchange): number {
    const header = parseHeader(exchange.take(HEADER_BYTES));
    try {
      return this.#carryOut(header, exchange);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) this.#onFailure(error);
      return putMessage(exchange, {
        type: ERROR_REPLY.type,
        tag: header.tag,
        fields: ERROR_REPLY.fields,
        values: { errno: errno ?? ERRNO.EIO },
      });
    }
  }

  /** Forgets the session: fids, open files, locks. */
  reset(): void {
    this.#share.clear();
  }

  /** Plain data, structured-clonable. */
  save(): ServerState {
    return saveServer(this.#share);
  }

  /**
   * Takes back what `save()` gave, in a folder that should be the same. Files
   * that are not there any more are lost: the fids answer ESTALE. Throws
   * RangeError or TypeError for what `save()` cannot have given.
   */
  restore(state: unknown): void {
    restoreServer(this.#share, state);
  }

  #carryOut(header: Header, exchange: Exchange): number {
    const { size, type, tag } = header;
    const name = messageName(type);
    if (name === undefined) {
      throw new P9Error("EOPNOTSUPP", `Cannot carry out: message type ${type}`);
    }
    this.#checkSession(name, size);
    const { fields, data } = takeFields(name, size, exchange);
    const transfer = this.#transfer(exchange, data);
    // A handler takes its own message's fields.
    const handler = HANDLERS[name] as Handler<MessageName>;
    const reply = handler(
      this.#share,
      fields as Request<MessageName>,
      transfer,
    );
    return putMessage(exchange, {
      type: type + 1,
      tag,
      fields: MESSAGES[name].reply as Fields,
      values: reply as ValuesOf<Fields>,
    }, this.#room(exchange));
  }

  #checkSession(name: MessageName, size: number): void {
    const { messageSize } = this.#share;
    if (messageSize === 0 && name !== "version") {
      throw new P9Error("EPROTO", `Cannot carry out: no version: T${name}`);
    }
    if (size > (messageSize || MAX_MESSAGE_BYTES)) {
      throw new P9Error("EMSGSIZE", `Cannot carry out: ${size} bytes`);
    }
  }

  #room({ room }: Exchange): number {
    return Math.min(room, this.#share.messageSize || room);
  }

  #transfer(
    exchange: Exchange,
    data: readonly Uint8Array[],
  ): Transfer {
    const room = this.#room(exchange) - SHORT_REPLY_BYTES;
    return { data, room, place: (bytes) => exchange.place(bytes) };
  }
}

/** Takes a request's fields, and its data where they lie. */
function takeFields(
  name: MessageName,
  size: number,
  exchange: Exchange,
): { fields: unknown; data: readonly Uint8Array[] } {
  const format: Fields = MESSAGES[name].request;
  const body = size - HEADER_BYTES;
  if (body < 0 || body > exchange.remaining) {
    throw new P9Error(
      "EPROTO",
      `Cannot parse message: ${size} bytes are ${exchange.remaining}`,
    );
  }
  const head = Math.min(
    body,
    (bytesBeforeData(format) ?? Infinity) - HEADER_BYTES,
  );
  const bytes = exchange.take(head);
  const fields = parseFields(format, bytes, body - head);
  return { fields, data: exchange.takeViews(body - head) };
}

/** Writes a message, whose data are in place; gives its length. */
function putMessage(
  exchange: Exchange,
  { type, tag, fields, values }: {
    type: number;
    tag: number;
    fields: Fields;
    values: ValuesOf<Fields>;
  },
  room = Infinity,
): number {
  const bytes = buildMessage({ type, tag }, fields, values);
  const data = typeof values["data"] === "number" ? values["data"] : 0;
  const length = bytes.length + data;
  if (length > room) {
    throw new P9Error("EMSGSIZE", `Cannot reply: ${length} bytes, ${room} fit`);
  }
  exchange.put(bytes);
  return length;
}
