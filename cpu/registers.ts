/**
 * A vCPU's register block seen from JavaScript.
 *
 * @module
 */
import { STATE, type StateName } from "./state.ts";

/** Reads and writes registers by name. Not for hot paths: values are BigInt. */
export class Registers {
  readonly #view: DataView;
  readonly #offset: number;

  constructor(memory: { readonly buffer: ArrayBufferLike }, offset: number) {
    this.#view = new DataView(memory.buffer);
    this.#offset = offset;
  }

  /** The register's value, zero-extended. */
  get(name: StateName, index = 0): bigint {
    const at = this.#at(name, index);
    switch (STATE[name].bytes) {
      case 1:
        return BigInt(this.#view.getUint8(at));
      case 4:
        return BigInt(this.#view.getUint32(at, true));
      case 8:
        return this.#view.getBigUint64(at, true);
      case 16:
        return this.#view.getBigUint64(at + 8, true) << 64n |
          this.#view.getBigUint64(at, true);
    }
  }

  /** Sets the register; excess bits are cut. */
  set(name: StateName, value: bigint, index = 0): void {
    const at = this.#at(name, index);
    switch (STATE[name].bytes) {
      case 1:
        return this.#view.setUint8(at, Number(value & 0xffn));
      case 4:
        return this.#view.setUint32(at, Number(value & 0xffffffffn), true);
      case 8:
        return this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
      case 16:
        this.#view.setBigUint64(at, BigInt.asUintN(64, value), true);
        this.#view.setBigUint64(
          at + 8,
          BigInt.asUintN(64, value >> 64n),
          true,
        );
    }
  }

  /** The low 32 bits of a register of 4 or 8 bytes. */
  low(name: StateName, index = 0): number {
    return this.#view.getUint32(this.#at(name, index), true);
  }

  /** The high 32 bits of a register of 8 bytes. */
  high(name: StateName, index = 0): number {
    return this.#view.getUint32(this.#at(name, index) + 4, true);
  }

  /** A register as a number: exact below 2^53. */
  number(name: StateName, index = 0): number {
    return this.high(name, index) * 0x1_0000_0000 + this.low(name, index);
  }

  /** Sets a register of 8 bytes to a non-negative safe integer. */
  setNumber(name: StateName, value: number, index = 0): void {
    const at = this.#at(name, index);
    this.#view.setUint32(at, value % 0x1_0000_0000, true);
    this.#view.setUint32(at + 4, Math.floor(value / 0x1_0000_0000), true);
  }

  /** Sets the low 32 bits only. */
  setLow(name: StateName, value: number, index = 0): void {
    this.#view.setUint32(this.#at(name, index), value, true);
  }

  #at(name: StateName, index: number): number {
    const { offset, bytes, count } = STATE[name];
    if (index < 0 || index >= count) {
      throw new RangeError(`Cannot access ${name}: no element ${index}`);
    }
    return this.#offset + offset + index * bytes;
  }
}
