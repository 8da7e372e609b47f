import {
  cells,
  createNode,
  type DeviceTreeNode,
  strings,
  u64,
} from "../../device_tree/node.ts";

/** A range of real addresses that is memory. */
export interface MemoryRange {
  /** Real address of the first byte. */
  readonly start: number;
  /** Size in bytes, a power of two. */
  readonly size: number;
}

/**
 * Divides memory into the ranges of the `/memory@` nodes: powers of two, each
 * at a multiple of its size. The first is the real mode area: what a guest can
 * reach before it has set up translation (LoPAR 2.9, appendix B, "Memory
 * Node").
 *
 * @param memoryBytes Size of memory in bytes.
 * @returns The ranges from address 0 up, without gaps.
 */
export function memoryRanges(memoryBytes: number): MemoryRange[] {
  const ranges: MemoryRange[] = [];
  for (let start = 0; start < memoryBytes;) {
    let size = 2 ** Math.floor(Math.log2(memoryBytes - start));
    while (start % size !== 0) size /= 2;
    ranges.push({ start, size });
    start += size;
  }
  return ranges;
}

/**
 * Builds the `/memory@` nodes. All memory is of one domain (0), at the same
 * distance from every vCPU (LoPAR 2.9, chapter "Non Uniform Memory Access").
 *
 * @param memoryBytes Size of memory in bytes.
 * @returns The nodes.
 */
export function memoryNodes(memoryBytes: number): DeviceTreeNode[] {
  return memoryRanges(memoryBytes).map(({ start, size }) =>
    createNode(`memory@${start.toString(16)}`, {
      properties: {
        device_type: strings("memory"),
        reg: cells(...u64(start), ...u64(size)),
        "ibm,associativity": cells(1, 0),
      },
    })
  );
}
