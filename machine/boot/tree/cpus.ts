import {
  bytes,
  cells,
  createNode,
  type DeviceTreeNode,
  EMPTY,
  strings,
} from "../../device_tree/node.ts";
import type { TreeOptions } from "../tree_options.ts";
import { paFeatures } from "./pa_features.ts";

/**
 * The logical processor version after negotiation (PAPR, `cpu-version`): the
 * architecture level and not one chip, so that the guest uses nothing that
 * belongs to a chip alone.
 */
const CPU_VERSION = { power8: 0x0f00_0004, power9: 0x0f00_0005 } as const;

/** Bytes in a cache block of both processors, for dcbz and icbi. */
const CACHE_BLOCK_BYTES = 128;
const L1_CACHE_BYTES = 0x8000;
const SLB_ENTRIES = 32;

/** Segments of 256 MiB and 1 TiB; the places of two more sizes are empty. */
const SEGMENT_SHIFTS = [28, 40, 0xffff_ffff, 0xffff_ffff] as const;

/**
 * Radix page sizes: shift with the AP field of tlbie in the three high bits
 * (Power ISA 3.0B, Book III 5.9.3.3): 4K is 0, 64K is 5, 2M is 1, 1G is 2.
 */
const RADIX_AP_ENCODINGS = [[0, 12], [5, 16], [1, 21], [2, 30]].map((
  [ap, shift],
) => (ap! << 29 | shift!) >>> 0);

/**
 * Builds `/cpus` (LoPAR 2.9, PA Processor Binding, "CPU Node Properties").
 *
 * @param options The partition.
 * @returns The node, with one child for each vCPU.
 */
export function cpusNode(options: TreeOptions): DeviceTreeNode {
  const children = Array.from(
    { length: options.vcpus },
    (_, index) => cpuNode(options, index),
  );
  return createNode("cpus", {
    properties: { "#address-cells": cells(1), "#size-cells": cells(0) },
    children,
  });
}

function cpuNode(options: TreeOptions, index: number): DeviceTreeNode {
  const { cpu, withoutFeatures = [] } = options;
  const has = (name: typeof withoutFeatures[number]) =>
    !withoutFeatures.includes(name);
  const radixCapable = cpu === "power9" && has("radix-mmu");
  return createNode(`PowerPC,${cpu.toUpperCase()}@${index.toString(16)}`, {
    properties: {
      device_type: strings("cpu"),
      reg: cells(index),
      status: strings("okay"),
      "cpu-version": cells(CPU_VERSION[cpu]),
      "64-bit": EMPTY,
      "timebase-frequency": cells(options.timebaseFrequency),
      "clock-frequency": cells(options.clockFrequency),
      "d-cache-block-size": cells(CACHE_BLOCK_BYTES),
      "d-cache-line-size": cells(CACHE_BLOCK_BYTES),
      "d-cache-size": cells(L1_CACHE_BYTES),
      "i-cache-block-size": cells(CACHE_BLOCK_BYTES),
      "i-cache-line-size": cells(CACHE_BLOCK_BYTES),
      "i-cache-size": cells(L1_CACHE_BYTES),
      "slb-size": cells(SLB_ENTRIES),
      "ibm,slb-size": cells(SLB_ENTRIES),
      "ibm,purr": cells(1),
      "ibm,spurr": cells(1),
      "ibm,processor-segment-sizes": cells(...SEGMENT_SHIFTS),
      "ibm,segment-page-sizes": segmentPageSizes(options),
      "ibm,vmx": vectorLevel(has),
      "ibm,dfp": has("decimal-floating-point") ? cells(1) : undefined,
      "ibm,pa-features": bytes(paFeatures(cpu, withoutFeatures)),
      "ibm,pft-size": options.mmu === "hash"
        ? cells(0, options.htabShift!)
        : undefined,
      "ibm,processor-radix-AP-encodings": radixCapable
        ? cells(...RADIX_AP_ENCODINGS)
        : undefined,
      "ibm,dec-bits": options.decrementerBits === undefined
        ? undefined
        : cells(options.decrementerBits),
      "ibm,chip-id": cells(0),
      "ibm,ppc-interrupt-server#s": cells(index),
      "ibm,ppc-interrupt-gserver#s": cells(index, 0),
    },
  });
}

/** 1 is VMX, 2 is VSX, which includes it. */
function vectorLevel(has: (name: "vector" | "vector-scalar") => boolean) {
  if (!has("vector")) return undefined;
  return cells(has("vector-scalar") ? 2 : 1);
}

/**
 * For each base page size: shift, SLB encoding (L and LP), and for each page
 * size that such a segment may hold: shift, LP encoding of the HPTE (Power ISA
 * 2.07, Book III-S 5.7.7; POWER8 user's manual).
 */
function segmentPageSizes({ largestHashPageShift }: TreeOptions) {
  const bases = [
    { shift: 12, slb: 0x000, pages: [[12, 0x00], [24, 0x38]] },
    { shift: 16, slb: 0x110, pages: [[16, 0x01], [24, 0x08]] },
    { shift: 24, slb: 0x100, pages: [[24, 0x00]] },
  ] as const;
  const value: number[] = [];
  for (const { shift, slb, pages } of bases) {
    if (shift > largestHashPageShift) continue;
    const fitting = pages.filter(([page]) => page <= largestHashPageShift);
    value.push(shift, slb, fitting.length, ...fitting.flat());
  }
  return cells(...value);
}
