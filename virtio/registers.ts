/**
 * Registers as data: a block of them answers accesses of any width and
 * alignment, which are the guest's to choose.
 *
 * @module
 */
import type { AccessBytes } from "./pci_face.ts";

/** A register of a block. */
export interface Register {
  readonly offset: number;
  readonly bytes: AccessBytes;
  /** The book's name. */
  readonly name: string;
  load(): number;
  /** Absent where the register is read-only. */
  store?(value: number): void;
}

/** Registers, each at its place; between them reads give 0. */
export class RegisterBlock {
  /** The register that an offset is in. */
  readonly #at: (Register | undefined)[];

  /** Throws RangeError where two registers overlap or one is outside. */
  constructor(registers: readonly Register[], bytes: number) {
    this.#at = new Array(bytes).fill(undefined);
    for (const register of registers) {
      const end = register.offset + register.bytes;
      for (let at = register.offset; at < end; at++) {
        if (at >= bytes || this.#at[at] !== undefined) {
          throw new RangeError(
            `Cannot place register ${register.name}: 0x${
              at.toString(16)
            } is taken or outside`,
          );
        }
        this.#at[at] = register;
      }
    }
  }

  /** A load, little-endian. Each register that it touches is read once. */
  load(offset: number, bytes: AccessBytes): number {
    const register = this.#at[offset];
    if (register?.offset === offset && register.bytes === bytes) {
      return register.load() >>> 0;
    }
    let value = 0;
    for (let at = offset; at < offset + bytes;) {
      const part = this.#at[at];
      const end = Math.min(
        offset + bytes,
        part ? part.offset + part.bytes : at + 1,
      );
      if (part !== undefined) {
        const shifted = part.load() >>> 8 * (at - part.offset);
        const kept = keepBytes(shifted, end - at);
        value |= kept << 8 * (at - offset);
      }
      at = end;
    }
    return value >>> 0;
  }

  /**
   * A store, little-endian. A register that it covers in part takes nothing:
   * drivers must use the fields' own widths (virtio 1.3, 4.1.3.1).
   */
  store(offset: number, bytes: AccessBytes, value: number): void {
    for (let at = offset; at < offset + bytes;) {
      const register = this.#at[at];
      const starts = register?.offset === at;
      if (!starts || at + register.bytes > offset + bytes) {
        at++;
        continue;
      }
      register.store?.(keepBytes(value >>> 8 * (at - offset), register.bytes));
      at += register.bytes;
    }
  }
}

/** The low bytes of a value, unsigned. */
export function keepBytes(value: number, bytes: number): number {
  return bytes >= 4 ? value >>> 0 : value & (1 << 8 * bytes) - 1;
}

/** The bytes at an offset as a little-endian number; 0 beyond the end. */
export function loadBytes(
  from: Uint8Array,
  offset: number,
  bytes: AccessBytes,
): number {
  let value = 0;
  for (let i = 0; i < bytes; i++) value |= (from[offset + i] ?? 0) << 8 * i;
  return value >>> 0;
}

/** A number's bytes, lowest first. */
export function numberBytes(value: number, bytes: AccessBytes): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => value >>> 8 * i);
}
