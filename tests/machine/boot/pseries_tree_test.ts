import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  cells,
  createNode,
  type DeviceTreeNode,
  EMPTY,
  findNode,
  propertyBytes,
  strings,
} from "../../../machine/device_tree/node.ts";
import { buildPseriesTree } from "../../../machine/boot/pseries_tree.ts";
import { memoryRanges } from "../../../machine/boot/tree/memory.ts";
import { optionVector5 } from "../../../machine/boot/tree/option_vector_5.ts";
import { paFeatures } from "../../../machine/boot/tree/pa_features.ts";
import { COMBINATIONS, describe, sampleTreeOptions } from "./support.ts";

const [POWER8, , , , RADIX_XIVE] = COMBINATIONS;

/** What direct entry states in place of negotiation, for each combination. */
const VECTORS = [
  "0400000000a0",
  "0400000000a0",
  "1600000000a0" + "00".repeat(17) + "40",
  "1900000000a0" + "00".repeat(17) + "00400040",
  "1900000000a0" + "00".repeat(17) + "40400040",
];

function property(root: DeviceTreeNode, path: string, name: string) {
  const node = findNode(root, path);
  if (node === undefined) throw new Error(`There is no node ${path}`);
  return node.properties.get(name);
}

COMBINATIONS.forEach((combination, index) => {
  Deno.test(`optionVector5() states what ${describe(combination)} has`, () => {
    const vector = optionVector5(sampleTreeOptions(combination));
    strictEqual(vector.toHex(), VECTORS[index]);
    // Byte 0 counts the bytes after it, less one.
    strictEqual(vector[0]! + 2, vector.length);
  });

  Deno.test(`buildPseriesTree() builds ${describe(combination)}`, () => {
    const options = sampleTreeOptions(combination);
    const root = buildPseriesTree(options);
    const { cpu, mmu, interruptController } = combination;
    const cpuPath = `/cpus/PowerPC,${cpu.toUpperCase()}@0`;
    const has = (name: string) => property(root, cpuPath, name) !== undefined;
    strictEqual(has("ibm,pft-size"), mmu === "hash");
    strictEqual(has("ibm,processor-radix-AP-encodings"), cpu === "power9");
    strictEqual(has("ibm,dec-bits"), cpu === "power9");
    const xive = interruptController === "xive";
    deepStrictEqual(
      root.children.at(-1)?.name,
      xive ? "interrupt-controller@60302031b0000" : "interrupt-controller",
    );
    strictEqual(root.properties.has("ibm,plat-res-int-priorities"), xive);
    deepStrictEqual(
      property(root, "/interrupt-controller", "device_type"),
      strings(xive ? "power-ivpe" : "PowerPC-External-Interrupt-Presentation"),
    );
  });
});

Deno.test("paFeatures() is what POWER8 and POWER9 firmware says", () => {
  const common = [
    "f63fc7c080f08000",
    "0000000000000000",
    "8000800080000000",
  ].join("");
  strictEqual(paFeatures("power8").toHex(), `1800${common}`);
  const power9 = `80008000800080008000c000${"8000".repeat(14)}0000`;
  strictEqual(paFeatures("power9").toHex(), `4200${common}${power9}`);
});

Deno.test("paFeatures() leaves out what the machine has not", () => {
  const without = paFeatures("power9", ["copy-paste", "radix-mmu"]);
  const full = paFeatures("power9");
  const missing = Array.from(full.keys())
    .filter((index) => full[index] !== without[index]);
  deepStrictEqual(missing, [2 + 38, 2 + 40]);
});

Deno.test("buildPseriesTree() drops properties of features it is without", () => {
  const root = buildPseriesTree({
    ...sampleTreeOptions(POWER8),
    withoutFeatures: ["decimal-floating-point", "vector-scalar"],
  });
  const path = "/cpus/PowerPC,POWER8@0";
  strictEqual(property(root, path, "ibm,dfp"), undefined);
  deepStrictEqual(property(root, path, "ibm,vmx"), cells(1));
});

Deno.test("buildPseriesTree() announces only what it is given", () => {
  const {
    initrd: _initrd,
    nvram: _nvram,
    rngSeed: _rngSeed,
    eventSources: _eventSources,
    ...options
  } = sampleTreeOptions();
  const root = buildPseriesTree({
    ...options,
    rtasTokens: new Map(),
    hypertasFunctions: [],
    console: { unit: 0x30000000 },
  });
  deepStrictEqual(root.children.map((node) => node.name), [
    "chosen",
    "rtas",
    "cpus",
    "memory@0",
    "vdevice",
    "interrupt-controller@60302031b0000",
  ]);
  for (const name of ["linux,initrd-start", "linux,initrd-end", "rng-seed"]) {
    strictEqual(property(root, "/chosen", name), undefined);
  }
  const rtas = findNode(root, "/rtas")!.properties;
  deepStrictEqual(rtas.get("ibm,hypertas-functions"), EMPTY);
  for (const name of ["ibm,extended-os-term", "rtas-event-scan-rate"]) {
    strictEqual(rtas.has(name), false);
  }
  const [vty] = findNode(root, "/vdevice")!.children;
  strictEqual(vty?.name, "vty@30000000");
  strictEqual(vty?.properties.has("interrupts"), false);
});

Deno.test("buildPseriesTree() takes nodes for buses and devices", () => {
  const root = buildPseriesTree({
    ...sampleTreeOptions(),
    hardwareRandom: true,
    uuid: "12345678-9abc-def0-1234-56789abcdef0",
    eventSources: { epow: 0x1000, hotPlug: 0x1001 },
    pciNodes: [createNode("pci@800000020000000")],
    vioNodes: [createNode("v-scsi@71000003")],
  });
  for (
    const path of [
      "/pci@800000020000000",
      "/vdevice/v-scsi@71000003",
      "/ibm,platform-facilities/ibm,random-v1",
      "/event-sources/hot-plug-events",
    ]
  ) {
    strictEqual(findNode(root, path) !== undefined, true, path);
  }
  deepStrictEqual(
    property(root, "/event-sources", "interrupt-ranges"),
    cells(0x1000, 1, 0x1001, 1),
  );
  strictEqual(root.properties.has("vm,uuid"), true);
});

Deno.test("buildPseriesTree() gives every vCPU its own node", () => {
  const options = { ...sampleTreeOptions(POWER8), vcpus: 12 };
  const root = buildPseriesTree(options);
  const names = findNode(root, "/cpus")!.children.map((node) => node.name);
  strictEqual(names.length, 12);
  strictEqual(names[11], "PowerPC,POWER8@b");
  const path = `/cpus/${names[11]}`;
  deepStrictEqual(property(root, path, "reg"), cells(11));
  deepStrictEqual(
    property(root, path, "ibm,ppc-interrupt-server#s"),
    cells(11),
  );
  deepStrictEqual(
    property(root, "/interrupt-controller", "ibm,interrupt-server-ranges"),
    cells(0, 12),
  );
});

Deno.test("buildPseriesTree() limits hash pages to what it is told", () => {
  const sizes = (largestHashPageShift: 16 | 24) =>
    property(
      buildPseriesTree({ ...sampleTreeOptions(POWER8), largestHashPageShift }),
      "/cpus/PowerPC,POWER8@0",
      "ibm,segment-page-sizes",
    );
  deepStrictEqual(
    sizes(16),
    cells(12, 0, 1, 12, 0, 16, 0x110, 1, 16, 1),
  );
  deepStrictEqual(
    sizes(24),
    // deno-fmt-ignore
    cells(
      12, 0, 2, 12, 0, 24, 0x38,
      16, 0x110, 2, 16, 1, 24, 8,
      24, 0x100, 1, 24, 0,
    ),
  );
});

Deno.test("memoryRanges() divides into aligned powers of two", () => {
  const GIB = 0x4000_0000;
  const MIB = 0x10_0000;
  const ranges = (bytes: number) =>
    memoryRanges(bytes).map(({ start, size }) => [start, size]);
  deepStrictEqual(ranges(GIB), [[0, GIB]]);
  deepStrictEqual(ranges(3 * GIB), [[0, 2 * GIB], [2 * GIB, GIB]]);
  deepStrictEqual(ranges(3 * GIB + 256 * MIB), [
    [0, 2 * GIB],
    [2 * GIB, GIB],
    [3 * GIB, 256 * MIB],
  ]);
  deepStrictEqual(ranges(48 * MIB), [[0, 32 * MIB], [32 * MIB, 16 * MIB]]);
});

Deno.test("buildPseriesTree() covers all memory with its nodes", () => {
  const memoryBytes = 0xd000_0000;
  const root = buildPseriesTree({ ...sampleTreeOptions(), memoryBytes });
  const nodes = root.children.filter(({ name }) => name.startsWith("memory@"));
  deepStrictEqual(
    nodes.map(({ name, properties }) => [
      name,
      propertyBytes(properties.get("reg")!).toHex(),
    ]),
    [
      ["memory@0", "0000000000000000" + "0000000080000000"],
      ["memory@80000000", "0000000080000000" + "0000000040000000"],
      ["memory@c0000000", "00000000c0000000" + "0000000010000000"],
    ],
  );
});

Deno.test("buildPseriesTree() refuses what the processor has not", () => {
  const power8 = sampleTreeOptions(POWER8);
  const radix = sampleTreeOptions(RADIX_XIVE);
  const { xive: _xive, ...withoutXive } = radix;
  const { htabShift: _htabShift, ...withoutHtab } = power8;
  const cases = [
    [{ ...power8, mmu: "radix" }, "RangeError", /POWER8 has no radix MMU/],
    [{ ...radix, cpu: "power8", mmu: "hash" }, "RangeError", /has no XIVE/],
    [withoutXive, "TypeError", /XIVE options are missing/],
    [withoutHtab, "TypeError", /size of hash table is missing/],
    [{ ...power8, vcpus: 0 }, "RangeError", /number of vCPUs .*: 0$/],
    [{ ...power8, memoryBytes: 0x1234567 }, "RangeError", /memory size/],
    [{ ...power8, htabShift: 17 }, "RangeError", /hash table size .*: 17$/],
    [{ ...radix, decrementerBits: 32 }, "RangeError", /decrementer bits/],
  ] as const;
  for (const [options, name, message] of cases) {
    throws(() => buildPseriesTree(options), { name, message });
  }
});
