/**
 * What the device tree of a machine says beyond where things are put.
 *
 * @module
 */
import type { DirectEntryTreeOptions } from "./boot/direct_entry.ts";
import { TIMEBASE_FREQUENCY } from "./clock.ts";
import type { DeviceTreeNode } from "./device_tree/node.ts";
import { hashTableShift } from "./hash_table.ts";
import { XIVE_TREE } from "./interrupt_controller/mod.ts";
import type { MachineOptions } from "./machine_options.ts";
import { randomBytes, type RandomSource } from "./random.ts";
import { SOURCE } from "./source_numbers.ts";
import { NVRAM_BYTES, NVRAM_UNIT } from "./vio/nvram.ts";
import { VTY_UNIT } from "./vio/vty.ts";

/** The tree's options for a machine and the calls that it answers. */
export function treeOptions(
  options: MachineOptions,
  { hypertasFunctions, rtasTokens, pciNodes, random }: {
    hypertasFunctions: readonly string[];
    rtasTokens: ReadonlyMap<string, number>;
    pciNodes: readonly DeviceTreeNode[];
    random: RandomSource;
  },
): DirectEntryTreeOptions {
  const { cpu, mmu, interruptController, memoryBytes, vcpus } = options;
  const hashCalls = new Set(["hcall-pft", "hcall-bulk"]);
  return {
    cpu,
    mmu,
    interruptController,
    vcpus,
    timebaseFrequency: TIMEBASE_FREQUENCY,
    clockFrequency: 1_000_000_000,
    ...mmu === "hash" && { htabShift: hashTableShift(memoryBytes) },
    largestHashPageShift: 24,
    ...cpu === "power9" && { decrementerBits: 56 },
    bootargs: options.bootargs,
    rtasTokens,
    hypertasFunctions: hypertasFunctions.filter((name) =>
      mmu === "hash" || !hashCalls.has(name)
    ),
    rngSeed: randomBytes(random, 32),
    hardwareRandom: true,
    console: { unit: VTY_UNIT, interrupt: SOURCE.vio },
    nvram: {
      unit: NVRAM_UNIT,
      interrupt: SOURCE.vio + 1,
      bytes: NVRAM_BYTES,
    },
    eventSources: { epow: SOURCE.epow },
    pciNodes,
    ...interruptController === "xive" && { xive: XIVE_TREE },
  };
}
