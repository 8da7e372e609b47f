/**
 * What carries a request out.
 *
 * @module
 */
import type { MessageName, Reply, Request } from "./message.ts";
import type { Share } from "./share.ts";

/** A request's data and the room for its reply's. */
export interface Transfer {
  /** Data of the request, where they lie. */
  readonly data: readonly Uint8Array[];
  /** Most bytes of data that the reply can have. */
  readonly room: number;
  /** Where the reply's data belong, at most `room` bytes. Called once. */
  place(bytes: number): readonly Uint8Array[];
}

/** Carries requests of one kind out. Throws what `errnoOf()` knows. */
export type Handler<N extends MessageName> = (
  share: Share,
  request: Request<N>,
  transfer: Transfer,
) => Reply<N>;

/** A handler for each kind. */
export type Handlers = { readonly [N in MessageName]: Handler<N> };
