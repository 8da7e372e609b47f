import { mebibytes } from "./load_elf.ts";
import { memoryRanges } from "./tree/memory.ts";

/** A range of memory. */
export interface Extent {
  /** Real address of the first byte. */
  readonly start: number;
  /** Real address after the last byte. */
  readonly end: number;
}

/** What has to find room beside the kernel. */
export interface LayoutOptions {
  /** Size of the guest's memory in bytes. */
  readonly memoryBytes: number;
  /** Where the kernel is, bss included. */
  readonly kernel: Extent;
  /** Size of the flattened device tree in bytes. */
  readonly deviceTreeBytes: number;
  /** Room for RTAS in bytes: the blob and what the machine keeps with it. */
  readonly rtasBytes: number;
  /** Size of the initial ramdisk in bytes, if there is one. */
  readonly initrdBytes?: number;
}

/** Where everything goes. */
export interface BootLayout {
  /** The flattened device tree. */
  readonly deviceTree: Extent;
  /** The room for RTAS, which begins with the blob. */
  readonly rtas: Extent;
  /** The initial ramdisk, if there is one. */
  readonly initrd?: Extent;
}

/** The largest page of a Linux kernel: what it frees, it frees in these. */
const ALIGNMENT = 0x1_0000;
/** Device tree and RTAS stay below, where every kernel can reach them. */
const LOW_LIMIT = 0x2000_0000;

/**
 * Plans where device tree, RTAS and initial ramdisk go: in this order, upwards
 * from the kernel's end. A kernel that was not put at 0 copies itself there
 * before it looks at any of them; the copy ends where the original does or
 * below.
 * All of it is inside the first memory node, because a guest with hash
 * translation reaches no more than that in real mode.
 *
 * @param options Sizes.
 * @returns Addresses, each a multiple of 64 KiB.
 * @throws {RangeError} If something does not fit.
 */
export function planLayout(options: LayoutOptions): BootLayout {
  const { memoryBytes, kernel, initrdBytes } = options;
  const reachable = memoryRanges(memoryBytes)[0]!.size;
  const low = {
    limit: Math.min(reachable, LOW_LIMIT),
    memoryBytes,
  };
  const deviceTree = place("device tree", {
    after: kernel.end,
    size: options.deviceTreeBytes,
    ...low,
  });
  const rtas = place("RTAS", {
    after: deviceTree.end,
    size: options.rtasBytes,
    ...low,
  });
  if (initrdBytes === undefined) return { deviceTree, rtas };
  const initrd = place("initrd", {
    after: rtas.end,
    size: initrdBytes,
    limit: reachable,
    memoryBytes,
  });
  return { deviceTree, rtas, initrd };
}

function place(
  what: string,
  { after, size, limit, memoryBytes }: {
    after: number;
    size: number;
    limit: number;
    memoryBytes: number;
  },
): Extent {
  const start = Math.ceil(after / ALIGNMENT) * ALIGNMENT;
  const end = start + size;
  if (end > limit) {
    const where = limit < memoryBytes
      ? `between ${mebibytes(start)} and ${mebibytes(limit)} of memory`
      : `in memory of ${mebibytes(memoryBytes)} above ${mebibytes(start)}`;
    throw new RangeError(
      `Cannot boot: ${what} of ${mebibytes(size)} does not fit ${where}`,
    );
  }
  return { start, end };
}
