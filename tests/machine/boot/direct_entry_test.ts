import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import {
  type DirectEntryTreeOptions,
  prepareDirectEntry,
} from "../../../machine/boot/direct_entry.ts";
import { parseElf } from "../../../machine/boot/elf.ts";
import { rtasBlob } from "../../../machine/boot/rtas_blob.ts";
import { cells, findNode } from "../../../machine/device_tree/node.ts";
import { parseDeviceTree } from "../../../machine/device_tree/parse.ts";
import { comparable } from "../device_tree/support.ts";
import { buildElf, descriptor, linuxLike } from "./elf_fixture.ts";
import { sampleTreeOptions } from "./support.ts";

const MIB = 0x10_0000;
const KERNEL = parseElf(buildElf(linuxLike("big")));

function treeOptions(): DirectEntryTreeOptions {
  const { initrd: _initrd, rtas: _rtas, memoryBytes: _memoryBytes, ...rest } =
    sampleTreeOptions();
  return rest;
}

Deno.test("prepareDirectEntry() puts all into memory and says where", () => {
  const ram = new Uint8Array(16 * MIB).fill(0xff);
  const initrd = Uint8Array.from({ length: 70_000 }, (_, index) => index);
  const { entry, gpr, kernel, layout, tree } = prepareDirectEntry({
    kernel: KERNEL,
    ram,
    initrd,
    loadAddress: MIB,
    tree: treeOptions(),
  });
  strictEqual(entry, MIB);
  deepStrictEqual([...gpr], [
    [3, BigInt(layout.deviceTree.start)],
    [4, BigInt(MIB)],
    [5, 0n],
  ]);
  const { deviceTree, rtas } = layout;
  const parsed = parseDeviceTree(
    ram.subarray(deviceTree.start, deviceTree.end),
  );
  deepStrictEqual(comparable(parsed.root), comparable(tree));
  deepStrictEqual(
    parsed.reservations,
    [deviceTree, rtas, layout.initrd!].map(({ start, end }) => ({
      address: start,
      size: end - start,
    })),
  );
  const chosen = findNode(tree, "/chosen")!.properties;
  const { start, end } = layout.initrd!;
  deepStrictEqual(chosen.get("linux,initrd-start"), cells(start));
  deepStrictEqual(chosen.get("linux,initrd-end"), cells(end));
  deepStrictEqual(ram.subarray(start, end), initrd);
  const rtasNode = findNode(tree, "/rtas")!.properties;
  deepStrictEqual(rtasNode.get("linux,rtas-entry"), cells(rtas.start));
  deepStrictEqual(rtasNode.get("rtas-size"), cells(4096));
  deepStrictEqual(ram.subarray(rtas.start, rtas.start + 20), rtasBlob());
  strictEqual(ram[rtas.start + 20], 0);
  strictEqual(kernel.end, MIB + 0x2000);
});

Deno.test("prepareDirectEntry() boots without an initrd", () => {
  const ram = new Uint8Array(16 * MIB);
  const { layout, tree } = prepareDirectEntry({
    kernel: KERNEL,
    ram,
    rtasBytes: 0x2_0000,
    tree: treeOptions(),
  });
  strictEqual(layout.initrd, undefined);
  const chosen = findNode(tree, "/chosen")!.properties;
  strictEqual(chosen.has("linux,initrd-start"), false);
  strictEqual(layout.rtas.end - layout.rtas.start, 0x2_0000);
});

Deno.test("prepareDirectEntry() works on shared memory", () => {
  const ram = new Uint8Array(new SharedArrayBuffer(16 * MIB));
  const { layout } = prepareDirectEntry({
    kernel: KERNEL,
    ram,
    tree: treeOptions(),
  });
  const { start, end } = layout.deviceTree;
  strictEqual(parseDeviceTree(ram.subarray(start, end)).root.name, "");
});

Deno.test("prepareDirectEntry() gives an ELFv1 program its TOC", () => {
  const kernel = parseElf(buildElf({
    entry: 0x2_0000n,
    segments: [
      { address: 0x1_0000n, bytes: new Uint8Array(16) },
      {
        address: 0x2_0000n,
        bytes: descriptor(0x1_0004n, 0x2_8000n),
        executable: false,
      },
    ],
  }));
  const ram = new Uint8Array(16 * MIB);
  const { entry, gpr } = prepareDirectEntry({
    kernel,
    ram,
    tree: treeOptions(),
  });
  strictEqual(entry, 0x1_0004);
  strictEqual(gpr.get(2), 0x2_8000n);
  strictEqual(gpr.get(4), 0x1_0000n);
});

Deno.test("prepareDirectEntry() refuses an initrd that does not fit", () => {
  throws(
    () =>
      prepareDirectEntry({
        kernel: KERNEL,
        ram: new Uint8Array(16 * MIB),
        initrd: new Uint8Array(17 * MIB),
        tree: treeOptions(),
      }),
    /^RangeError: Cannot boot: initrd of 17 MiB does not fit in memory of 16/,
  );
});
