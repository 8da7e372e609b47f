/**
 * Guest memory for those who look on: what is not there is said, not thrown.
 *
 * @module
 */
import { DESCRIPTOR, DESCRIPTOR_BYTES } from "./descriptors.ts";
import type { ByteOrder, GuestMemory } from "./world.ts";

/** A copy of guest memory; undefined where a part of it is not there. */
export function readGuest(
  memory: GuestMemory,
  address: bigint,
  length: number,
): Uint8Array<ArrayBuffer> | undefined {
  if (address + BigInt(length) > Number.MAX_SAFE_INTEGER) return undefined;
  const copy = new Uint8Array(length);
  try {
    for (let at = 0; at < length;) {
      const from = Number(address) + at;
      const part = memory.span?.(from, length - at, "device-reads") ??
        length - at;
      copy.set(memory.view(from, part, "device-reads"), at);
      at += part;
    }
    return copy;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether all of a range is there. */
export function isThere(
  memory: GuestMemory,
  address: bigint,
  length: number,
): boolean {
  if (address + BigInt(length) > Number.MAX_SAFE_INTEGER) return false;
  const end = Number(address) + length;
  try {
    for (let from = Number(address); from < end;) {
      const part = memory.span?.(from, end - from, "device-reads") ??
        end - from;
      memory.view(from, part, "device-reads");
      from += part;
    }
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Values in bytes, in one order. Bytes beyond the end count as zero. */
export class RawValues {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(bytes: Uint8Array, order: ByteOrder) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#little = order === "little";
  }

  u16(offset: number): number {
    return offset + 2 > this.bytes.length
      ? 0
      : this.#view.getUint16(offset, this.#little);
  }

  u32(offset: number): number {
    return offset + 4 > this.bytes.length
      ? 0
      : this.#view.getUint32(offset, this.#little);
  }

  u64(offset: number): bigint {
    return offset + 8 > this.bytes.length
      ? 0n
      : this.#view.getBigUint64(offset, this.#little);
  }
}

/** A descriptor as people read it. */
export interface DescriptorView {
  /** Place in its table. */
  readonly index: number;
  readonly address: bigint;
  readonly length: number;
  /** Names of the flags that are set, as the book has them. */
  readonly flags: readonly string[];
  /** Flags that have no name, as bits. */
  readonly unknownFlags: number;
  /** Split rings: where the chain goes on, if the flag `next` is set. */
  readonly next?: number;
  /** Packed rings: the buffer's id. */
  readonly id?: number;
}

const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [DESCRIPTOR.next, "next"],
  [DESCRIPTOR.write, "write"],
  [DESCRIPTOR.indirect, "indirect"],
  [DESCRIPTOR.available, "avail"],
  [DESCRIPTOR.used, "used"],
];

/** Flags that have a name, by form. */
const KNOWN_FLAGS = { split: 0x0007, packed: 0x8087 } as const;

/** Names by flags: views have many descriptors, and few of these. */
const names = new Map<number, readonly string[]>();

function flagNames(flags: number): readonly string[] {
  let found = names.get(flags);
  if (found === undefined) {
    found = FLAGS.filter(([bit]) => flags & bit).map(([, name]) => name);
    names.set(flags, found);
  }
  return found;
}

/** Reads a descriptor of a table. */
export function describeDescriptor(
  table: RawValues,
  index: number,
  form: "split" | "packed",
): DescriptorView {
  const at = index * DESCRIPTOR_BYTES;
  const address = table.u64(at);
  const length = table.u32(at + 8);
  const known = KNOWN_FLAGS[form];
  if (form === "split") {
    const bits = table.u16(at + 12);
    const flags = flagNames(bits & known);
    const next = table.u16(at + 14);
    return { index, address, length, flags, unknownFlags: bits & ~known, next };
  }
  const bits = table.u16(at + 14);
  const flags = flagNames(bits & known);
  const id = table.u16(at + 12);
  return { index, address, length, flags, unknownFlags: bits & ~known, id };
}
