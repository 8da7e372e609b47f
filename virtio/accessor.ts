/**
 * Loads and stores in a device's byte order. Whoever reads or writes a
 * structure that virtio defines does it through these, and never names an
 * order: that is decided in `byte_order.ts` alone.
 *
 * @module
 */

/** Where an accessor learns the order, anew at each access. */
export interface OrderSource {
  /** Whether multi-byte values are little-endian at this moment. */
  readonly little: boolean;
}

/** Fields read one after the other. Reading past the end throws. */
export interface OrderedReader {
  /** Bytes not read yet. */
  readonly remaining: number;
  u8(): number;
  u16(): number;
  u32(): number;
  u64(): bigint;
  /** A u64 as a number: Infinity above 2^53 - 1, which every bound refuses. */
  u64Number(): number;
  /** A copy of the next bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer>;
  skip(length: number): void;
}

/** Fields written one after the other. Writing past the end throws. */
export interface OrderedWriter {
  u8(value: number): void;
  u16(value: number): void;
  u32(value: number): void;
  /** Throws RangeError for a number that is not a safe integer. */
  u64(value: bigint | number): void;
  bytes(data: Uint8Array): void;
  /** Writes that many zero bytes. */
  zeros(length: number): void;
}

/** The 16-bit value at an offset. Beyond the end bytes count as zero. */
export function loadU16(
  bytes: Uint8Array,
  offset: number,
  little: boolean,
): number {
  const first = bytes[offset] ?? 0;
  const second = bytes[offset + 1] ?? 0;
  return little ? first | second << 8 : first << 8 | second;
}

/** The 32-bit value at an offset, as an unsigned number. */
export function loadU32(
  bytes: Uint8Array,
  offset: number,
  little: boolean,
): number {
  const first = loadU16(bytes, offset, little);
  const second = loadU16(bytes, offset + 2, little);
  return (little ? first | second << 16 : first << 16 | second) >>> 0;
}

/**
 * The 64-bit value at an offset as a number: Infinity above 2^53 - 1, which
 * no memory has an address for.
 */
export function loadU64(
  bytes: Uint8Array,
  offset: number,
  little: boolean,
): number {
  const first = loadU32(bytes, offset, little);
  const second = loadU32(bytes, offset + 4, little);
  return little ? joinU64(second, first) : joinU64(first, second);
}

export function storeU16(
  bytes: Uint8Array,
  offset: number,
  value: number,
  little: boolean,
): void {
  bytes[offset] = little ? value : value >>> 8;
  bytes[offset + 1] = little ? value >>> 8 : value;
}

export function storeU32(
  bytes: Uint8Array,
  offset: number,
  value: number,
  little: boolean,
): void {
  storeU16(bytes, offset, little ? value : value >>> 16, little);
  storeU16(bytes, offset + 2, little ? value >>> 16 : value, little);
}

/** Two halves as one number: Infinity above 2^53 - 1. */
export function joinU64(high: number, low: number): number {
  return high >= 0x200000 ? Infinity : high * 0x1_0000_0000 + low;
}

/** The halves of a 64-bit value. Throws RangeError if it has no exact ones. */
export function splitU64(
  value: bigint | number,
): readonly [high: number, low: number] {
  if (typeof value === "bigint") {
    return [
      Number(BigInt.asUintN(32, value >> 32n)),
      Number(BigInt.asUintN(32, value)),
    ];
  }
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new RangeError(`Cannot store a 64-bit value: not exact: ${value}`);
  }
  return [Math.floor(value / 0x1_0000_0000), value >>> 0];
}

/** A reader of bytes that lie in one piece, such as a write to the config. */
export class BytesReader implements OrderedReader {
  readonly #bytes: Uint8Array;
  readonly #order: OrderSource;
  #at = 0;

  constructor(bytes: Uint8Array, order: OrderSource) {
    this.#bytes = bytes;
    this.#order = order;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  u8(): number {
    return this.#bytes[this.#take(1)] ?? 0;
  }

  u16(): number {
    return loadU16(this.#bytes, this.#take(2), this.#order.little);
  }

  u32(): number {
    return loadU32(this.#bytes, this.#take(4), this.#order.little);
  }

  u64(): bigint {
    const little = this.#order.little;
    const at = this.#take(8);
    const first = BigInt(loadU32(this.#bytes, at, little));
    const second = BigInt(loadU32(this.#bytes, at + 4, little));
    return little ? second << 32n | first : first << 32n | second;
  }

  u64Number(): number {
    return loadU64(this.#bytes, this.#take(8), this.#order.little);
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const at = this.#take(length);
    return new Uint8Array(this.#bytes.subarray(at, at + length));
  }

  skip(length: number): void {
    this.#take(length);
  }

  #take(length: number): number {
    if (length > this.remaining) {
      throw new RangeError(
        `Cannot read ${length} bytes: ${this.remaining} remain`,
      );
    }
    const at = this.#at;
    this.#at += length;
    return at;
  }
}

/** A writer into bytes that it makes itself, such as a device's config. */
export class BytesWriter implements OrderedWriter {
  readonly #order: OrderSource;
  #bytes = new Uint8Array(64);
  #length = 0;

  constructor(order: OrderSource) {
    this.#order = order;
  }

  /** What was written so far. */
  get written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  u8(value: number): void {
    const at = this.#grow(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#grow(2);
    storeU16(this.#bytes, at, value, this.#order.little);
  }

  u32(value: number): void {
    const at = this.#grow(4);
    storeU32(this.#bytes, at, value, this.#order.little);
  }

  u64(value: bigint | number): void {
    const [high, low] = splitU64(value);
    const little = this.#order.little;
    const at = this.#grow(8);
    storeU32(this.#bytes, at, little ? low : high, little);
    storeU32(this.#bytes, at + 4, little ? high : low, little);
  }

  bytes(data: Uint8Array): void {
    const at = this.#grow(data.length);
    this.#bytes.set(data, at);
  }

  zeros(length: number): void {
    this.#grow(length);
  }

  #grow(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    return at;
  }
}
