/**
 * Reads ELF files for 64-bit Power, of both byte orders and both ABIs.
 *
 * Books: System V ABI (gABI) chapters 4 and 5; 64-bit PowerPC ELF ABI
 * Supplement 1.9 ("ELFv1"), 3.2.3 function descriptors; Power Architecture
 * 64-bit ELF V2 ABI 1.5 ("ELFv2").
 *
 * @module
 */

import {
  type ElfReader,
  findSection,
  openElf,
  type Section,
} from "./_elf_reader.ts";

/** One part of the file that is to be in memory (gABI `PT_LOAD`). */
export interface ElfSegment {
  /** Where the bytes are in the file. */
  readonly fileOffset: number;
  /** How many bytes the file has. */
  readonly fileSize: number;
  /** How many bytes memory has; those beyond the file's are zero. */
  readonly memorySize: number;
  /** Effective address that the program was linked at. */
  readonly virtualAddress: bigint;
  /** Real address that the program asks for. */
  readonly physicalAddress: bigint;
  /** Whether the segment holds instructions. */
  readonly executable: boolean;
}

/** An ELF file that was found to be sound. */
export interface ElfImage {
  /** The whole file. */
  readonly bytes: Uint8Array;
  /** Byte order of the file, and so of its data and instructions. */
  readonly byteOrder: "big" | "little";
  /** Version of the 64-bit ELF ABI. */
  readonly abi: 1 | 2;
  /** Effective address of the first instruction. */
  readonly entry: bigint;
  /** What r2 must hold, if the entry point was a function descriptor. */
  readonly toc?: bigint;
  /** What goes to memory, at least one. */
  readonly segments: readonly ElfSegment[];
}

const EF_PPC64_ABI = 3;
const PT_LOAD = 1;
const PF_X = 1;
const PROGRAM_HEADER_BYTES = 56;

/**
 * Reads the headers of an ELF file and checks every offset and size in them.
 *
 * The entry point of a Linux kernel is the address of its first instruction,
 * in ELFv1 too; that of any other ELFv1 program is the address of a function
 * descriptor. It is a descriptor when it lies in the section `.opd` or in a
 * segment that holds no instructions; the descriptor is then read.
 *
 * @param bytes The file.
 * @returns What is in it.
 * @throws {SyntaxError} If it is not an ELF file, or contradicts itself.
 * @throws {TypeError} If it is an ELF file of another kind: 32-bit, of another
 * machine, not executable.
 * @throws {RangeError} If it is truncated.
 */
export function parseElf(bytes: Uint8Array): ElfImage {
  const reader = openElf(bytes);
  const byteOrder = reader.littleEndian ? "little" : "big";
  const abi = abiVersion(reader);
  const segments = readSegments(reader);
  const entry = reader.u64(24);
  const image = { bytes, byteOrder, abi, segments } as const;
  if (!isDescriptor(reader, { abi, entry, segments })) {
    return { ...image, entry: checkEntry(entry, segments) };
  }
  const at = fileOffsetOf(entry, segments);
  if (at === undefined) {
    throw new RangeError(
      `Cannot load kernel: function descriptor of the entry point is not in the file: ${
        hex(entry)
      }`,
    );
  }
  return {
    ...image,
    entry: checkEntry(reader.u64(at), segments),
    toc: reader.u64(at + 8),
  };
}

function abiVersion(reader: ElfReader): 1 | 2 {
  const abi = reader.u32(48) & EF_PPC64_ABI;
  if (abi === 3) {
    throw new TypeError("Cannot load kernel: unknown ELF ABI version: 3");
  }
  // 0 is a file that uses nothing in which the two differ.
  return abi === 0 ? (reader.littleEndian ? 2 : 1) : abi as 1 | 2;
}

function readSegments(reader: ElfReader): ElfSegment[] {
  const table = reader.size(32);
  const entryBytes = reader.u16(54);
  const count = reader.u16(56);
  if (count > 0 && entryBytes < PROGRAM_HEADER_BYTES) {
    throw new SyntaxError(
      `Cannot load kernel: program headers are too small: ${entryBytes} bytes`,
    );
  }
  const segments: ElfSegment[] = [];
  for (let i = 0; i < count; i++) {
    const at = table + i * entryBytes;
    if (reader.u32(at) === PT_LOAD && reader.u64(at + 40) > 0n) {
      segments.push(readSegment(reader, at));
    }
  }
  if (segments.length === 0) {
    throw new SyntaxError("Cannot load kernel: ELF file has nothing to load");
  }
  return segments;
}

function readSegment(reader: ElfReader, at: number): ElfSegment {
  const segment: ElfSegment = {
    fileOffset: reader.size(at + 8),
    virtualAddress: reader.u64(at + 16),
    physicalAddress: reader.u64(at + 24),
    fileSize: reader.size(at + 32),
    memorySize: reader.size(at + 40),
    executable: (reader.u32(at + 4) & PF_X) !== 0,
  };
  const { fileOffset, fileSize, memorySize } = segment;
  if (fileSize > memorySize) {
    throw new SyntaxError(
      `Cannot load kernel: segment has more bytes in the file than in memory: ${fileSize}, ${memorySize}`,
    );
  }
  reader.within(fileOffset, { count: fileSize, what: "segment" });
  return segment;
}

function isDescriptor(
  reader: ElfReader,
  { abi, entry, segments }: Pick<ElfImage, "abi" | "entry" | "segments">,
): boolean {
  // Looked for in every file: a truncated one often lacks just its sections.
  const opd = findSection(reader, ".opd");
  if (abi !== 1) return false;
  if (opd !== undefined && holds(opd, entry)) return true;
  const segment = findSegment(segments, entry);
  return segment !== undefined && !segment.executable;
}

/** Finds the segment that holds an effective address. */
export function findSegment(
  segments: readonly ElfSegment[],
  address: bigint,
): ElfSegment | undefined {
  return segments.find((segment) => holds(segment, address));
}

function holds(part: Section, address: bigint): boolean {
  return address >= part.virtualAddress &&
    address - part.virtualAddress < BigInt(part.memorySize);
}

function checkEntry(entry: bigint, segments: readonly ElfSegment[]): bigint {
  const segment = findSegment(segments, entry);
  if (segment?.executable !== true || entry % 4n !== 0n) {
    throw new SyntaxError(
      `Cannot load kernel: there is no instruction at the entry point: ${
        hex(entry)
      }`,
    );
  }
  return entry;
}

function fileOffsetOf(
  address: bigint,
  segments: readonly ElfSegment[],
): number | undefined {
  const segment = findSegment(segments, address);
  if (segment === undefined) return undefined;
  const offset = Number(address - segment.virtualAddress);
  // A descriptor is two doublewords here: address and TOC (ELFv1, 3.2.3).
  if (offset + 16 > segment.fileSize) return undefined;
  return segment.fileOffset + offset;
}

function hex(address: bigint): string {
  return `0x${address.toString(16)}`;
}
