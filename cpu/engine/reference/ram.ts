/**
 * Guest RAM as the reference engine sees it: real storage, byte by byte.
 *
 * @module
 */

/** The guest's RAM, from real address 0. */
export class Ram {
  readonly bytes: number;
  readonly #view: DataView;
  readonly #words: BigUint64Array;

  /**
   * @param buffer Memory that holds the RAM.
   * @param offset Byte offset of real address 0, a multiple of 8.
   * @param bytes Size in bytes, a multiple of 8.
   */
  constructor(buffer: ArrayBufferLike, offset: number, bytes: number) {
    this.bytes = bytes;
    this.#view = new DataView(buffer, offset, bytes);
    this.#words = new BigUint64Array(buffer, offset, bytes / 8);
  }

  /** Whether all of [real, real + bytes) is RAM. */
  holds(real: bigint, bytes: number): boolean {
    return real + BigInt(bytes) <= BigInt(this.bytes);
  }

  /** Loads `bytes` bytes, the lowest address first, as a big-endian number. */
  load(real: bigint, bytes: number): bigint {
    let number = 0n;
    for (let i = 0; i < bytes; i++) {
      number = number << 8n | BigInt(this.#view.getUint8(Number(real) + i));
    }
    return number;
  }

  /** Stores the low `bytes` bytes of a number, the most significant first. */
  store(real: bigint, bytes: number, number: bigint): void {
    for (let i = 0; i < bytes; i++) {
      const byte = Number((number >> BigInt(8 * (bytes - 1 - i))) & 0xffn);
      this.#view.setUint8(Number(real) + i, byte);
    }
  }

  /**
   * Atomically replaces an aligned big-endian doubleword that is `expected`.
   * True where it was.
   */
  compareAndSwap(real: bigint, expected: bigint, next: bigint): boolean {
    const before = swapped(expected);
    return Atomics.compareExchange(
      this.#words,
      Number(real) / 8,
      before,
      swapped(next),
    ) === before;
  }
}

const SWAP = new DataView(new ArrayBuffer(8));

function swapped(doubleword: bigint): bigint {
  SWAP.setBigUint64(0, doubleword);
  return SWAP.getBigUint64(0, true);
}
