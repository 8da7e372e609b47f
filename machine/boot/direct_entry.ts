import { type DeviceTreeNode } from "../device_tree/node.ts";
import { flattenDeviceTree } from "../device_tree/flatten.ts";
import type { ElfImage } from "./elf.ts";
import { type BootLayout, type Extent, planLayout } from "./layout.ts";
import { loadElf, type Placement } from "./load_elf.ts";
import { buildPseriesTree } from "./pseries_tree.ts";
import { rtasBlob } from "./rtas_blob.ts";
import type { TreeOptions } from "./tree_options.ts";

/** The tree's options but those that follow from where things are put. */
export type DirectEntryTreeOptions = Omit<
  TreeOptions,
  "initrd" | "memoryBytes" | "rtas"
>;

/** What is booted, and how. */
export interface DirectEntryOptions {
  /** The kernel. */
  readonly kernel: ElfImage;
  /** The initial ramdisk's bytes, if there is one. */
  readonly initrd?: Uint8Array;
  /** Guest memory from real address 0. */
  readonly ram: Uint8Array;
  /** Where a kernel goes that can run anywhere; see `placeElf()`. */
  readonly loadAddress?: number;
  /**
   * Room for RTAS in bytes, of which the blob takes 20; `ibm,nmi-register`
   * needs more. @default {4096}
   */
  readonly rtasBytes?: number;
  /** What the device tree says. */
  readonly tree: DirectEntryTreeOptions;
}

/** A guest that is ready to run. */
export interface DirectEntry {
  /** Real address of the first instruction. */
  readonly entry: number;
  /** General purpose registers that have a meaning at entry, by number. */
  readonly gpr: ReadonlyMap<number, bigint>;
  /** The device tree that the guest was given. */
  readonly tree: DeviceTreeNode;
  /** Where the kernel went. */
  readonly kernel: Placement;
  /** Where the rest went. */
  readonly layout: BootLayout;
}

/**
 * Puts a kernel, its initial ramdisk, RTAS and the device tree into guest
 * memory, for entry without firmware: r3 is the device tree, r4 the kernel's
 * real address, and r5 is 0, which says that there is no Open Firmware to call
 * (Linux 6.1, Documentation/powerpc/booting.rst, entry point b). An ELFv1
 * program that asked for it gets its TOC in r2.
 *
 * A thread enters in real mode, 64-bit, big-endian, as PAPR starts every
 * thread; a little-endian Linux turns itself around with its first
 * instructions.
 *
 * @param options What to boot.
 * @returns Where to enter, and with which registers.
 * @throws {RangeError} If something does not fit into memory, or the tree's
 * options contradict each other.
 */
export function prepareDirectEntry(options: DirectEntryOptions): DirectEntry {
  const { ram, initrd, rtasBytes = 4096 } = options;
  const kernel = loadElf(
    options.kernel,
    ram,
    options.loadAddress === undefined
      ? {}
      : { loadAddress: options.loadAddress },
  );
  // A tree is as large with any addresses, so a first one tells its size.
  const nowhere = { start: 0, end: 0 };
  const draft = buildTree(options, {
    deviceTree: nowhere,
    rtas: nowhere,
    ...(initrd && { initrd: nowhere }),
  });
  const layout = planLayout({
    memoryBytes: ram.length,
    kernel,
    deviceTreeBytes: draft.blob.length,
    rtasBytes,
    ...(initrd && { initrdBytes: initrd.length }),
  });
  const { tree, blob } = buildTree(options, layout);
  ram.set(blob, layout.deviceTree.start);
  ram.fill(0, layout.rtas.start, layout.rtas.end);
  ram.set(rtasBlob(), layout.rtas.start);
  if (initrd && layout.initrd) ram.set(initrd, layout.initrd.start);
  const gpr = new Map([
    [3, BigInt(layout.deviceTree.start)],
    [4, BigInt(kernel.start)],
    [5, 0n],
  ]);
  if (kernel.toc !== undefined) gpr.set(2, kernel.toc);
  return { entry: kernel.entry, gpr, tree, kernel, layout };
}

function buildTree(
  { ram, tree: treeOptions }: DirectEntryOptions,
  { deviceTree, rtas, initrd }: BootLayout,
): { tree: DeviceTreeNode; blob: Uint8Array } {
  const tree = buildPseriesTree({
    ...treeOptions,
    memoryBytes: ram.length,
    rtas: {
      base: rtas.start,
      entry: rtas.start,
      size: rtas.end - rtas.start,
    },
    ...(initrd && { initrd }),
  });
  const blob = flattenDeviceTree(tree, {
    reservations: [deviceTree, rtas, ...(initrd ? [initrd] : [])].map(
      reservation,
    ),
  });
  return { tree, blob };
}

function reservation({ start, end }: Extent) {
  return { address: start, size: end - start };
}
