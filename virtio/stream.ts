/**
 * A chain's buffers as bytes to read and bytes to write. How the driver cut
 * them into descriptors does not show (virtio 1.3, 2.7.4).
 *
 * @module
 */
import {
  loadU16,
  loadU32,
  loadU64,
  type OrderedReader,
  type OrderedWriter,
  type OrderSource,
  splitU64,
  storeU16,
  storeU32,
} from "./accessor.ts";
import { Cursor, type Pieces } from "./_pieces.ts";
import type { GuestMemory } from "./world.ts";

/** For values that lie in two pieces. */
const scratch = new Uint8Array(8);

/**
 * What the driver gave the device to read. Reading more than there is throws
 * RingError (`"short-chain"`): look at `remaining` where that is no fault.
 */
export class ReadStream implements OrderedReader {
  readonly #cursor: Cursor;
  readonly #order: OrderSource;

  constructor(from: Pieces | Cursor, order: OrderSource) {
    this.#cursor = from instanceof Cursor ? from : new Cursor(from);
    this.#order = order;
  }

  get remaining(): number {
    return this.#cursor.remaining;
  }

  u8(): number {
    return this.#next(1)[this.#at] ?? 0;
  }

  u16(): number {
    return loadU16(this.#next(2), this.#at, this.#order.little);
  }

  u32(): number {
    return loadU32(this.#next(4), this.#at, this.#order.little);
  }

  u64(): bigint {
    const little = this.#order.little;
    const view = this.#next(8);
    const first = BigInt(loadU32(view, this.#at, little));
    const second = BigInt(loadU32(view, this.#at + 4, little));
    return little ? second << 32n | first : first << 32n | second;
  }

  u64Number(): number {
    return loadU64(this.#next(8), this.#at, this.#order.little);
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    this.#cursor.need(length);
    const copy = new Uint8Array(length);
    this.copyTo(copy);
    return copy;
  }

  /** Fills the target as far as bytes remain; gives how many it copied. */
  copyTo(target: Uint8Array): number {
    let copied = 0;
    while (copied < target.length && this.#cursor.remaining > 0) {
      const chunk = this.#cursor.chunk(target.length - copied);
      target.set(chunk, copied);
      copied += chunk.length;
    }
    return copied;
  }

  /** The next bytes where they lie in guest memory, without copying. */
  views(length: number): Uint8Array[] {
    return takeViews(this.#cursor, length);
  }

  skip(length: number): void {
    this.#cursor.need(length);
    this.#cursor.skip(length);
  }

  /** The next bytes as a stream of their own, which this one passes over. */
  split(length: number): ReadStream {
    this.#cursor.need(length);
    const part = this.#cursor.fork(length);
    this.#cursor.skip(length);
    return new ReadStream(part, this.#order);
  }

  /** The last bytes as a stream of their own, which this one ends before. */
  splitEnd(length: number): ReadStream {
    return new ReadStream(takeEnd(this.#cursor, length), this.#order);
  }

  #at = 0;

  /** Goes on by a value of at most 8 bytes, which is at `#at` of what it gives. */
  #next(bytes: number): Uint8Array {
    const cursor = this.#cursor;
    cursor.need(bytes);
    if (cursor.inOnePiece(bytes)) {
      this.#at = cursor.offset;
      cursor.advance(bytes);
      return cursor.view;
    }
    this.#at = 0;
    this.copyTo(scratch.subarray(0, bytes));
    return scratch;
  }
}

/**
 * Where the device writes its answer. Writing more than there is throws
 * RingError (`"short-chain"`): look at `remaining` where that is no fault.
 */
export class WriteStream implements OrderedWriter {
  readonly #start: Cursor;
  readonly #cursor: Cursor;
  readonly #order: OrderSource;
  readonly #parts: WriteStream[] = [];
  #written = 0;

  constructor(to: Pieces | Cursor, order: OrderSource) {
    this.#cursor = to instanceof Cursor ? to : new Cursor(to);
    this.#start = this.#cursor.fork(0);
    this.#order = order;
  }

  get remaining(): number {
    return this.#cursor.remaining;
  }

  /** Bytes passed so far: written, skipped, given as views, split off. */
  get written(): number {
    return this.#written;
  }

  u8(value: number): void {
    const view = this.#place(1);
    view[this.#at] = value;
    this.#placed(1);
  }

  u16(value: number): void {
    storeU16(this.#place(2), this.#at, value, this.#order.little);
    this.#placed(2);
  }

  u32(value: number): void {
    storeU32(this.#place(4), this.#at, value, this.#order.little);
    this.#placed(4);
  }

  u64(value: bigint | number): void {
    const [high, low] = splitU64(value);
    const little = this.#order.little;
    const view = this.#place(8);
    storeU32(view, this.#at, little ? low : high, little);
    storeU32(view, this.#at + 4, little ? high : low, little);
    this.#placed(8);
  }

  bytes(data: Uint8Array): void {
    this.#cursor.need(data.length);
    this.#copy(data);
    this.#written += data.length;
  }

  zeros(length: number): void {
    for (const view of this.views(length)) view.fill(0);
  }

  /**
   * The next bytes where they lie in guest memory, to be filled before the
   * chain is pushed.
   */
  views(length: number): Uint8Array[] {
    const views = takeViews(this.#cursor, length);
    this.#written += length;
    return views;
  }

  skip(length: number): void {
    this.#cursor.need(length);
    this.#cursor.skip(length);
    this.#written += length;
  }

  /** The next bytes as a stream of their own, which this one passes over. */
  split(length: number): WriteStream {
    this.#cursor.need(length);
    const part = new WriteStream(this.#cursor.fork(length), this.#order);
    this.skip(length);
    return part;
  }

  /**
   * The last bytes as a stream of their own, which this one ends before: a
   * status that comes after data of any length.
   */
  splitEnd(length: number): WriteStream {
    const part = new WriteStream(takeEnd(this.#cursor, length), this.#order);
    this.#parts.push(part);
    return part;
  }

  /** Tells the memory what was written. The queue does so at a push. */
  flush(memory: GuestMemory): void {
    this.#start.eachUntil(
      this.#cursor,
      (address, bytes) => memory.written(address, bytes),
    );
    for (const part of this.#parts) part.flush(memory);
  }

  #at = 0;

  /** Where to put a value of at most 8 bytes: at `#at` of what it gives. */
  #place(bytes: number): Uint8Array {
    const cursor = this.#cursor;
    cursor.need(bytes);
    const whole = cursor.inOnePiece(bytes);
    this.#at = whole ? cursor.offset : 0;
    return whole ? cursor.view : scratch;
  }

  /** The value is where `#place` said: goes on. */
  #placed(bytes: number): void {
    if (this.#cursor.inOnePiece(bytes)) this.#cursor.advance(bytes);
    else this.#copy(scratch.subarray(0, bytes));
    this.#written += bytes;
  }

  #copy(data: Uint8Array): void {
    for (let at = 0; at < data.length;) {
      const chunk = this.#cursor.chunk(data.length - at);
      chunk.set(data.subarray(at, at + chunk.length));
      at += chunk.length;
    }
  }
}

function takeViews(cursor: Cursor, length: number): Uint8Array[] {
  cursor.need(length);
  const views: Uint8Array[] = [];
  for (let left = length; left > 0;) {
    const chunk = cursor.chunk(left);
    views.push(chunk);
    left -= chunk.length;
  }
  return views;
}

function takeEnd(cursor: Cursor, length: number): Cursor {
  cursor.need(length);
  const end = cursor.fork(cursor.remaining);
  end.skip(end.remaining - length);
  cursor.remaining -= length;
  return end;
}
