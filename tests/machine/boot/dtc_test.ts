import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { buildPseriesTree } from "../../../machine/boot/pseries_tree.ts";
import { flattenDeviceTree } from "../../../machine/device_tree/flatten.ts";
import { parseDeviceTree } from "../../../machine/device_tree/parse.ts";
import {
  comparable,
  createRandom,
  randomTree,
} from "../device_tree/support.ts";
import {
  COMBINATIONS,
  describe,
  hasProgram,
  sampleTreeOptions,
  testWith,
} from "./support.ts";

const needs = { DTC: hasProgram("dtc") };

/** Runs dtc on a flattened tree, through its standard input and output. */
async function dtc(blob: Uint8Array, format: "dtb" | "dts") {
  const process = new Deno.Command("dtc", {
    args: ["-I", "dtb", "-O", format, "-o", "-", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(blob);
  await writer.close();
  const { success, stdout, stderr } = await process.output();
  return { success, stdout, warnings: new TextDecoder().decode(stderr) };
}

for (const combination of COMBINATIONS) {
  testWith(`dtc has nothing to say about ${describe(combination)}`, {
    needs,
    async fn() {
      const tree = buildPseriesTree({
        ...sampleTreeOptions(combination),
        hardwareRandom: true,
        vcpus: 3,
        memoryBytes: 0xd000_0000,
      });
      const blob = flattenDeviceTree(tree);
      // QEMU's tree gets two warnings here, about missing #address-cells.
      const { success, warnings } = await dtc(blob, "dts");
      deepStrictEqual({ success, warnings }, { success: true, warnings: "" });
    },
  });
}

testWith("dtc reads from flattenDeviceTree() what was written", {
  needs,
  async fn() {
    const random = createRandom(5);
    for (let i = 0; i < 10; i++) {
      const tree = randomTree(random);
      const blob = flattenDeviceTree(tree, {
        bootCpuId: 3,
        reservations: [{ address: 0x1_2345_0000, size: 0x1000 }],
      });
      const { success, stdout } = await dtc(blob, "dtb");
      strictEqual(success, true);
      const read = parseDeviceTree(stdout);
      deepStrictEqual(comparable(read.root), comparable(tree));
      strictEqual(read.bootCpuId, 3);
      strictEqual(read.reservations[0]?.address, 0x1_2345_0000);
    }
  },
});
