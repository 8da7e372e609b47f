/**
 * Bytes of a configuration space, of which the guest may change only some
 * bits.
 *
 * @module
 */

/** Bytes of a conventional function's configuration space. */
export const CONFIG_BYTES = 256;

/** Width of an access. */
export type AccessBytes = 1 | 2 | 4;

/** Little-endian registers with a mask of what the guest may write. */
export class ConfigRegisters {
  readonly #bytes = new Uint8Array(CONFIG_BYTES);
  readonly #writable = new Uint8Array(CONFIG_BYTES);

  /** The value at an offset that lies whole in the space. */
  get(offset: number, bytes: AccessBytes): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) {
      value = (value << 8) | (this.#bytes[offset + i] ?? 0);
    }
    return value >>> 0;
  }

  /** Sets a value, whatever the guest may write there. */
  set(offset: number, bytes: AccessBytes, value: number): void {
    for (let i = 0; i < bytes; i++) this.#bytes[offset + i] = value >>> (8 * i);
  }

  /** Copies bytes in, whatever the guest may write there. */
  fill(offset: number, data: Uint8Array): void {
    this.#bytes.set(data, offset);
  }

  /** Says which bits of a register the guest may write. */
  allow(offset: number, bytes: AccessBytes, mask: number): void {
    for (let i = 0; i < bytes; i++) {
      this.#writable[offset + i] = mask >>> (8 * i);
    }
  }

  /** The guest writes: only what it may changes. */
  write(offset: number, bytes: AccessBytes, value: number): void {
    for (let i = 0; i < bytes; i++) {
      const mask = this.#writable[offset + i] ?? 0;
      const old = this.#bytes[offset + i] ?? 0;
      this.#bytes[offset + i] = (old & ~mask) | ((value >>> (8 * i)) & mask);
    }
  }

  /** Makes 0 of everything that the guest may have written. */
  clear(): void {
    for (let i = 0; i < CONFIG_BYTES; i++) {
      this.#bytes[i] = (this.#bytes[i] ?? 0) & ~(this.#writable[i] ?? 0);
    }
  }

  save(): Uint8Array {
    return this.#bytes.slice();
  }

  /**
   * Takes what the guest has written from saved bytes.
   *
   * @throws {TypeError} If that is not the content of a configuration space.
   * @throws {RangeError} If the bits that are constant differ.
   */
  restore(state: unknown): void {
    if (!(state instanceof Uint8Array) || state.length !== CONFIG_BYTES) {
      throw new TypeError(
        `Cannot restore PCI function: not ${CONFIG_BYTES} bytes: ${state}`,
      );
    }
    for (let i = 0; i < CONFIG_BYTES; i++) {
      const constant = ~(this.#writable[i] ?? 0);
      if ((((state[i] ?? 0) ^ (this.#bytes[i] ?? 0)) & constant & 0xff) !== 0) {
        throw new RangeError(
          `Cannot restore PCI function: another function's register at 0x${
            i.toString(16)
          }: 0x${state[i]?.toString(16)}`,
        );
      }
    }
    this.#bytes.set(state);
  }
}
