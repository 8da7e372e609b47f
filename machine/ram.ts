/**
 * Guest RAM as the machine's parts see it: bounded, and big-endian, because
 * structures that the platform defines are, whatever the guest's order.
 *
 * @module
 */

/** Bounded access to guest RAM by real address. */
export class GuestRam {
  readonly size: number;
  readonly #view: DataView;
  readonly #bytes: Uint8Array<ArrayBufferLike>;
  /** Told of every write, so that decoded code does not go stale. */
  readonly #written: (address: number, bytes: number) => void;

  constructor(
    buffer: ArrayBufferLike,
    { offset, size, written }: {
      offset: number;
      size: number;
      written: (address: number, bytes: number) => void;
    },
  ) {
    this.size = size;
    this.#view = new DataView(buffer, offset, size);
    this.#bytes = new Uint8Array(buffer, offset, size);
    this.#written = written;
  }

  /** Whether [address, address + bytes) lies in RAM. */
  contains(address: number | bigint, bytes: number): boolean {
    return address >= 0 && bytes >= 0 && address <= this.size - bytes;
  }

  /** A range as bytes, shared with the guest. Throws RangeError beyond RAM. */
  view(address: number, bytes: number): Uint8Array<ArrayBufferLike> {
    this.#check(address, bytes);
    return this.#bytes.subarray(address, address + bytes);
  }

  /** A copy of a range. */
  read(address: number, bytes: number): Uint8Array<ArrayBuffer> {
    this.#check(address, bytes);
    return this.#bytes.slice(address, address + bytes) as Uint8Array<
      ArrayBuffer
    >;
  }

  write(address: number, data: Uint8Array): void {
    this.#check(address, data.length);
    this.#bytes.set(data, address);
    this.#written(address, data.length);
  }

  fill(address: number, bytes: number, value = 0): void {
    this.#check(address, bytes);
    this.#bytes.fill(value, address, address + bytes);
    this.#written(address, bytes);
  }

  u8(address: number): number {
    return this.#view.getUint8(address);
  }

  u16(address: number): number {
    return this.#view.getUint16(address);
  }

  u32(address: number): number {
    return this.#view.getUint32(address);
  }

  u64(address: number): bigint {
    return this.#view.getBigUint64(address);
  }

  setU8(address: number, value: number): void {
    this.#view.setUint8(address, value);
    this.#written(address, 1);
  }

  setU16(address: number, value: number): void {
    this.#view.setUint16(address, value);
    this.#written(address, 2);
  }

  setU32(address: number, value: number): void {
    this.#view.setUint32(address, value);
    this.#written(address, 4);
  }

  setU64(address: number, value: bigint): void {
    this.#view.setBigUint64(address, BigInt.asUintN(64, value));
    this.#written(address, 8);
  }

  #check(address: number, bytes: number): void {
    if (!this.contains(address, bytes)) {
      throw new RangeError(
        `Cannot access guest RAM: ${bytes} bytes at 0x${
          address.toString(16)
        } are not in it`,
      );
    }
  }
}
