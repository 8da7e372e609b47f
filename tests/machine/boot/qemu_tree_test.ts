/**
 * Our tree and QEMU's, node by node and property by property. Whatever differs
 * stands in the list below with its reason, and nothing else may.
 *
 * @module
 */

import { deepStrictEqual } from "node:assert/strict";
import {
  type DeviceTreeNode,
  findNode,
  propertyBytes,
} from "../../../machine/device_tree/node.ts";
import { buildPseriesTree } from "../../../machine/boot/pseries_tree.ts";
import type { TreeOptions } from "../../../machine/boot/tree_options.ts";
import { QEMU } from "./qemu.ts";
import { dumpQemuTree } from "./qemu_dump.ts";
import {
  type Combination,
  COMBINATIONS,
  describe,
  hasGuest,
  hasProgram,
  readGuest,
  sampleTreeOptions,
  testWith,
} from "./support.ts";

const MEMORY_BYTES = 0xd000_0000;
const VCPUS = 2;
const KERNEL = "le/vmlinux.xz";
const BOOTARGS = { hash: "console=hvc0 disable_radix", radix: "console=hvc0" };

/** Differences by pattern, as {@linkcode differences} writes them. */
const ALLOWED: readonly [pattern: RegExp, reason: string][] = [
  [/^only QEMU's: .* ibm,(my-)?drc-/, "nothing can be plugged in or out"],
  [/^only QEMU's: \/rtas ibm,lrdr-capacity$/, "nothing can be plugged in"],
  [/^only QEMU's: \/ibm,persistent-memory$/, "there are no NVDIMMs"],
  [/^only QEMU's: \/pci@800000020000000$/, "bridges are passed in"],
  [/^only QEMU's: .* phandle$/, "its firmware numbers every node"],
  [/^only QEMU's: \/chosen qemu,/, "words to its own firmware"],
  [/^only QEMU's: \/rtas qemu,hypertas-functions$/, "for its own firmware"],
  [/^only QEMU's: \/chosen stdout$/, "a handle of Open Firmware"],
  [/^only QEMU's: \/memory@0 available$/, "what Open Firmware took"],
  [/^only ours: \/event-sources #address-cells$/, "dtc warns without"],
  [
    /^only ours: \/interrupt-controller\S* #address-cells$/,
    "dtc warns without",
  ],
  [/^different: \/ (model|compatible)$/, "our own name"],
  [/^different: \/chosen rng-seed$/, "random"],
  [
    /^different: \/chosen ibm,architecture-vec-5$/,
    "no dynamic memory, hot plug events or hash table resizing",
  ],
  [
    /^different: \/chosen ibm,arch-vec-5-platform-support$/,
    "after negotiation no choice is left",
  ],
];

const ALLOWED_WITH_RADIX: typeof ALLOWED = [
  [/^only QEMU's: \/cpus\/\S+ ibm,pft-size$/, "there is no hash table"],
];

/** The options with which our tree should be QEMU's. */
function optionsLike(
  qemu: DeviceTreeNode,
  combination: Combination,
): TreeOptions {
  const { cpu, mmu } = combination;
  const number = (path: string, name: string) => {
    const value = findNode(qemu, path)?.properties.get(name);
    if (value?.type !== "cells") throw new Error(`No cells: ${path} ${name}`);
    return value.cells.at(-1)!;
  };
  const rtas = findNode(qemu, "/rtas")!.properties;
  const functions = rtas.get("ibm,hypertas-functions")!;
  const tokens = new Map<string, number>();
  for (const [name, value] of rtas) {
    const token = value.type === "cells" ? value.cells[0]! : 0;
    if (token >= 0x2000 && token < 0x2100) tokens.set(name, token);
  }
  const cpuPath = `/cpus/PowerPC,${cpu.toUpperCase()}`;
  const { xive, ...sample } = sampleTreeOptions(combination);
  return {
    ...sample,
    memoryBytes: MEMORY_BYTES,
    vcpus: VCPUS,
    bootargs: BOOTARGS[mmu],
    ...(mmu === "hash" && { htabShift: number(cpuPath, "ibm,pft-size") }),
    initrd: {
      start: number("/chosen", "linux,initrd-start"),
      end: number("/chosen", "linux,initrd-end"),
    },
    rtas: {
      base: number("/rtas", "linux,rtas-base"),
      entry: number("/rtas", "linux,rtas-entry"),
      size: number("/rtas", "rtas-size"),
    },
    rtasTokens: tokens,
    hypertasFunctions: functions.type === "strings" ? functions.strings : [],
    eventSources: { epow: 0x1000, hotPlug: 0x1001 },
    uuid: "00000000-0000-0000-0000-000000000000",
    ...(xive && { xive: { ...xive, lisnRanges: [[0, VCPUS]] as const } }),
  };
}

/** Every node by its path, and every property by path, space and name. */
function* entries(
  node: DeviceTreeNode,
  path = "",
): Generator<[key: string, value: string]> {
  yield [path || "/", ""];
  for (const [name, value] of node.properties) {
    yield [`${path || "/"} ${name}`, propertyBytes(value).toHex()];
  }
  for (const child of node.children) {
    yield* entries(child, `${path}/${child.name}`);
  }
}

/** What differs; a node that one of them lacks counts once, with all in it. */
function differences(qemuRoot: DeviceTreeNode, ourRoot: DeviceTreeNode) {
  const qemu = new Map(entries(qemuRoot));
  const ours = new Map(entries(ourRoot));
  const lacking = (from: Map<string, string>, other: Map<string, string>) => {
    const keys = [...from.keys()].filter((key) => !other.has(key));
    const nodes = keys.filter((key) => !key.includes(" "));
    return keys.filter((key) =>
      !nodes.some((node) =>
        key.startsWith(`${node} `) || key.startsWith(`${node}/`)
      )
    );
  };
  return [
    ...lacking(qemu, ours).map((key) => `only QEMU's: ${key}`),
    ...lacking(ours, qemu).map((key) => `only ours: ${key}`),
    ...[...qemu].filter(([key, value]) =>
      ours.has(key) && ours.get(key) !== value
    ).map(([key]) => `different: ${key}`),
  ];
}

for (const combination of COMBINATIONS) {
  const name = `buildPseriesTree() is QEMU's tree for ${describe(combination)}`;
  testWith(name, {
    needs: {
      [QEMU]: hasProgram(QEMU),
      [`GUEST ${KERNEL}`]: hasGuest(KERNEL),
    },
    async fn() {
      const qemu = await dumpQemuTree({
        ...combination,
        memoryBytes: MEMORY_BYTES,
        vcpus: VCPUS,
        kernel: readGuest(KERNEL),
        bootargs: BOOTARGS[combination.mmu],
      });
      const ours = buildPseriesTree(optionsLike(qemu, combination));
      const found = differences(qemu, ours);
      const allowed = combination.mmu === "radix"
        ? [...ALLOWED, ...ALLOWED_WITH_RADIX]
        : ALLOWED;
      deepStrictEqual(
        found.filter((line) =>
          !allowed.some(([pattern]) => pattern.test(line))
        ),
        [],
      );
      const gone = allowed.filter(([pattern]) =>
        !found.some((line) => pattern.test(line))
      );
      deepStrictEqual(gone, [], "listed as a difference, but there is none");
    },
  });
}
