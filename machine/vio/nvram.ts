/**
 * Non-volatile memory (LoPAPR 7.3.5): 64 KiB that start-up firmware formats as
 * one free partition.
 *
 * @module
 */

/** Unit address of the NVRAM on the virtual I/O bus. */
export const NVRAM_UNIT = 0x71000001;

/** Size in bytes. */
export const NVRAM_BYTES = 64 * 1024;

/** Signature of free space, and header fields (CHRP NVRAM partition). */
const FREE_SPACE = 0x7f;

/** NVRAM as bytes. */
export class Nvram {
  readonly #bytes = new Uint8Array(NVRAM_BYTES);

  constructor() {
    formatFree(this.#bytes);
  }

  /** Bytes at an offset; fewer, or none, towards the end. */
  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, offset + length);
  }

  /** Writes what fits; gives how many bytes did. */
  write(offset: number, data: Uint8Array): number {
    const room = Math.max(0, NVRAM_BYTES - offset);
    const taken = data.subarray(0, room);
    this.#bytes.set(taken, Math.min(offset, NVRAM_BYTES));
    return taken.length;
  }

  save(): Uint8Array {
    return this.#bytes.slice();
  }

  /** Throws RangeError where the data is not of NVRAM's size. */
  restore(data: Uint8Array): void {
    if (data.length !== NVRAM_BYTES) {
      throw new RangeError(
        `Cannot restore NVRAM: expected ${NVRAM_BYTES} bytes, got ${data.length}`,
      );
    }
    this.#bytes.set(data);
  }
}

/** One header: signature, checksum, length in blocks of 16 bytes, name. */
function formatFree(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer);
  bytes[0] = FREE_SPACE;
  view.setUint16(2, NVRAM_BYTES / 16);
  bytes.fill(0x77, 4, 16);
  let sum = FREE_SPACE;
  for (let i = 2; i < 16; i++) {
    sum += bytes[i] ?? 0;
    if (sum > 0xff) sum = (sum & 0xff) + 1;
  }
  bytes[1] = sum;
}
