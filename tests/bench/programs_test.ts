import assert from "node:assert/strict";
import {
  buildProgram,
  programPath,
  PROGRAMS_TOOLCHAIN,
} from "../../bench/programs/build.ts";
import { installedToolchain } from "../../guests/lab/build.ts";
import { withTempFolder } from "../guests/_temp_folder.ts";

const toolchain = await installedToolchain();
const skipped = toolchain === PROGRAMS_TOOLCHAIN
  ? ""
  : ` (SKIPPED: needs ${PROGRAMS_TOOLCHAIN}, installed: ${
    toolchain ?? "none"
  })`;

for (const order of ["big", "little"] as const) {
  Deno.test(`buildProgram() reproduces ${order}.elf byte by byte${skipped}`, {
    ignore: skipped !== "",
  }, async () => {
    await withTempFolder(async (work) => {
      const built = await buildProgram(order, work);
      const kept = await Deno.readFile(programPath(order));
      assert.equal(built.toHex(), kept.toHex());
    });
  });
}
