import type { DeviceTreeNode } from "../device_tree/node.ts";
import type { ProcessorFeature } from "./tree/pa_features.ts";

/**
 * Everything that the device tree of a partition says, as plain data: the tree
 * announces what is in here and nothing else.
 */
export interface TreeOptions {
  /** Which processor the vCPUs are. */
  readonly cpu: "power8" | "power9";
  /** Which translation the partition uses; POWER8 has hash only. */
  readonly mmu: "hash" | "radix";
  /** Which interrupt controller the partition has; POWER8 has XICS only. */
  readonly interruptController: "xics" | "xive";
  /** Guest memory in bytes, a multiple of 16 MiB. */
  readonly memoryBytes: number;
  /** Number of vCPUs, each a core of one thread. */
  readonly vcpus: number;
  /** Timebase ticks in a second. */
  readonly timebaseFrequency: number;
  /** Processor clock in Hz; only for people to read. */
  readonly clockFrequency: number;
  /**
   * Binary logarithm of the hash table's size in bytes; needed with `hash`,
   * left out of the tree with `radix`.
   */
  readonly htabShift?: number;
  /**
   * Binary logarithm of the largest page that the hash MMU takes: 16 or 24.
   * Linux maps all memory with it, so 24 saves nearly all H_ENTER of start-up.
   */
  readonly largestHashPageShift: 16 | 24;
  /** Width of the large decrementer (LPCR[LD]), 33 to 64; POWER9 only. */
  readonly decrementerBits?: number;
  /** Attributes of the processor that the machine does not implement. */
  readonly withoutFeatures?: readonly ProcessorFeature[];
  /** The kernel's command line. */
  readonly bootargs: string;
  /** The initial ramdisk, if there is one: first byte and end. */
  readonly initrd?: { readonly start: number; readonly end: number };
  /** Where the RTAS blob is, where it is entered, and how much room it has. */
  readonly rtas: {
    readonly base: number;
    readonly entry: number;
    readonly size: number;
  };
  /** RTAS calls by name, with their tokens. */
  readonly rtasTokens: ReadonlyMap<string, number>;
  /** Hypercall sets by PAPR's names, such as `hcall-pft`. */
  readonly hypertasFunctions: readonly string[];
  /** Entropy for the kernel's random pool, usually 32 bytes. */
  readonly rngSeed?: Uint8Array;
  /** Whether H_RANDOM answers. */
  readonly hardwareRandom?: boolean;
  /** The virtual terminal: unit address and interrupt source, if it has one. */
  readonly console: VioUnit;
  /** The NVRAM, if there is one, with its size in bytes. */
  readonly nvram?: VioUnit & { readonly bytes: number };
  /** Interrupt sources that report events through check-exception. */
  readonly eventSources?: {
    /** Environmental and power warnings: the power button. */
    readonly epow?: number;
    /** Hot plug. */
    readonly hotPlug?: number;
  };
  /** What XIVE needs to be told; needed with `xive`. */
  readonly xive?: XiveOptions;
  /** Identity of the partition, as text. */
  readonly uuid?: string;
  /** Further virtual devices below `/vdevice`. */
  readonly vioNodes?: readonly DeviceTreeNode[];
  /** PCI host bridges with what is below them. */
  readonly pciNodes?: readonly DeviceTreeNode[];
}

/** A device of the virtual I/O bus. */
export interface VioUnit {
  /** Unit address, the bus's name for the device. */
  readonly unit: number;
  /** Interrupt source number; without it the guest polls. */
  readonly interrupt?: number;
}

/** The XIVE exploitation mode's resources. */
export interface XiveOptions {
  /** Source numbers that the guest may use for IPIs: first and count. */
  readonly lisnRanges: readonly (readonly [first: number, count: number])[];
  /** Real address of the TIMA page that applications see. */
  readonly timaUserAddress: number;
  /** Real address of the TIMA page that the operating system sees. */
  readonly timaOsAddress: number;
  /** Size of a TIMA page in bytes. */
  readonly timaPageBytes: number;
  /** Binary logarithms of the sizes that an event queue may have. */
  readonly queueShifts: readonly number[];
  /** Priorities that belong to the hypervisor: first and count. */
  readonly reservedPriorities: readonly [first: number, count: number];
}

/**
 * Checks that options agree with each other.
 *
 * @param options The options.
 * @throws {RangeError} If the processor lacks what is asked of it, or a number
 * is out of range.
 * @throws {TypeError} If something is missing.
 */
export function checkTreeOptions(options: TreeOptions): void {
  const { cpu, mmu, interruptController, memoryBytes, vcpus } = options;
  if (cpu === "power8" && mmu === "radix") {
    throw new RangeError("Cannot build device tree: POWER8 has no radix MMU");
  }
  if (cpu === "power8" && interruptController === "xive") {
    throw new RangeError("Cannot build device tree: POWER8 has no XIVE");
  }
  if (mmu === "hash" && options.htabShift === undefined) {
    throw new TypeError(
      "Cannot build device tree: size of hash table is missing",
    );
  }
  if (interruptController === "xive" && options.xive === undefined) {
    throw new TypeError("Cannot build device tree: XIVE options are missing");
  }
  checkRange("number of vCPUs", { value: vcpus, minimum: 1, maximum: 2048 });
  checkRange("memory size in units of 16 MiB", {
    value: memoryBytes / 0x100_0000,
    minimum: 1,
    maximum: 0x1_0000,
  });
  // Power ISA 2.07, Book III-S 5.7.7.1: HTABSIZE is 0 to 28, over 256 KiB.
  checkRange("binary logarithm of hash table size", {
    value: options.htabShift ?? 18,
    minimum: 18,
    maximum: 46,
  });
  checkRange("number of decrementer bits", {
    value: options.decrementerBits ?? 33,
    minimum: 33,
    maximum: 64,
  });
}

function checkRange(
  what: string,
  { value, minimum, maximum }: {
    value: number;
    minimum: number;
    maximum: number;
  },
): void {
  if (!Number.isInteger(value) || value < minimum || value > maximum) {
    throw new RangeError(
      `Cannot build device tree: ${what} is not a whole number from ${minimum} to ${maximum}: ${value}`,
    );
  }
}
