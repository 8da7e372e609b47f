/**
 * Writes static 64-bit POWER programs for Linux (ELF-64, ABI version 2).
 *
 * @module
 */

/** A part of the address space. */
export interface Segment {
  readonly address: number;
  /** Bytes, if more than there are in `content`, which comes first. */
  readonly bytes?: number;
  readonly content?: Uint8Array;
  /** "rw", "rx", "rwx" … */
  readonly access: string;
}

const HEADER_BYTES = 64;
const ENTRY_BYTES = 56;
const PAGE = 4096;

const EXECUTABLE = 2;
const PPC64 = 21;
const LOAD = 1;

/** The bytes of a program that starts at an address. */
export function writeElf(
  { entry, segments, littleEndian }: {
    readonly entry: number;
    readonly segments: readonly Segment[];
    readonly littleEndian: boolean;
  },
): Uint8Array {
  let end = PAGE;
  const placed = segments.map((segment) => {
    const offset = end;
    end += Math.ceil((segment.content?.length ?? 0) / PAGE) * PAGE;
    return { ...segment, offset };
  });
  const file = new Uint8Array(end);
  const view = new DataView(file.buffer);
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, littleEndian ? 1 : 2, 1]);
  const half = (at: number, value: number) =>
    view.setUint16(at, value, littleEndian);
  const word = (at: number, value: number) =>
    view.setUint32(at, value, littleEndian);
  const doubleword = (at: number, value: number) =>
    view.setBigUint64(at, BigInt(value), littleEndian);
  half(16, EXECUTABLE);
  half(18, PPC64);
  word(20, 1);
  doubleword(24, entry);
  doubleword(32, HEADER_BYTES);
  word(48, 2);
  half(52, HEADER_BYTES);
  half(54, ENTRY_BYTES);
  half(56, segments.length);
  placed.forEach(({ address, bytes, content, access, offset }, i) => {
    const at = HEADER_BYTES + i * ENTRY_BYTES;
    const length = content?.length ?? 0;
    word(at, LOAD);
    word(
      at + 4,
      [..."xwr"].reduce(
        (sum, c, n) => access.includes(c) ? sum | 1 << n : sum,
        0,
      ),
    );
    doubleword(at + 8, offset);
    doubleword(at + 16, address);
    doubleword(at + 24, address);
    doubleword(at + 32, length);
    doubleword(at + 40, Math.max(bytes ?? 0, length));
    doubleword(at + 48, PAGE);
    if (content) file.set(content, offset);
  });
  return file;
}
