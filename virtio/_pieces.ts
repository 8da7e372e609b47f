/**
 * The buffers of a chain in one direction, and a place in them.
 *
 * @module
 */
import { RingError } from "./ring_error.ts";

/** Buffers in their order: views of guest memory, and where each one lies. */
export class Pieces {
  readonly views: Uint8Array[] = [];
  readonly addresses: number[] = [];
  /** Bytes in all. */
  total = 0;

  add(address: number, view: Uint8Array): void {
    this.views.push(view);
    this.addresses.push(address);
    this.total += view.length;
  }

  /** Where the pieces lie. */
  buffers(): { address: number; length: number }[] {
    return this.views.map(({ length }, index) => ({
      address: this.addresses[index] ?? 0,
      length,
    }));
  }
}

const EMPTY = new Uint8Array(0);

/** A place in pieces, and how far one may go from there. */
export class Cursor {
  readonly pieces: Pieces;
  remaining: number;
  #index: number;
  /** Where in `view` the place is. */
  offset: number;
  /** The piece that the place is in. */
  view: Uint8Array;

  constructor(pieces: Pieces, remaining = pieces.total, index = 0, offset = 0) {
    this.pieces = pieces;
    this.remaining = remaining;
    this.#index = index;
    this.offset = offset;
    this.view = pieces.views[index] ?? EMPTY;
  }

  /** Throws where less than that remains. */
  need(bytes: number): void {
    if (!(bytes >= 0 && bytes <= this.remaining)) {
      throw new RingError(
        "short-chain",
        `Cannot take ${bytes} bytes of a chain: ${this.remaining} remain`,
      );
    }
  }

  /** Whether the next bytes lie in one piece; steps over a piece's end. */
  inOnePiece(bytes: number): boolean {
    while (this.offset === this.view.length && this.remaining > 0) this.#next();
    return this.offset + bytes <= this.view.length;
  }

  /** Goes on by bytes that lie in one piece and that remain. */
  advance(bytes: number): void {
    this.offset += bytes;
    this.remaining -= bytes;
  }

  /** Goes on by up to that many bytes, and gives those that it passed. */
  chunk(limit: number): Uint8Array {
    this.inOnePiece(1);
    const length = Math.min(
      limit,
      this.remaining,
      this.view.length - this.offset,
    );
    const chunk = this.view.subarray(this.offset, this.offset + length);
    this.advance(length);
    return chunk;
  }

  /** Goes on by bytes that remain. */
  skip(bytes: number): void {
    while (bytes > 0) {
      this.inOnePiece(1);
      const length = Math.min(bytes, this.view.length - this.offset);
      this.advance(length);
      bytes -= length;
    }
  }

  /** The same place, with another end. */
  fork(remaining: number): Cursor {
    return new Cursor(this.pieces, remaining, this.#index, this.offset);
  }

  /** Calls for each part of the pieces between this place and a later one. */
  eachUntil(
    end: Cursor,
    call: (address: number, bytes: number) => void,
  ): void {
    for (let index = this.#index; index <= end.#index; index++) {
      const view = this.pieces.views[index];
      if (view === undefined) return;
      const from = index === this.#index ? this.offset : 0;
      const to = index === end.#index ? end.offset : view.length;
      const address = this.pieces.addresses[index] ?? 0;
      if (to > from) call(address + from, to - from);
    }
  }

  #next(): void {
    this.#index++;
    this.offset = 0;
    this.view = this.pieces.views[this.#index] ?? EMPTY;
    if (this.#index >= this.pieces.views.length) this.remaining = 0;
  }
}
