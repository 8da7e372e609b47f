import { type ElfImage, type ElfSegment, findSegment } from "./elf.ts";

/** Where an ELF file goes. */
export interface LoadOptions {
  /**
   * How far up a kernel is moved that finds out where it is, in bytes; a
   * multiple of 64 KiB. @default {0}
   */
  readonly loadAddress?: number;
  /** Size of the guest's memory in bytes. */
  readonly memoryBytes: number;
}

/** Where an ELF file went. */
export interface Placement {
  /** Real address of the first byte of the lowest segment. */
  readonly start: number;
  /** Real address after the last byte of the highest segment, bss included. */
  readonly end: number;
  /** Real address of the first instruction. */
  readonly entry: number;
  /** What r2 must hold, as a real address, if the program asks for one. */
  readonly toc?: bigint;
  /** The segments with their real addresses, lowest first. */
  readonly segments: readonly PlacedSegment[];
}

/** A segment and its real address. */
export interface PlacedSegment extends ElfSegment {
  /** Real address of the segment's first byte. */
  readonly address: number;
}

/**
 * Finds the real addresses of a program's segments: those that it asks for,
 * less the four high bits, which choose a mapping and no memory.
 *
 * A Linux kernel asks for 0, and is linked for the linear mapping of real
 * address 0, 0xC000000000000000. Put anywhere else it copies itself down to 0
 * (Linux 6.1, arch/powerpc/kernel/head_64.S, `__after_prom_start`); put there
 * at once it has nothing to copy. Only a program that is linked for that
 * mapping is moved by `loadAddress`; others mean the addresses they ask for.
 *
 * @param image The program.
 * @param options Where to, and how much memory there is.
 * @returns The addresses.
 * @throws {RangeError} If it does not fit, or segments overlap.
 */
export function placeElf(image: ElfImage, options: LoadOptions): Placement {
  const { loadAddress = 0, memoryBytes } = options;
  if (!(loadAddress >= 0) || loadAddress % 0x1_0000 !== 0) {
    throw new RangeError(
      `Cannot load kernel: load address is not a multiple of 64 KiB: ${loadAddress}`,
    );
  }
  const base = image.entry >> 60n === 0xcn ? BigInt(loadAddress) : 0n;
  const segments = image.segments.map((segment) => ({
    ...segment,
    address: Number(realAddress(segment.physicalAddress) + base),
  })).sort((a, b) => a.address - b.address);
  const start = segments[0]!.address;
  let end = 0;
  for (const segment of segments) {
    if (segment.address < end) {
      throw new RangeError(
        `Cannot load kernel: segments overlap: at 0x${
          segment.address.toString(16)
        }`,
      );
    }
    end = segment.address + segment.memorySize;
  }
  if (end > memoryBytes) {
    throw new RangeError(
      `Cannot load kernel: it does not fit in memory of ${
        mebibytes(memoryBytes)
      }: it ends at 0x${end.toString(16)}`,
    );
  }
  // parseElf() has found the entry point in a segment.
  const home = findSegment(segments, image.entry)! as PlacedSegment;
  const move = BigInt(home.address) - home.virtualAddress;
  return {
    start,
    end,
    entry: Number(image.entry + move),
    ...(image.toc === undefined
      ? {}
      : { toc: BigInt.asUintN(64, image.toc + move) }),
    segments,
  };
}

/**
 * Copies a program to guest memory and clears its bss.
 *
 * @param image The program.
 * @param ram Guest memory from real address 0.
 * @param options Where to.
 * @returns Where it went.
 * @throws {RangeError} If it does not fit, or segments overlap.
 */
export function loadElf(
  image: ElfImage,
  ram: Uint8Array,
  options: Pick<LoadOptions, "loadAddress"> = {},
): Placement {
  const placement = placeElf(image, { ...options, memoryBytes: ram.length });
  for (const segment of placement.segments) {
    const { address, fileOffset, fileSize, memorySize } = segment;
    ram.set(image.bytes.subarray(fileOffset, fileOffset + fileSize), address);
    ram.fill(0, address + fileSize, address + memorySize);
  }
  return placement;
}

function realAddress(address: bigint): bigint {
  return BigInt.asUintN(60, address);
}

/** A size for people, in whole MiB, rounded up. */
export function mebibytes(size: number): string {
  return `${Math.ceil(size / 0x10_0000)} MiB`;
}
