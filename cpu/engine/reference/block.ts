/**
 * A vCPU's register block by name, in BigInt: what the reference engine, its
 * harness and tests read and write. Slow; not for hot paths.
 *
 * @module
 */
import { STATE, STATE_BYTES, type StateName } from "../../state.ts";

/** View of the registers that lie at `offset` of a buffer. */
export class RegisterBlock {
  readonly #view: DataView;

  /**
   * @param buffer Memory that holds the block.
   * @param offset Byte offset of the block.
   */
  constructor(buffer: ArrayBufferLike, offset = 0) {
    if (offset < 0 || offset + STATE_BYTES > buffer.byteLength) {
      throw new RangeError(
        `Cannot view register block: offset is outside the memory: ${offset}`,
      );
    }
    this.#view = new DataView(buffer, offset, STATE_BYTES);
  }

  /** Register `name`, or element `index` of an array of them, unsigned. */
  get(name: StateName, index = 0): bigint {
    const { bytes } = STATE[name];
    const at = this.#at(name, index);
    if (bytes === 1) return BigInt(this.#view.getUint8(at));
    if (bytes === 4) return BigInt(this.#view.getUint32(at, true));
    const low = this.#view.getBigUint64(at, true);
    if (bytes === 8) return low;
    return this.#view.getBigUint64(at + 8, true) << 64n | low;
  }

  /** Sets a register, or an element, to the bits that fit. */
  set(name: StateName, value: bigint, index = 0): void {
    const { bytes } = STATE[name];
    const at = this.#at(name, index);
    if (bytes === 1) {
      this.#view.setUint8(at, Number(BigInt.asUintN(8, value)));
    } else if (bytes === 4) {
      this.#view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
    } else {
      this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
      if (bytes === 16) {
        this.#view.setBigUint64(
          at + 8,
          BigInt.asUintN(64, value >> 64n),
          true,
        );
      }
    }
  }

  /** A copy of all bytes, as plain data. */
  save(): Uint8Array {
    const { buffer, byteOffset } = this.#view;
    return new Uint8Array(buffer, byteOffset, STATE_BYTES).slice();
  }

  /** Sets all bytes from a copy that {@linkcode save} made. */
  restore(saved: Uint8Array): void {
    if (saved.length !== STATE_BYTES) {
      throw new RangeError(
        `Cannot restore register block: expected ${STATE_BYTES} bytes, got ${saved.length}`,
      );
    }
    const { buffer, byteOffset } = this.#view;
    new Uint8Array(buffer, byteOffset, STATE_BYTES).set(saved);
  }

  #at(name: StateName, index: number): number {
    const { offset, bytes, count } = STATE[name];
    if (!Number.isInteger(index) || index < 0 || index >= count) {
      throw new RangeError(
        `Cannot access ${name}: it has ${count} elements: ${index}`,
      );
    }
    return offset + bytes * index;
  }
}
